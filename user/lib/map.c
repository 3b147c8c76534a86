// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Maps: building, freezing, looking up. The sets are in map_sets.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "map_priv.h"

int kallmod_map_create(struct kallmod_map **ret)
{
	struct kallmod_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	if (kallmod_grow(&map->sets, &map->set_capacity, 0, sizeof(*map->sets)))
		goto fail;
	map->sets[0] = (struct kallmod_set){ .name = strdup("core"), .kind = KALLMOD_KIND_CORE };
	if (!map->sets[0].name)
		goto fail;
	map->set_count = 1;
	*ret = map;
	return 0;
fail:
	kallmod_map_destroy(map);
	return -ENOMEM;
}

void kallmod_map_destroy(struct kallmod_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->set_count; i++) {
		free(map->sets[i].name);
		free(map->sets[i].modules);
	}
	for (size_t i = 0; i < map->module_count; i++)
		free(map->modules[i]);
	free(map->sets);
	free(map->set_index.slots);
	free(map->modules);
	free(map->module_index.slots);
	free(map->ranges);
	free(map->extents);
	free(map->marks);
	free(map);
}

static void destroy_pointer(struct kallmod_map **map)
{
	kallmod_map_destroy(*map);
}

static int copy_sets(const struct kallmod_map *from, struct kallmod_map *to)
{
	for (size_t i = 1; i < from->set_count; i++) {
		const struct kallmod_set *set = &from->sets[i];
		uint32_t id;
		int err = kallmod_map_set(to, set->kind, set->modules, set->count, &id);

		if (err)
			return err;
	}
	return 0;
}

static int copy_rest(const struct kallmod_map *from, unsigned int keep_kinds,
		     struct kallmod_map *to)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->range_count; i++)
		if (keep_kinds & 1u << from->sets[from->ranges[i].set].kind)
			err = kallmod_map_add(to, &from->ranges[i]);
	for (size_t i = 0; !err && i < from->extent_count; i++)
		err = kallmod_map_add_extent(to, from->extents[i].start, from->extents[i].end,
					     from->extents[i].section);
	for (size_t i = 0; !err && i < from->mark_count; i++)
		err = kallmod_map_add_mark(to, &from->marks[i]);
	return err;
}

int kallmod_map_derive(const struct kallmod_map *map, unsigned int keep_kinds,
		       struct kallmod_map **ret)
{
	__attribute__((cleanup(destroy_pointer))) struct kallmod_map *copy = NULL;
	int err = kallmod_map_create(&copy);

	if (!err)
		err = copy_sets(map, copy);
	if (!err)
		err = copy_rest(map, keep_kinds, copy);
	if (err)
		return err;
	kallmod_map_set_source(copy, map->source, map->trust);
	*ret = cleanup_take(copy);
	return 0;
}

int kallmod_map_add(struct kallmod_map *map, const struct kallmod_range *range)
{
	int err;

	if (map->frozen)
		return -EROFS;
	if (range->start >= range->end || range->set >= map->set_count ||
	    range->trust > KALLMOD_TRUST_INFERRED || range->section > KALLMOD_SECTION_DATA ||
	    !(range->confidence >= 0 && range->confidence <= 1))
		return -EINVAL;
	err = kallmod_grow(&map->ranges, &map->range_capacity, map->range_count,
			   sizeof(*map->ranges));
	if (!err)
		map->ranges[map->range_count++] = *range;
	return err;
}

void kallmod_map_set_source(struct kallmod_map *map, uint8_t source, enum kallmod_trust trust)
{
	map->source = source;
	map->trust = trust;
}

int kallmod_map_add_extent(struct kallmod_map *map, uint64_t start, uint64_t end,
			   enum kallmod_section section)
{
	int err;

	if (map->frozen)
		return -EROFS;
	if (start >= end || (unsigned int)section > KALLMOD_SECTION_DATA)
		return -EINVAL;
	err = kallmod_grow(&map->extents, &map->extent_capacity, map->extent_count,
			   sizeof(*map->extents));
	if (!err)
		map->extents[map->extent_count++] =
			(struct kallmod_extent){ start, end, section };
	return err;
}

int kallmod_map_add_mark(struct kallmod_map *map, const struct kallmod_mark *mark)
{
	int err;

	if (map->frozen)
		return -EROFS;
	if (mark->start >= mark->end || (unsigned int)mark->kind > KALLMOD_MARK_BOOT)
		return -EINVAL;
	err = kallmod_grow(&map->marks, &map->mark_capacity, map->mark_count,
			   sizeof(*map->marks));
	if (!err)
		map->marks[map->mark_count++] = *mark;
	return err;
}

static int compare_extents(const void *a, const void *b)
{
	const struct kallmod_extent *x = a, *y = b;

	return x->start == y->start ? 0 : x->start < y->start ? -1 : 1;
}

static int compare_marks(const void *a, const void *b)
{
	const struct kallmod_mark *x = a, *y = b;

	return x->start == y->start ? 0 : x->start < y->start ? -1 : 1;
}

int kallmod_map_freeze(struct kallmod_map *map)
{
	cleanup_free struct kallmod_range *all = NULL;
	struct kallmod_range *resolved;
	size_t extents = map->extent_count, count;
	int err;

	if (map->frozen)
		return 0;
	all = calloc(extents + map->range_count + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	/* The extents are core ranges below all others: what nothing covers, they tile. */
	for (size_t i = 0; i < extents; i++)
		all[i] = (struct kallmod_range){ map->extents[i].start, map->extents[i].end,
						 KALLMOD_SET_CORE, 1, map->trust,
						 map->extents[i].section, map->source };
	if (map->range_count)
		memcpy(all + extents, map->ranges, map->range_count * sizeof(*all));
	err = kallmod_map_resolve(all, extents + map->range_count, &resolved, &count);
	if (err)
		return err;
	free(map->ranges);
	map->ranges = resolved;
	map->range_count = map->range_capacity = count;
	if (extents)
		qsort(map->extents, extents, sizeof(*map->extents), compare_extents);
	if (map->mark_count)
		qsort(map->marks, map->mark_count, sizeof(*map->marks), compare_marks);
	map->frozen = true;
	return 0;
}

const struct kallmod_range *kallmod_map_find(const struct kallmod_map *map, uint64_t addr)
{
	size_t low = 0, high = map->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->ranges[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && addr < map->ranges[low - 1].end ? &map->ranges[low - 1] : NULL;
}

size_t kallmod_map_range_count(const struct kallmod_map *map)
{
	return map->range_count;
}

const struct kallmod_range *kallmod_map_range(const struct kallmod_map *map, size_t index)
{
	return index < map->range_count ? &map->ranges[index] : NULL;
}

size_t kallmod_map_mark_count(const struct kallmod_map *map)
{
	return map->mark_count;
}

const struct kallmod_mark *kallmod_map_mark(const struct kallmod_map *map, size_t index)
{
	return index < map->mark_count ? &map->marks[index] : NULL;
}

size_t kallmod_map_extent_count(const struct kallmod_map *map)
{
	return map->extent_count;
}

void kallmod_map_extent(const struct kallmod_map *map, size_t index, uint64_t *start,
			uint64_t *end, enum kallmod_section *section)
{
	*start = map->extents[index].start;
	*end = map->extents[index].end;
	*section = map->extents[index].section;
}

const char *kallmod_map_source(const struct kallmod_map *map)
{
	return kallmod_source_name(map->source);
}

enum kallmod_trust kallmod_map_trust(const struct kallmod_map *map)
{
	return map->trust;
}
