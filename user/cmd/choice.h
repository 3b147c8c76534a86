/* SPDX-License-Identifier: GPL-2.0-only */
/* Which modules of a map a command is to show: those that its arguments name. */
#ifndef KALLMOD_CHOICE_H
#define KALLMOD_CHOICE_H

#include "kallmod.h"

/*
 * *ret[set] is true for the module sets of which one module matches one of the n patterns, as
 * file names do (*, ?, […]); '-' is '_', and "core" is the core kernel. malloc'ed, owned by
 * the caller; without patterns NULL, which is all. With data, sets count that have nothing
 * but data. -ENOENT: a pattern matches nothing; the error line has the nearest names.
 */
int kallmod_choose_sets(struct kallmod_ctx *ctx, const struct kallmod_map *map, bool data,
			int n, char *const *patterns, bool **ret);

#endif
