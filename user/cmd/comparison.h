/* SPDX-License-Identifier: GPL-2.0-only */
/* How right a map is, by module: for verify and signatures test. */
#ifndef KALLMOD_COMPARISON_H
#define KALLMOD_COMPARISON_H

#include "compare.h"
#include "verify.h"

/* Compares the two and prints a row for each module, those with the most damage first. -ENOMEM. */
int kallmod_comparison_print(struct kallmod_ctx *ctx, const struct kallmod_out_verify *out,
			     const struct kallmod_map *truth, const struct kallmod_map *map,
			     struct kallmod_tally *ret);

#endif
