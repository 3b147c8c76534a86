/* SPDX-License-Identifier: GPL-2.0-only */
/* The drill-down's data: hits of an interval by set, function and process. For the model. */
#ifndef KMODTOP_MODEL_HITS_H
#define KMODTOP_MODEL_HITS_H

#include "model.h"

struct kmodtop_hit {
	uint32_t set, tgid;
	uint64_t function; /* its address; the sampled address where no symbol is known */
	const char *name;  /* of the function, or NULL */
	uint64_t self, charged;
	char comm[KALLMOD_COMM_LEN];
};

struct kmodtop_hits {
	struct kmodtop_hit *at;
	size_t n, capacity;
};

void kmodtop_hits_deinit(struct kmodtop_hits *hits);
/* Without memory a hit is left out: the counters have it all the same. */
void kmodtop_hits_add(struct kmodtop_hits *hits, const struct kallmod_profile_hit *hit);
/*
 * Resolves addresses to functions, sorts by set, function and process, and merges. fits says
 * whether a symbol can belong to a set. Returns how many hits have no function.
 */
size_t kmodtop_hits_finish(struct kmodtop_hits *hits, const struct kallmod_symbols *symbols,
			   bool (*fits)(const void *arg, uint32_t set,
					const struct kallmod_symbol *symbol),
			   const void *arg);
/* First hit of the set, or n; hits of a set stand together. */
size_t kmodtop_hits_first(const struct kmodtop_hits *hits, uint32_t set);

#endif
