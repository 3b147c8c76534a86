/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmodtop shows, without any terminal: counters of one interval by module, what led to
 * them, and how they are sorted and filtered. Fed by ticks, read by the screens.
 */
#ifndef KMODTOP_MODEL_H
#define KMODTOP_MODEL_H

#include "sampler.h"

enum { KMODTOP_HISTORY = 16, KMODTOP_NAME = 256 };

enum kmodtop_sort {
	KMODTOP_SORT_CHARGED,
	KMODTOP_SORT_SELF,
	KMODTOP_SORT_TOTAL,
	KMODTOP_SORT_SAMPLES,
	KMODTOP_SORT_NAME,
	KMODTOP_SORTS,
};
const char *kmodtop_sort_name(enum kmodtop_sort sort);
/* False: no such name. */
bool kmodtop_sort_parse(const char *name, enum kmodtop_sort *ret);

/* A module (or core, bpf, unresolved) in one interval. Counts are samples. */
struct kmodtop_row {
	uint32_t set;
	char module[KMODTOP_NAME];
	enum kallmod_kind kind;
	enum kallmod_trust trust;
	float confidence; /* of the module's text, weighted by bytes */
	uint64_t self, charged, total;
	uint64_t history[KMODTOP_HISTORY]; /* what is sorted by, oldest first */
	const char *function;		   /* hottest, or NULL */
};

/* A function, or a process, of a module in one interval. */
struct kmodtop_part {
	char name[KMODTOP_NAME];
	uint64_t addr; /* function: where it starts; 0 for a process */
	uint32_t tgid; /* process; 0 for a function */
	uint64_t self, charged;
};

/* A CPU in one interval. */
struct kmodtop_cpu {
	int cpu;
	struct kallmod_profile_stats stats;
	char module[KMODTOP_NAME]; /* with most samples, or "" */
};

struct kmodtop_model;

/* stacks: the sampler walks them, so there is CHARGED and TOTAL. NULL: no memory. */
struct kmodtop_model *kmodtop_model_create(bool stacks);
void kmodtop_model_destroy(struct kmodtop_model *model);

/*
 * Ends an interval: counts (by set id of map, since start) and totals (since start) become
 * differences to the tick before. Hits that came since then belong to the interval. map is
 * used during the call only. -ENOMEM.
 */
int kmodtop_model_tick(struct kmodtop_model *model, const struct kallmod_map *map,
		       const struct kallmod_profile_count *counts, size_t n,
		       const struct kallmod_sampler_totals *totals);
/* Adds a function's hits to the interval at work. */
void kmodtop_model_hit(struct kmodtop_model *model, const struct kallmod_profile_hit *hit);
/* Names for functions until the next call; NULL (the start): addresses stand for them. */
void kmodtop_model_symbols(struct kmodtop_model *model, const struct kallmod_symbols *symbols);
/* Hits of the last interval in modules or BPF code that the symbols do not know. */
size_t kmodtop_model_unnamed(const struct kmodtop_model *model);
/* Counters of one CPU, after the tick: by set id, since start. */
int kmodtop_model_tick_cpu(struct kmodtop_model *model, int cpu, const struct kallmod_map *map,
			   const struct kallmod_profile_count *counts, size_t n,
			   const struct kallmod_profile_stats *stats);

/* Settings; they take effect on the next rows. */
void kmodtop_model_sort(struct kmodtop_model *model, enum kmodtop_sort sort);
enum kmodtop_sort kmodtop_model_sorted(const struct kmodtop_model *model);
/* Only modules whose name has this in it; "" for all. */
void kmodtop_model_filter(struct kmodtop_model *model, const char *text);
const char *kmodtop_model_filtered(const struct kmodtop_model *model);
/* Hides inferred modules below this confidence. */
void kmodtop_model_min_confidence(struct kmodtop_model *model, double confidence);

bool kmodtop_model_stacks(const struct kmodtop_model *model);
/* The interval's differences. */
const struct kallmod_sampler_totals *kmodtop_model_totals(const struct kmodtop_model *model);
/* Kernel samples that were not idle: what percentages are of. */
uint64_t kmodtop_model_kernel(const struct kmodtop_model *model);
/* Rows with samples, sorted; how many. Owned by the model, valid until the next call. */
size_t kmodtop_model_rows(struct kmodtop_model *model, const struct kmodtop_row **ret);
/* Rows that --min-confidence hid in the last call of kmodtop_model_rows(). */
size_t kmodtop_model_hidden(const struct kmodtop_model *model);
/* Functions of a set, most samples first. Valid as above. */
size_t kmodtop_model_functions(struct kmodtop_model *model, uint32_t set,
			       const struct kmodtop_part **ret);
/* Processes that hit a set's function at addr (0: any of its functions). */
size_t kmodtop_model_processes(struct kmodtop_model *model, uint32_t set, uint64_t addr,
			       const struct kmodtop_part **ret);
size_t kmodtop_model_cpus(const struct kmodtop_model *model, const struct kmodtop_cpu **ret);

#endif
