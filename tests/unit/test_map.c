// SPDX-License-Identifier: GPL-2.0-only
/* Maps: sets, overlaps, tiling, derived maps; random maps against a plain model. */
#include <errno.h>
#include <time.h>

#include "fake_root.h"
#include "map.h"

static struct kallmod_map *new_map(void)
{
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	return map;
}

static uint32_t set_of(struct kallmod_map *map, const char *a, const char *b)
{
	const char *names[] = { a, b };
	uint32_t id = UINT32_MAX;

	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, b ? 2 : 1, &id), 0);
	return id;
}

static void add(struct kallmod_map *map, uint64_t start, uint64_t end, uint32_t set)
{
	struct kallmod_range range = { start, end, set, 1 };

	assert_int_equal(kallmod_map_add(map, &range), 0);
}

static void sets_are_unordered(void **state)
{
	struct kallmod_map *map = new_map();
	const char *names[4] = { 0 }, *twice[] = { "a", "a" };
	uint32_t id;

	(void)state;
	assert_int_equal(set_of(map, "liquidio", "liquidio_vf"), 1);
	assert_int_equal(set_of(map, "liquidio-vf", "liquidio"), 1);
	assert_int_equal(set_of(map, "liquidio", NULL), 2);
	assert_string_equal(kallmod_map_set_name(map, 1), "liquidio,liquidio_vf");
	assert_string_equal(kallmod_map_set_name(map, 0), "core");
	assert_null(kallmod_map_set_name(map, 3));
	assert_int_equal(kallmod_map_set_modules(map, 1, names, 1), 2);
	assert_string_equal(names[0], "liquidio");
	assert_null(names[1]);
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, twice, 2, &id), 0);
	assert_string_equal(kallmod_map_set_name(map, id), "a");
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, NULL, 0, &id), 0);
	assert_int_equal(id, KALLMOD_SET_CORE);
	kallmod_map_destroy(map);
}

static void bad_names_are_refused(void **state)
{
	static const char *const bad[] = { "", "a b", "a,b", "[a", "a]", "a\033[2J", "a\n" };
	struct kallmod_map *map = new_map();
	uint32_t id = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, &bad[i], 1, &id),
				 -EINVAL);
	assert_int_equal(id, 77);
	kallmod_map_destroy(map);
}

static void sets_have_a_limit(void **state)
{
	struct kallmod_map *map = new_map();
	char name[16];
	const char *names[] = { name };
	uint32_t id;

	(void)state;
	for (int i = 1; i < 32767; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 1, &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 1, &id), 0);
	strcpy(name, "one_more");
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 1, &id), -E2BIG);
	kallmod_map_destroy(map);
}

static void later_ranges_win(void **state)
{
	struct kallmod_map *map = new_map();
	uint32_t a = set_of(map, "a", NULL), b = set_of(map, "b", NULL);

	(void)state;
	add(map, 100, 200, a);
	add(map, 140, 160, b);
	add(map, 150, 155, a);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_range_count(map), 5);
	assert_module(map, 139, "a");
	assert_module(map, 140, "b");
	assert_module(map, 150, "a");
	assert_module(map, 155, "b");
	assert_module(map, 160, "a");
	assert_null(module_at(map, 200));
	assert_null(module_at(map, 99));
	kallmod_map_destroy(map);
}

static void neighbours_merge_and_extents_tile(void **state)
{
	struct kallmod_map *map = new_map();
	uint32_t a = set_of(map, "a", NULL);

	(void)state;
	assert_int_equal(kallmod_map_add_extent(map, 0, 100, KALLMOD_SECTION_TEXT), 0);
	add(map, 10, 20, a);
	add(map, 20, 30, a);
	add(map, 90, 120, a);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_range_count(map), 4);
	assert_module(map, 0, "-");
	assert_int_equal(kallmod_map_range(map, 1)->start, 10);
	assert_int_equal(kallmod_map_range(map, 1)->end, 30);
	assert_module(map, 30, "-");
	assert_module(map, 119, "a");
	kallmod_map_destroy(map);
}

static void frozen_maps_do_not_change(void **state)
{
	struct kallmod_map *map = new_map();
	struct kallmod_range range = { 1, 2, 0, 1 };
	struct kallmod_mark mark = { 1, 2, KALLMOD_MARK_IRQ };
	const char *name = "a";
	uint32_t id;

	(void)state;
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_add(map, &range), -EROFS);
	assert_int_equal(kallmod_map_add_mark(map, &mark), -EROFS);
	assert_int_equal(kallmod_map_add_extent(map, 1, 2, KALLMOD_SECTION_TEXT), -EROFS);
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, &name, 1, &id), -EROFS);
	assert_null(kallmod_map_find(map, 0));
	kallmod_map_destroy(map);
}

