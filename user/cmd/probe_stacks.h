/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks that the prober hands out, folded, each once. */
#ifndef KALLMOD_PROBE_STACKS_H
#define KALLMOD_PROBE_STACKS_H

#include "probe_views.h"
#include "prober.h"

struct kallmod_probe_stacks;

/* Reads the symbols of ctx, which must outlive it. */
int kallmod_probe_stacks_create(struct kallmod_ctx *ctx, struct kallmod_probe_stacks **ret);
void kallmod_probe_stacks_destroy(struct kallmod_probe_stacks *stacks);
/* Adds one: row is that of the function. Without memory its calls are lost, and counted. */
void kallmod_probe_stacks_add(struct kallmod_probe_stacks *stacks, const struct kallmod_map *map,
			      const struct kallmod_prober_row *row,
			      const struct kallmod_prober_stack *stack);
/* All, most calls first; owned by stacks, valid until the next call. */
int kallmod_probe_stacks_sorted(struct kallmod_probe_stacks *stacks,
				const struct kallmod_out_probe_stack **ret, size_t *n_ret);
uint64_t kallmod_probe_stacks_lost(const struct kallmod_probe_stacks *stacks);

#endif
