/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What functions.c hands to functions_nearest.c, which says what a spec may have meant. */
#ifndef KALLMOD_FUNCTIONS_PRIV_H
#define KALLMOD_FUNCTIONS_PRIV_H

#include "spec.h"

/* A spec and the module sets that it names. */
struct kallmod_chooser {
	struct kallmod_spec spec;
	bool *sets; /* one for each of the map; owned */
	bool any_set, matched;
};

/* Symbols at one address, as far as they can be the name of a function. */
#define KALLMOD_ALIASES 16
struct kallmod_alias_list {
	const char *names[KALLMOD_ALIASES]; /* the best one first */
	size_t n;
	bool best_local;
	uint64_t addr, size; /* size as in struct kallmod_function */
	const struct kallmod_range *range;
};

/*
 * Hands each function of the map's kernel to fn, in address order; fn returns 0 or a negative
 * errno, which ends it.
 */
int kallmod_functions_walk(const struct kallmod_map *map,
			   const struct kallmod_symbols *symbols,
			   int (*fn)(void *arg, const struct kallmod_alias_list *function),
			   void *arg);

/* Records the error line about a spec that matches nothing, and returns -ENOENT. */
int kallmod_functions_none(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			   const struct kallmod_symbols *symbols,
			   const struct kallmod_chooser *chooser);

#endif