static void bad_ranges_are_refused(void **state)
{
	const struct kallmod_range bad[] = {
		{ 5, 5, 0, 1 },	     { 6, 5, 0, 1 },	     { 1, 2, 1, 1 },
		{ 1, 2, 0, 1.5f },   { 1, 2, 0, -0.1f },     { 1, 2, 0, __builtin_nanf("") },
		{ 1, 2, 0, 1, 9, 0 }, { 1, 2, 0, 1, 0, 9 },
	};
	struct kallmod_map *map = new_map();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(kallmod_map_add(map, &bad[i]), -EINVAL);
	kallmod_map_destroy(map);
}

static void derived_maps_keep_ids(void **state)
{
	struct kallmod_map *map = new_map(), *copy;
	const char *loaded = "loaded";
	struct kallmod_mark mark = { 3, 4, KALLMOD_MARK_IDLE };
	uint32_t l, a;

	(void)state;
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_LOADABLE, &loaded, 1, &l), 0);
	a = set_of(map, "a", NULL);
	assert_int_equal(kallmod_map_add_extent(map, 0, 50, KALLMOD_SECTION_TEXT), 0);
	assert_int_equal(kallmod_map_add_mark(map, &mark), 0);
	kallmod_map_set_source(map, 1, KALLMOD_TRUST_DERIVED);
	add(map, 100, 200, l);
	add(map, 10, 20, a);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_derive(map, 1 << KALLMOD_KIND_CORE | 1 << KALLMOD_KIND_BUILTIN,
					    &copy), 0);
	assert_int_equal(set_of(copy, "a", NULL), a);
	assert_int_equal(set_of(copy, "new", NULL), 3);
	assert_int_equal(kallmod_map_freeze(copy), 0);
	assert_null(module_at(copy, 100));
	assert_module(copy, 10, "a");
	assert_module(copy, 20, "-");
	assert_string_equal(kallmod_map_set_name(copy, l), "loaded");
	assert_int_equal(kallmod_map_set_kind(copy, l), KALLMOD_KIND_LOADABLE);
	assert_int_equal(kallmod_map_mark_count(copy), 1);
	assert_int_equal(kallmod_map_trust(copy), KALLMOD_TRUST_DERIVED);
	kallmod_map_destroy(map);
	kallmod_map_destroy(copy);
}

/* Random ranges in a small space, against an array with one set for each address. */
static void random_maps_agree_with_a_model(void **state)
{
	enum { SPACE = 300 };

	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		struct kallmod_map *map = new_map();
		uint32_t model[SPACE], sets[4];
		int ranges = rand() % 40;

		for (int i = 0; i < 4; i++) {
			char name[2] = { 'a' + i, 0 };

			sets[i] = set_of(map, name, NULL);
		}
		memset(model, 0xff, sizeof(model));
		for (int i = 0; i < ranges; i++) {
			int start = rand() % (SPACE - 1);
			int end = start + 1 + rand() % (SPACE - start - 1);
			uint32_t set = sets[rand() % 4];

			add(map, start, end, set);
			for (int at = start; at < end; at++)
				model[at] = set;
		}
		assert_int_equal(kallmod_map_freeze(map), 0);
		for (int at = 0; at < SPACE; at++) {
			const struct kallmod_range *range = kallmod_map_find(map, at);

			assert_int_equal(range ? range->set : UINT32_MAX, model[at]);
		}
		for (size_t i = 1; i < kallmod_map_range_count(map); i++) {
			const struct kallmod_range *left = kallmod_map_range(map, i - 1);
			const struct kallmod_range *right = kallmod_map_range(map, i);

			assert_true(left->end < right->start ||
				    (left->end == right->start && left->set != right->set));
		}
		kallmod_map_destroy(map);
	}
}

/* A pile of ranges that all overlap must not cost their square. */
static void many_overlaps_are_quick(void **state)
{
	enum { COUNT = 100000 };
	struct kallmod_map *map = new_map();
	uint32_t a = set_of(map, "a", NULL), b = set_of(map, "b", NULL);
	clock_t begun;

	(void)state;
	for (uint64_t i = 0; i < COUNT; i++)
		add(map, COUNT - i, COUNT + 1 + i, i % 2 ? a : b);
	begun = clock();
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_true((clock() - begun) / (double)CLOCKS_PER_SEC < 5);
	assert_int_equal(kallmod_map_range_count(map), 1);
	kallmod_map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_unordered),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(sets_have_a_limit),
		cmocka_unit_test(later_ranges_win),
		cmocka_unit_test(neighbours_merge_and_extents_tile),
		cmocka_unit_test(frozen_maps_do_not_change),
		cmocka_unit_test(bad_ranges_are_refused),
		cmocka_unit_test(derived_maps_keep_ids),
		cmocka_unit_test(random_maps_agree_with_a_model),
		cmocka_unit_test(many_overlaps_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
