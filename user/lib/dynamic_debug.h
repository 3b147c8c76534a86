/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The kernel's list of its debug messages: which function of which module has one. */
#ifndef KALLMOD_DYNAMIC_DEBUG_H
#define KALLMOD_DYNAMIC_DEBUG_H

#include "ctx.h"

/*
 * Calls fn for each message of ROOT's /proc/dynamic_debug/control (since 5.7; else debugfs'),
 * lines like "fs/ext4/super.c:123 [ext4]ext4_fill_super =_ \"…\"", with the module's name, which is
 * what Kbuild would call it where it is none (KBUILD_MODNAME), and the function's; both live for the
 * call. fn returns 0 to go on, or a negative errno. Lines that are written otherwise are left out.
 * 0 where there is no such file or it may not be read: few need it.
 */
int kallmod_dynamic_debug_read(struct kallmod_ctx *ctx,
			       int (*fn)(void *arg, const char *module, const char *function),
			       void *arg);

#endif
