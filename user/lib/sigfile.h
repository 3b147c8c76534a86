/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Signature files: reading, and the names that stand in them. */
#ifndef KALLMOD_SIGFILE_H
#define KALLMOD_SIGFILE_H

#include "ctx.h"
#include "sig_format.h"
#include "sigorder.h"

/*
 * A function's name without what a compiler appends to copies and parts of it (.cold, .isra.N,
 * .part.N, .constprop.N, .llvm.N, .lto_priv.N) and without a leading __pfx_ or __cfi_: [*start_ret,
 * + returned length) of name. *cold_ret: it is a part that the compiler moved away.
 */
size_t kallmod_sig_normalise(const char *name, const char **start_ret, bool *cold_ret);
/* FNV-1a, folded by a final mix, of a normalised name. */
uint32_t kallmod_sig_hash(const char *name, size_t length);

/*
 * Can it be a module's name (letters, digits, '_', '.', '-')? Releases may also have '+', '~'
 * and ':'. At most KALLMOD_SIG_MAX_NAME bytes, and not empty.
 */
bool kallmod_sig_module_valid(const char *name);
bool kallmod_sig_release_valid(const char *release);

struct kallmod_sigfile {
	char *path;	  /* owned */
	const void *data; /* mapped, or the caller's */
	size_t size;
	bool mapped;
	const struct kallmod_sig_header *header;
	const uint32_t *releases, *names, *places, *existing, *index, *posts_at,
		*posts;
	const uint16_t *hashes;
	const char *strings;
};

/* Maps and checks a file. -EINVAL, -EPROTONOSUPPORT (newer), -EBADMSG (checksum): all with a
 * line that says what to do. */
int kallmod_sigfile_open(struct kallmod_ctx *ctx, const char *path,
			 struct kallmod_sigfile *ret);
/* The same over memory, which must outlive it; name stands in messages. */
int kallmod_sigfile_parse(struct kallmod_ctx *ctx, const char *name, const void *data,
			  size_t size, struct kallmod_sigfile *ret);
void kallmod_sigfile_close(struct kallmod_sigfile *file);
/* The posts of a name's hash; how many. *ret points into the file. */
size_t kallmod_sigfile_find(const struct kallmod_sigfile *file, uint32_t hash,
			    const uint32_t **ret);
const char *kallmod_sigfile_release(const struct kallmod_sigfile *file, size_t i);
/*
 * Modules are below header->nmodules, objects of the kernel proper behind them:
 * "drivers/nvmem/core.o:nvmem_core", with the modules that its initcalls name, if any.
 */
const char *kallmod_sigfile_name(const struct kallmod_sigfile *file, size_t i);
struct kallmod_sigplace kallmod_sigfile_place(const struct kallmod_sigfile *file, size_t i);

/* ---- writing ------------------------------------------------------------------------- */

struct kallmod_sigbuilder;

int kallmod_sigbuilder_create(struct kallmod_ctx *ctx, struct kallmod_sigbuilder **ret);
void kallmod_sigbuilder_destroy(struct kallmod_sigbuilder *builder);
/* The number of a release, added when new. -E2BIG past KALLMOD_SIG_MAX_RELEASES, -EINVAL for
 * one that is no name. */
int kallmod_sigbuilder_release(struct kallmod_sigbuilder *builder, const char *release);
/*
 * The number of a module, added when new ('-' becomes '_'), or of an object of the kernel proper
 * ("fs/exec.o"; "": not known). The module's directory ("fs/ext4"; "": not known) tells where it
 * is linked; the first one counts. Errors as above.
 */
int kallmod_sigbuilder_module(struct kallmod_sigbuilder *builder, const char *module,
			      const char *directory);
int kallmod_sigbuilder_object(struct kallmod_sigbuilder *builder, const char *object);
/* Notes that an object's initcalls name that module; what cannot be one is left out. */
int kallmod_sigbuilder_title(struct kallmod_sigbuilder *builder, int object, const char *title);
/* Notes that the release has the module, whether its functions are known or not. */
void kallmod_sigbuilder_exists(struct kallmod_sigbuilder *builder, int release, int module);
/* What the order of directories is learnt from; owned by the builder. */
struct kallmod_sigorder *kallmod_sigbuilder_order(struct kallmod_sigbuilder *builder);
/* Notes that owner (one of the two numbers) in release defines a function of that (raw) name. */
int kallmod_sigbuilder_add(struct kallmod_sigbuilder *builder, int release, int owner,
			   const char *name);
/* Writes the file beside path and renames it. The same input gives the same bytes. */
int kallmod_sigbuilder_write(struct kallmod_sigbuilder *builder, const char *path);

#endif
