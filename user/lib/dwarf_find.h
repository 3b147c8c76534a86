/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Where a kernel's debug information is. */
#ifndef KALLMOD_DWARF_FIND_H
#define KALLMOD_DWARF_FIND_H

#include "ctx.h"

struct kallmod_build_id {
	uint8_t bytes[64];
	size_t size; /* 0: not known */
};

/* The running kernel's, out of ROOT/sys/kernel/notes; of another kernel it is not known. */
struct kallmod_build_id kallmod_kernel_build_id(struct kallmod_ctx *ctx);

/* Formats of the paths where a release's image may be, best first; NULL-terminated. */
extern const char *const kallmod_dwarf_places[];

/*
 * Calls fn for each place where an image with debug information may be, best first: the one
 * that was set (--vmlinux) and no other, else those of the release, that of the build id, and,
 * where the user asks for it, what a debuginfod server has. fn returns -ENOENT or -ENODATA to
 * go on; what else it returns ends the search and is returned. -ENOENT: there was none.
 */
int kallmod_dwarf_find(struct kallmod_ctx *ctx, const struct kallmod_build_id *id,
		       int (*fn)(void *arg, const char *path), void *arg);

#endif
