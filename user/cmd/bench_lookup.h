/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of kallmod bench: cost of a lookup, check of a lookup, cost of a sample. */
#ifndef KALLMOD_BENCH_LOOKUP_H
#define KALLMOD_BENCH_LOOKUP_H

#include <stdint.h>

#include "kallmod.h"

enum bench_pattern { BENCH_PATTERN_RANDOM, BENCH_PATTERN_HOT, BENCH_PATTERNS };

/* One way to look up, as measured: gross ns per lookup, the loop around it included. */
struct bench_way {
	const char *name;
	const char *text;
	double ns[BENCH_PATTERNS];
	bool available; /* the kernel has what it takes */
};

struct bench_lookup_result {
	const struct bench_way *ways; /* the empty loop first, ours second */
	size_t nways;
	size_t ranges;
	size_t table_bytes, module_table_bytes;
};

/* Measures every way side by side, rounds times in turn, and gives medians. */
int bench_lookup_measure(struct kallmod_ctx *ctx, const struct kallmod_map *map, int rounds,
			 struct bench_lookup_result *ret);
/*
 * Looks up every boundary of the map, and the address before and after it, in the kernel and
 * in user space. -ERANGE and the first mismatch as the error line when they disagree.
 */
int bench_lookup_check(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		       size_t *checked_ret);
/* A frozen map of nranges ranges at odd addresses, from seed. Owned by the caller. */
int bench_random_map(struct kallmod_ctx *ctx, size_t nranges, uint32_t seed,
		     struct kallmod_map **ret);

/* Nanoseconds of BPF run time per kernel sample, from the kernel's own statistics. */
struct bench_sampler_result {
	double count_ns;      /* the program that only counts, per run */
	double self_ns;	      /* SELF, more than that, per kernel sample */
	double stack_only_ns; /* bpf_get_stack, more than counting */
	double walk_ns;	      /* walking and tagging, more than stopping after bpf_get_stack */
	uint64_t samples, expected, lost;
	uint64_t verified; /* instructions, of the whole program */
	uint64_t rounds;
};

/* Runs the variants of the sampler side by side under a load of its own for seconds. */
int bench_sampler_measure(struct kallmod_ctx *ctx, double seconds, int rounds,
			  struct bench_sampler_result *ret);

#endif
