// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "compare.h"

enum { MAX_SET = 256 };

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool kallmod_sets_equal(const struct kallmod_map *a, uint32_t set_a, const struct kallmod_map *b,
			uint32_t set_b)
{
	const char *names_a[MAX_SET], *names_b[MAX_SET];
	size_t n = kallmod_map_set_modules(a, set_a, names_a, MAX_SET);

	if (!strcmp(kallmod_map_set_name(a, set_a), kallmod_map_set_name(b, set_b)))
		return true;
	if (n != kallmod_map_set_modules(b, set_b, names_b, MAX_SET) || n < 2 || n > MAX_SET)
		return false;
	qsort(names_a, n, sizeof(names_a[0]), compare_strings);
	qsort(names_b, n, sizeof(names_b[0]), compare_strings);
	for (size_t i = 0; i < n; i++)
		if (strcmp(names_a[i], names_b[i]))
			return false;
	return true;
}

/* A map's ranges in order, from some address on. */
struct cursor {
	const struct kallmod_map *map;
	size_t i, n;
};

/* The text range at pos, or NULL; *end_ret is lowered to where that answer ends. */
static const struct kallmod_range *range_at(struct cursor *cursor, uint64_t pos,
					    uint64_t *end_ret)
{
	const struct kallmod_range *range;

	while (cursor->i < cursor->n && kallmod_map_range(cursor->map, cursor->i)->end <= pos)
		cursor->i++;
	if (cursor->i == cursor->n)
		return NULL;
	range = kallmod_map_range(cursor->map, cursor->i);
	if (range->start > pos) {
		*end_ret = range->start < *end_ret ? range->start : *end_ret;
		return NULL;
	}
	*end_ret = range->end < *end_ret ? range->end : *end_ret;
	return range->section == KALLMOD_SECTION_DATA ? NULL : range;
}

static uint64_t *tally_field(struct kallmod_tally *tally, const struct kallmod_map *truth,
			     const struct kallmod_range *a, const struct kallmod_map *map,
			     const struct kallmod_range *b)
{
	bool is_a = a && a->set != KALLMOD_SET_CORE, is_b = b && b->set != KALLMOD_SET_CORE;

	if (is_a && is_b)
		return kallmod_sets_equal(truth, a->set, map, b->set) ? &tally->agreed :
								       &tally->wrong;
	if (is_a)
		return &tally->missed;
	if (is_b)
		return &tally->extra;
	return a ? &tally->core : NULL;
}

static const char *name_of(const struct kallmod_map *map, const struct kallmod_range *range)
{
	return range && range->set != KALLMOD_SET_CORE ? kallmod_map_set_name(map, range->set) :
							 NULL;
}

void kallmod_compare(const struct kallmod_map *truth, const struct kallmod_map *map,
		     struct kallmod_tally *ret,
		     void (*fn)(void *arg, const char *truth_set, const char *map_set,
				bool agreed, uint64_t bytes),
		     void *arg)
{
	struct cursor a = {truth, 0, kallmod_map_range_count(truth)};
	struct cursor b = {map, 0, kallmod_map_range_count(map)};
	uint64_t pos = 0, next;

	*ret = (struct kallmod_tally){};
	for (; pos != UINT64_MAX; pos = next) {
		const struct kallmod_range *in_a, *in_b;
		uint64_t *field;

		next = UINT64_MAX;
		in_a = range_at(&a, pos, &next);
		in_b = range_at(&b, pos, &next);
		field = tally_field(ret, truth, in_a, map, in_b);
		if (!field)
			continue;
		*field += next - pos;
		if (fn)
			fn(arg, name_of(truth, in_a), name_of(map, in_b), field == &ret->agreed,
			   next - pos);
	}
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / whole : 1;
}

double kallmod_tally_precision(const struct kallmod_tally *tally)
{
	return ratio(tally->agreed, tally->agreed + tally->wrong + tally->extra);
}

double kallmod_tally_recall(const struct kallmod_tally *tally)
{
	return ratio(tally->agreed, tally->agreed + tally->wrong + tally->missed);
}
