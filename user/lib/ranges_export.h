/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any map as modules.builtin.ranges: the way back of kallmod_ranges_place(). */
#ifndef KALLMOD_RANGES_EXPORT_H
#define KALLMOD_RANGES_EXPORT_H

#include <stdio.h>

#include "ctx.h"

struct kallmod_ranges_export {
	bool data; /* ranges of data, too */
	/* Which of the built-in modules' ranges; NULL: all. */
	bool (*wanted)(const void *arg, const struct kallmod_range *range);
	const void *arg;
	FILE *out;	   /* write errors stay in it */
	FILE *confidences; /* where a sidecar's lines for the ranges go; NULL: nowhere */
};

/*
 * Writes the sections in the order of their addresses, each with an anchor that the kernel's
 * symbols have. *count_ret, unless it is NULL: how many ranges were written. -ENODATA: text has
 * no anchor. Data without one is left out, with a warning.
 */
int kallmod_ranges_export(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			  const struct kallmod_ranges_export *export, size_t *count_ret);

#endif
