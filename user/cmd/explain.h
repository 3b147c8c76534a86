/* SPDX-License-Identifier: GPL-2.0-only */
/* What inferred ranges rest on, for people: printed to stdout. */
#ifndef KALLMOD_EXPLAIN_H
#define KALLMOD_EXPLAIN_H

#include "kallmod.h"

/* All ranges of the chosen sets (by set id; NULL: all but the core). 0 or a negative errno. */
int kallmod_explain_sets(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			 const bool *sets);
/* The range that holds addr. */
int kallmod_explain_address(struct kallmod_ctx *ctx, const struct kallmod_map *map, uint64_t addr);

#endif
