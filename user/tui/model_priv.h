/* SPDX-License-Identifier: GPL-2.0-only */
/* The model's parts, for model.c, which is fed, and model_rows.c, which is read. */
#ifndef KMODTOP_MODEL_PRIV_H
#define KMODTOP_MODEL_PRIV_H

#include "model.h"
#include "model_hits.h"

/* A module set through all intervals. */
struct kmodtop_entry {
	struct kmodtop_row row;
	struct kallmod_profile_count last; /* since start, at the tick before */
	char function[KMODTOP_NAME];
	bool known;
};

struct kmodtop_model {
	bool stacks;
	enum kmodtop_sort sort;
	char filter[64];
	double min_confidence;
	struct kmodtop_entry *entries; /* by set id; unresolved apart */
	size_t n;
	struct kmodtop_entry unresolved;
	struct kallmod_sampler_totals last, totals;
	struct kmodtop_hits coming, hits; /* of the interval at work, and of the last one */
	const struct kallmod_symbols *symbols;
	size_t unnamed; /* see kmodtop_model_unnamed() */
	struct kmodtop_row *rows; /* n + 1, for kmodtop_model_rows() */
	size_t hidden;
	struct kmodtop_part *parts;
	size_t part_capacity;
	struct kmodtop_cpu *cpus;
	struct kallmod_profile_stats *cpu_last;
	struct kallmod_profile_count **cpu_counts; /* by CPU, n of each */
	size_t *cpu_sets;
	size_t ncpus;
};

/* What a set's value is when the model is sorted by a count. */
uint64_t kmodtop_model_value(const struct kmodtop_model *model, const struct kmodtop_row *row);
/* A hit's function, or its address. name has KMODTOP_NAME bytes. */
void kmodtop_hit_name(const struct kmodtop_hit *hit, char *name);

#endif
