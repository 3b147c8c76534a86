/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The signature file: what defines a function of a name, in which kernel releases: modules, or
 * objects of the kernel proper; and where these are in the order of linking.
 * Made by `kallmod signatures build`, mapped into memory and used as it is. Little-endian.
 * docs/formats/signatures.md describes it; this is version 2. Modules and behind them objects
 * are numbered together:
 *
 *	struct kallmod_sig_header
 *	u32  releases[nreleases]     offset of the release's name in the strings
 *	u32  names[n]                n = nmodules + nobjects; offset in the strings
 *	u32  places[n]               struct kallmod_sigplace: low | high << 16
 *	u32  existing[nmodules]      releases that have the module, built in or not: a bit mask
 *	u32  index[65537]            where the hashes with these upper 16 bits begin
 *	u32  posts_at[nnames + 1]    where the posts of each hash begin
 *	u32  posts[nposts]           module or object | releases << 16, a bit mask
 *	u16  hashes[nnames]          lower 16 bits, ascending within one of the index
 *	char strings[strings_size]   NUL-terminated
 *
 * A name is 32 bits of hash (kallmod_sig_hash of the normalised name): 200,000 symbols meet
 * some ten by chance, which the order of the symbols tells apart.
 */
#ifndef KALLMOD_SIG_FORMAT_H
#define KALLMOD_SIG_FORMAT_H

#include <stdint.h>

#define KALLMOD_SIG_MAGIC "kallsig" /* with its NUL: 8 bytes */
#define KALLMOD_SIG_VERSION 2
#define KALLMOD_SIG_INDEX 65537
#define KALLMOD_SIG_MAX_RELEASES 16
#define KALLMOD_SIG_MAX_MODULES 65535 /* objects included */
#define KALLMOD_SIG_MAX_NAME 255 /* bytes of a module's or release's name */

struct kallmod_sig_header {
	char magic[8];
	uint32_t version;
	uint32_t crc32; /* zlib's, of all bytes after the header */
	uint32_t nreleases;
	uint32_t nmodules;
	uint32_t nnames;
	uint32_t nposts;
	uint32_t strings_size;
	uint32_t nobjects;
};
_Static_assert(sizeof(struct kallmod_sig_header) == 40, "layout");

#endif
