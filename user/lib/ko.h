/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Kernel modules as files: .ko, plain or compressed (.xz, .zst, .gz). */
#ifndef KALLMOD_KO_H
#define KALLMOD_KO_H

#include "ctx.h"

/*
 * Calls fn for every function of the module file, with the module's name (of .modinfo, else
 * the file's); both strings live for the call. fn returns 0 to go on, or a negative errno.
 * -EINVAL: no module, torn or not decompressible; -EFBIG: more than 256 MiB unpacked.
 */
int kallmod_ko_functions(struct kallmod_ctx *ctx, const char *path,
			 int (*fn)(void *arg, const char *module, const char *function),
			 void *arg);
/* True when the path ends like a module file's. */
bool kallmod_ko_is_path(const char *path);

#endif
