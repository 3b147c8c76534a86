/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The signature file: which modules of which kernel releases define a function of a name.
 * Made by `kallmod signatures build`, mapped into memory and used as it is. Little-endian.
 * docs/formats/signatures.md describes it; this is version 1:
 *
 *	struct kallmod_sig_header
 *	u32  releases[nreleases]     offset of the release's name in the strings
 *	u32  modules[nmodules]       offset of the module's name in the strings
 *	u32  index[65537]            where the hashes with these upper 16 bits begin
 *	u32  posts_at[nnames + 1]    where the posts of each hash begin
 *	u32  posts[nposts]           module | releases << 16, releases a bit mask
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
#define KALLMOD_SIG_VERSION 1
#define KALLMOD_SIG_INDEX 65537
#define KALLMOD_SIG_MAX_RELEASES 16
#define KALLMOD_SIG_MAX_MODULES 65535
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
	uint32_t pad;
};
_Static_assert(sizeof(struct kallmod_sig_header) == 40, "layout");

#endif
