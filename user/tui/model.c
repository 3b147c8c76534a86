// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

static const char *const sort_names[KMODTOP_SORTS] = {"charged", "self", "total", "samples",
						      "name"};

const char *kmodtop_sort_name(enum kmodtop_sort sort)
{
	return sort_names[sort];
}

bool kmodtop_sort_parse(const char *name, enum kmodtop_sort *ret)
{
	for (int i = 0; i < KMODTOP_SORTS; i++) {
		if (!strcmp(name, sort_names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

struct kmodtop_model *kmodtop_model_create(bool stacks)
{
	struct kmodtop_model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->stacks = stacks;
	model->sort = stacks ? KMODTOP_SORT_CHARGED : KMODTOP_SORT_SELF;
	model->unresolved.row = (struct kmodtop_row){
		.set = KALLMOD_SET_UNRESOLVED, .module = "unresolved",
		.kind = KALLMOD_KIND_PSEUDO, .confidence = 1};
	return model;
}

void kmodtop_model_destroy(struct kmodtop_model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->ncpus; i++)
		free(model->cpu_counts[i]);
	kmodtop_hits_deinit(&model->coming);
	kmodtop_hits_deinit(&model->hits);
	free(model->cpu_counts);
	free(model->cpu_sets);
	free(model->cpu_last);
	free(model->cpus);
	free(model->entries);
	free(model->rows);
	free(model->parts);
	free(model);
}

/* ---- ticks ----------------------------------------------------------------------------- */

static int grow_entries(struct kmodtop_model *model, size_t n)
{
	struct kmodtop_entry *entries;
	struct kmodtop_row *rows;

	if (n <= model->n)
		return 0;
	entries = reallocarray(model->entries, n, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	model->entries = entries;
	rows = reallocarray(model->rows, n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	model->rows = rows;
	memset(&entries[model->n], 0, (n - model->n) * sizeof(*entries));
	model->n = n;
	return 0;
}

/* What the map says of its sets: trust and confidence come from their ranges. */
static void describe(struct kmodtop_model *model, const struct kallmod_map *map)
{
	bool fresh = false;

	for (size_t i = 0; i < model->n; i++) {
		struct kmodtop_row *row = &model->entries[i].row;

		if (model->entries[i].known)
			continue;
		fresh = true;
		row->set = i;
		row->kind = kallmod_map_set_kind(map, i);
		row->trust = row->kind == KALLMOD_KIND_BUILTIN || row->kind == KALLMOD_KIND_CORE ?
				     kallmod_map_trust(map) : KALLMOD_TRUST_EXACT;
		snprintf(row->module, sizeof(row->module), "%s", kallmod_map_set_name(map, i));
	}
	for (size_t i = 0; fresh && i < model->n; i++) {
		double bytes = 0, sum = 0;

		if (model->entries[i].known)
			continue;
		model->entries[i].known = true;
		for (size_t k = 0; k < kallmod_map_range_count(map); k++) {
			const struct kallmod_range *range = kallmod_map_range(map, k);

			if (range->set != i || range->section == KALLMOD_SECTION_DATA)
				continue;
			bytes += range->end - range->start;
			sum += (double)range->confidence * (range->end - range->start);
		}
		model->entries[i].row.confidence = bytes ? sum / bytes : 1;
	}
}

uint64_t kmodtop_model_value(const struct kmodtop_model *model, const struct kmodtop_row *row)
{
	switch (model->sort) {
	case KMODTOP_SORT_SELF:
		return row->self;
	case KMODTOP_SORT_TOTAL:
		return row->total;
	default:
		return model->stacks ? row->charged : row->self;
	}
}

static void tick_entry(struct kmodtop_model *model, struct kmodtop_entry *entry,
		       const struct kallmod_profile_count *count)
{
	struct kmodtop_row *row = &entry->row;

	row->self = count->self - entry->last.self;
	row->charged = count->charged - entry->last.charged;
	row->total = count->total - entry->last.total;
	row->function = NULL;
	entry->last = *count;
	memmove(row->history, row->history + 1, sizeof(row->history) - sizeof(row->history[0]));
	row->history[KMODTOP_HISTORY - 1] = kmodtop_model_value(model, row);
}

static struct kmodtop_entry *entry_of(struct kmodtop_model *model, uint32_t set)
{
	if (set == KALLMOD_SET_UNRESOLVED)
		return &model->unresolved;
	return set < model->n ? &model->entries[set] : NULL;
}

static uint64_t weight(const struct kmodtop_model *model, uint64_t self, uint64_t charged)
{
	return model->stacks ? charged : self;
}

void kmodtop_hit_name(const struct kmodtop_hit *hit, char *name)
{
	if (hit->name)
		snprintf(name, KMODTOP_NAME, "%s", hit->name);
	else
		snprintf(name, KMODTOP_NAME, "0x%llx", (unsigned long long)hit->function);
}

/* The hottest function of every set: hits are sorted by set and function. */
static void find_hottest(struct kmodtop_model *model)
{
	const struct kmodtop_hits *hits = &model->hits;
	uint64_t best = 0;

	for (size_t i = 0, next; i < hits->n; i = next) {
		const struct kmodtop_hit *first = &hits->at[i];
		struct kmodtop_entry *entry = entry_of(model, first->set);
		uint64_t sum = 0;

		for (next = i; next < hits->n && hits->at[next].set == first->set &&
			       hits->at[next].function == first->function; next++)
			sum += weight(model, hits->at[next].self, hits->at[next].charged);
		if (!i || hits->at[i - 1].set != first->set)
			best = 0;
		if (!entry || sum <= best)
			continue;
		best = sum;
		kmodtop_hit_name(first, entry->function);
		entry->row.function = entry->function;
	}
}

/* a - b for structs of u64 counters. */
static void subtract(uint64_t *a, const uint64_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] -= b[i];
}

static void tick_totals(struct kmodtop_model *model, const struct kallmod_sampler_totals *totals)
{
	struct kallmod_sampler_totals difference = *totals;

	subtract((uint64_t *)&difference.stats, (const uint64_t *)&model->last.stats,
		 sizeof(difference.stats) / sizeof(uint64_t));
	difference.expected -= model->last.expected;
	difference.seconds -= model->last.seconds;
	model->totals = difference;
	model->last = *totals;
}

/*
 * False when the symbol below an address of the set is another module's: the symbols are older
 * than the module.
 */
static bool fits(const void *arg, uint32_t set, const struct kallmod_symbol *symbol)
{
	const struct kmodtop_model *model = arg;
	const struct kmodtop_row *row = set < model->n ? &model->entries[set].row : NULL;

	if (!row)
		return false;
	if (row->kind == KALLMOD_KIND_CORE || row->kind == KALLMOD_KIND_BUILTIN)
		return !symbol->module;
	return symbol->module && !strcmp(symbol->module, row->module);
}

int kmodtop_model_tick(struct kmodtop_model *model, const struct kallmod_map *map,
		       const struct kallmod_profile_count *counts, size_t n,
		       const struct kallmod_sampler_totals *totals)
{
	struct kmodtop_hits old = model->hits;

	if (grow_entries(model, n))
		return -ENOMEM;
	describe(model, map);
	tick_totals(model, totals);
	for (size_t i = 0; i < n; i++)
		tick_entry(model, &model->entries[i], &counts[i]);
	tick_entry(model, &model->unresolved, &totals->unresolved);
	model->hits = model->coming;
	model->coming = (struct kmodtop_hits){.at = old.at, .capacity = old.capacity};
	model->unnamed = kmodtop_hits_finish(&model->hits, model->symbols, fits, model);
	find_hottest(model);
	return 0;
}

void kmodtop_model_hit(struct kmodtop_model *model, const struct kallmod_profile_hit *hit)
{
	kmodtop_hits_add(&model->coming, hit);
}

void kmodtop_model_symbols(struct kmodtop_model *model, const struct kallmod_symbols *symbols)
{
	model->symbols = symbols;
}

size_t kmodtop_model_unnamed(const struct kmodtop_model *model)
{
	return model->unnamed;
}

/* ---- CPUs ------------------------------------------------------------------------------ */

static int grow_cpus(struct kmodtop_model *model, size_t n)
{
	if (n <= model->ncpus)
		return 0;
	model->cpus = reallocarray(model->cpus, n, sizeof(*model->cpus));
	model->cpu_last = reallocarray(model->cpu_last, n, sizeof(*model->cpu_last));
	model->cpu_counts = reallocarray(model->cpu_counts, n, sizeof(*model->cpu_counts));
	model->cpu_sets = reallocarray(model->cpu_sets, n, sizeof(*model->cpu_sets));
	if (!model->cpus || !model->cpu_last || !model->cpu_counts || !model->cpu_sets) {
		model->ncpus = 0;
		return -ENOMEM;
	}
	for (size_t i = model->ncpus; i < n; i++) {
		model->cpus[i] = (struct kmodtop_cpu){.cpu = i};
		model->cpu_last[i] = (struct kallmod_profile_stats){};
		model->cpu_counts[i] = NULL;
		model->cpu_sets[i] = 0;
	}
	model->ncpus = n;
	return 0;
}

int kmodtop_model_tick_cpu(struct kmodtop_model *model, int cpu, const struct kallmod_map *map,
			   const struct kallmod_profile_count *counts, size_t n,
			   const struct kallmod_profile_stats *stats)
{
	struct kallmod_profile_count *last;
	struct kmodtop_cpu *at;
	uint64_t best = 0;

	if (grow_cpus(model, cpu + 1))
		return -ENOMEM;
	at = &model->cpus[cpu];
	at->stats = *stats;
	subtract((uint64_t *)&at->stats, (const uint64_t *)&model->cpu_last[cpu],
		 sizeof(*stats) / sizeof(uint64_t));
	model->cpu_last[cpu] = *stats;
	last = reallocarray(model->cpu_counts[cpu], n, sizeof(*last));
	if (!last)
		return -ENOMEM;
	model->cpu_counts[cpu] = last;
	at->module[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		bool seen = i < model->cpu_sets[cpu];
		uint64_t value = weight(model, counts[i].self - (seen ? last[i].self : 0),
					counts[i].charged - (seen ? last[i].charged : 0));

		last[i] = counts[i];
		if (value <= best)
			continue;
		best = value;
		snprintf(at->module, sizeof(at->module), "%s", kallmod_map_set_name(map, i));
	}
	model->cpu_sets[cpu] = n;
	return 0;
}

size_t kmodtop_model_cpus(const struct kmodtop_model *model, const struct kmodtop_cpu **ret)
{
	*ret = model->cpus;
	return model->ncpus;
}

/* ---- settings -------------------------------------------------------------------------- */

void kmodtop_model_sort(struct kmodtop_model *model, enum kmodtop_sort sort)
{
	model->sort = sort;
}

enum kmodtop_sort kmodtop_model_sorted(const struct kmodtop_model *model)
{
	return model->sort;
}

void kmodtop_model_filter(struct kmodtop_model *model, const char *text)
{
	snprintf(model->filter, sizeof(model->filter), "%s", text);
}

const char *kmodtop_model_filtered(const struct kmodtop_model *model)
{
	return model->filter;
}

void kmodtop_model_min_confidence(struct kmodtop_model *model, double confidence)
{
	model->min_confidence = confidence;
}

bool kmodtop_model_stacks(const struct kmodtop_model *model)
{
	return model->stacks;
}

const struct kallmod_sampler_totals *kmodtop_model_totals(const struct kmodtop_model *model)
{
	return &model->totals;
}

uint64_t kmodtop_model_kernel(const struct kmodtop_model *model)
{
	return model->totals.stats.kernel;
}
