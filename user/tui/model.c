// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_hits.h"

/* A module set through all intervals. */
struct entry {
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
	struct entry *entries; /* by set id; unresolved apart */
	size_t n;
	struct entry unresolved;
	struct kallmod_sampler_totals last, totals;
	struct kmodtop_hits coming, hits; /* of the interval at work, and of the last one */
	const struct kallmod_symbols *symbols;
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
	struct entry *entries;
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

static uint64_t sorted_value(const struct kmodtop_model *model, const struct kmodtop_row *row)
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

static void tick_entry(struct kmodtop_model *model, struct entry *entry,
		       const struct kallmod_profile_count *count)
{
	struct kmodtop_row *row = &entry->row;

	row->self = count->self - entry->last.self;
	row->charged = count->charged - entry->last.charged;
	row->total = count->total - entry->last.total;
	row->function = NULL;
	entry->last = *count;
	memmove(row->history, row->history + 1, sizeof(row->history) - sizeof(row->history[0]));
	row->history[KMODTOP_HISTORY - 1] = sorted_value(model, row);
}

static struct entry *entry_of(struct kmodtop_model *model, uint32_t set)
{
	if (set == KALLMOD_SET_UNRESOLVED)
		return &model->unresolved;
	return set < model->n ? &model->entries[set] : NULL;
}

static uint64_t weight(const struct kmodtop_model *model, uint64_t self, uint64_t charged)
{
	return model->stacks ? charged : self;
}

static void name_function(const struct kmodtop_hit *hit, char *name)
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
		struct entry *entry = entry_of(model, first->set);
		uint64_t sum = 0;

		for (next = i; next < hits->n && hits->at[next].set == first->set &&
			       hits->at[next].function == first->function; next++)
			sum += weight(model, hits->at[next].self, hits->at[next].charged);
		if (!i || hits->at[i - 1].set != first->set)
			best = 0;
		if (!entry || sum <= best)
			continue;
		best = sum;
		name_function(first, entry->function);
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
	kmodtop_hits_finish(&model->hits, model->symbols);
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

/* ---- rows ------------------------------------------------------------------------------ */

static bool wanted(struct kmodtop_model *model, const struct kmodtop_row *row)
{
	if (!row->self && !row->charged && !row->total)
		return false;
	if (model->filter[0] && !strstr(row->module, model->filter))
		return false;
	if (row->kind == KALLMOD_KIND_BUILTIN && row->confidence < model->min_confidence) {
		model->hidden++;
		return false;
	}
	return true;
}

/* qsort() takes no argument for its callback. */
static const struct kmodtop_model *sorting;

static int compare_rows(const void *a, const void *b)
{
	const struct kmodtop_row *x = a, *y = b;
	uint64_t value_x = sorted_value(sorting, x), value_y = sorted_value(sorting, y);

	if (sorting->sort != KMODTOP_SORT_NAME && value_x != value_y)
		return value_x > value_y ? -1 : 1;
	if (sorting->sort != KMODTOP_SORT_NAME && x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return strcmp(x->module, y->module);
}

size_t kmodtop_model_rows(struct kmodtop_model *model, const struct kmodtop_row **ret)
{
	size_t n = 0;

	model->hidden = 0;
	for (size_t i = 0; i < model->n; i++)
		if (wanted(model, &model->entries[i].row))
			model->rows[n++] = model->entries[i].row;
	if (model->rows && wanted(model, &model->unresolved.row))
		model->rows[n++] = model->unresolved.row;
	sorting = model;
	if (n)
		qsort(model->rows, n, sizeof(*model->rows), compare_rows);
	*ret = model->rows;
	return n;
}

size_t kmodtop_model_hidden(const struct kmodtop_model *model)
{
	return model->hidden;
}

/* ---- drill-down ------------------------------------------------------------------------ */

static struct kmodtop_part *add_part(struct kmodtop_model *model, size_t n)
{
	if (n == model->part_capacity) {
		size_t capacity = n ? n * 2 : 256;
		struct kmodtop_part *parts = reallocarray(model->parts, capacity, sizeof(*parts));

		if (!parts)
			return NULL;
		model->parts = parts;
		model->part_capacity = capacity;
	}
	model->parts[n] = (struct kmodtop_part){};
	return &model->parts[n];
}

static int compare_parts(const void *a, const void *b)
{
	const struct kmodtop_part *x = a, *y = b;

	if (sorting->stacks && x->charged != y->charged)
		return x->charged > y->charged ? -1 : 1;
	if (x->self != y->self)
		return x->self > y->self ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t finish_parts(struct kmodtop_model *model, size_t n,
			   const struct kmodtop_part **ret)
{
	sorting = model;
	if (n)
		qsort(model->parts, n, sizeof(*model->parts), compare_parts);
	*ret = model->parts;
	return n;
}

size_t kmodtop_model_functions(struct kmodtop_model *model, uint32_t set,
			       const struct kmodtop_part **ret)
{
	const struct kmodtop_hits *hits = &model->hits;
	size_t n = 0;

	for (size_t i = kmodtop_hits_first(hits, set); i < hits->n && hits->at[i].set == set; i++) {
		const struct kmodtop_hit *hit = &hits->at[i];
		struct kmodtop_part *part = n ? &model->parts[n - 1] : NULL;

		if (!part || part->addr != hit->function) {
			part = add_part(model, n);
			if (!part)
				break;
			n++;
			part->addr = hit->function;
			name_function(hit, part->name);
		}
		part->self += hit->self;
		part->charged += hit->charged;
	}
	return finish_parts(model, n, ret);
}

static struct kmodtop_part *find_process(struct kmodtop_model *model, size_t n, uint32_t tgid)
{
	for (size_t i = 0; i < n; i++)
		if (model->parts[i].tgid == tgid)
			return &model->parts[i];
	return NULL;
}

size_t kmodtop_model_processes(struct kmodtop_model *model, uint32_t set, uint64_t addr,
			       const struct kmodtop_part **ret)
{
	const struct kmodtop_hits *hits = &model->hits;
	size_t n = 0;

	for (size_t i = kmodtop_hits_first(hits, set); i < hits->n && hits->at[i].set == set; i++) {
		const struct kmodtop_hit *hit = &hits->at[i];
		struct kmodtop_part *part;

		if (addr && hit->function != addr)
			continue;
		part = find_process(model, n, hit->tgid);
		if (!part) {
			part = add_part(model, n);
			if (!part)
				break;
			n++;
			part->tgid = hit->tgid;
			snprintf(part->name, sizeof(part->name), "%s", hit->comm);
		}
		part->self += hit->self;
		part->charged += hit->charged;
	}
	return finish_parts(model, n, ret);
}
