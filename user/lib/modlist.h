/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Lists of modules, one path a line: modules.builtin and modules.order. */
#ifndef KALLMOD_MODLIST_H
#define KALLMOD_MODLIST_H

#include "ctx.h"

/*
 * Calls fn for each line, "kernel/fs/ext4/ext4.ko", which it may write on; without the suffix
 * it is length bytes. Ends with the first error of fn; -EINVAL and -ENOMEM need no line of it.
 * -ENOENT; -EINVAL, "FILE: line N: WRONG": a line that does not end in a name and .ko, or that
 * fn refused; -EFBIG: more lines than a kernel can have modules; -ENOMEM.
 */
int kallmod_modlist_read(struct kallmod_ctx *ctx, const char *file, const char *wrong,
			 int (*fn)(void *arg, char *line, size_t length), void *arg);
/* "fs/ext4/ext4.ko" of "kernel/fs/ext4/ext4.ko"; where there is no kernel/, the line itself. */
const char *kallmod_modlist_place(const char *line);

#endif
