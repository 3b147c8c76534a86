/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How right one map is, measured with another: bytes of module text, in total and by module. */
#ifndef KALLMOD_COMPARE_H
#define KALLMOD_COMPARE_H

#include "kallmod.h"

struct kallmod_tally {
	uint64_t agreed; /* the same module set in both */
	uint64_t wrong;	 /* a module in both, and not the same */
	uint64_t missed; /* a module in the truth, none in the map */
	uint64_t extra;	 /* a module in the map, none in the truth */
	uint64_t core;	 /* a module in neither, inside the truth's text */
};

/*
 * Compares text (data ranges are left out) and calls fn, which may be NULL, for every stretch
 * that says one thing in both: set names, NULL for the core. Sets are equal when they hold the
 * same modules.
 */
void kallmod_compare(const struct kallmod_map *truth, const struct kallmod_map *map,
		     struct kallmod_tally *ret,
		     void (*fn)(void *arg, const char *truth_set, const char *map_set,
				bool agreed, uint64_t bytes),
		     void *arg);
/* The same modules, whatever their order? Set ids that the maps have. */
bool kallmod_sets_equal(const struct kallmod_map *a, uint32_t set_a, const struct kallmod_map *b,
			uint32_t set_b);
/* agreed / (agreed + wrong + extra), and agreed / (agreed + wrong + missed); 1 for 0 / 0. */
double kallmod_tally_precision(const struct kallmod_tally *tally);
double kallmod_tally_recall(const struct kallmod_tally *tally);

#endif
