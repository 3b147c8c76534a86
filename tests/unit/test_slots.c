// SPDX-License-Identifier: GPL-2.0-only
/* The lookup table against the map that it was made from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "map.h"
#include "slots.h"

#define BASE 0xffffffff81000000ull
#define MODULES 0xffffffffc0000000ull
#define SPAN (8ull << 20)

static void add(struct kallmod_map *map, uint64_t start, uint64_t end, const char *name,
		enum kallmod_kind kind)
{
	struct kallmod_range range = {.start = start, .end = end, .confidence = 1};

	assert_int_equal(kallmod_map_set(map, kind, &name, 1, &range.set), 0);
	assert_int_equal(kallmod_map_add(map, &range), 0);
}

static struct kallmod_map *new_map(void)
{
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	assert_int_equal(kallmod_map_add_extent(map, BASE, BASE + SPAN, KALLMOD_SECTION_TEXT), 0);
	return map;
}

static uint32_t expected(const struct kallmod_map *map, uint64_t addr)
{
	const struct kallmod_range *range = kallmod_map_find(map, addr);

	return range ? range->set : KALLMOD_SET_UNRESOLVED;
}

static void check_boundaries(const struct kallmod_map *map, const struct kallmod_slots *slots)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		for (int k = -1; k <= 1; k++)
			assert_int_equal(kallmod_slots_find(slots, range->start + k),
					 expected(map, range->start + k));
	}
}

/* From a few ranges to a boundary every hundred bytes: every kind of page there is. */
static void random_maps_agree(void **state)
{
	static const size_t sizes[] = {1, 10, 500, 8000, 40000};

	(void)state;
	srand(1);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct kallmod_map *map = new_map();
		struct kallmod_slots slots;

		for (size_t i = 0; i < sizes[s]; i++) {
			uint64_t start = BASE + ((uint64_t)rand() << 8 ^ rand()) % (SPAN - 4096);
			char name[] = {'a' + rand() % 26, 'a' + rand() % 26, '\0'};

			add(map, start, start + 1 + rand() % 2000, name, KALLMOD_KIND_BUILTIN);
		}
		assert_int_equal(kallmod_map_freeze(map), 0);
		assert_int_equal(kallmod_slots_init(&slots, map, false), 0);
		check_boundaries(map, &slots);
		kallmod_slots_deinit(&slots);
		kallmod_map_destroy(map);
	}
}

/* n pieces in one page, a byte each but the last: eight have room in a leaf, nine have not. */
static void pages_of_many_pieces(void **state)
{
	(void)state;
	for (int n = 2; n <= 20; n++) {
		struct kallmod_map *map = new_map();
		struct kallmod_slots slots;

		for (int i = 1; i < n; i++)
			add(map, BASE + 4096 + i, BASE + 4096 + i + 1, i % 2 ? "odd" : "even",
			    KALLMOD_KIND_BUILTIN);
		assert_int_equal(kallmod_map_freeze(map), 0);
		assert_int_equal(kallmod_slots_init(&slots, map, false), 0);
		for (uint64_t addr = BASE + 4095; addr <= BASE + 8192; addr++)
			assert_int_equal(kallmod_slots_find(&slots, addr), expected(map, addr));
		assert_int_equal(slots.nbounds > 0, n + 1 > KALLMOD_LEAF_PIECES);
		kallmod_slots_deinit(&slots);
		kallmod_map_destroy(map);
	}
}

/* The text stays, the modules change, and nothing of the old ones is left. */
static void modules_change_in_place(void **state)
{
	struct kallmod_map *map = new_map(), *next = new_map();
	struct kallmod_slots slots;

	(void)state;
	add(map, BASE + 100, BASE + 200, "builtin", KALLMOD_KIND_BUILTIN);
	add(map, MODULES, MODULES + 0x1800, "old", KALLMOD_KIND_LOADABLE);
	add(next, BASE + 100, BASE + 200, "builtin", KALLMOD_KIND_BUILTIN);
	add(next, MODULES + 0x2000, MODULES + 0x3001, "old", KALLMOD_KIND_LOADABLE);
	add(next, MODULES + 0x3001, MODULES + 0x3002, "new", KALLMOD_KIND_LOADABLE);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_freeze(next), 0);
	assert_int_equal(kallmod_slots_init(&slots, map, true), 0);
	check_boundaries(map, &slots);
	assert_int_equal(kallmod_slots_update(&slots, next), 0);
	check_boundaries(next, &slots);
	assert_int_equal(kallmod_slots_find(&slots, MODULES), KALLMOD_SET_UNRESOLVED);
	kallmod_slots_deinit(&slots);
	kallmod_map_destroy(map);
	kallmod_map_destroy(next);
}

/* More than there is room for is unresolved and counted, and never somebody else's. */
static void too_much_is_unresolved(void **state)
{
	struct kallmod_map *map = new_map(), *next = new_map();
	struct kallmod_slots slots;

	(void)state;
	for (uint64_t page = 0; page < 6000; page++)
		add(next, MODULES + page * 4096, MODULES + page * 4096 + 100, "many",
		    KALLMOD_KIND_PSEUDO);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_map_freeze(next), 0);
	assert_int_equal(kallmod_slots_init(&slots, map, true), 0);
	assert_int_equal(kallmod_slots_update(&slots, next), 0);
	assert_true(slots.overflow_pages > 0);
	assert_int_equal(kallmod_slots_find(&slots, MODULES + 99), expected(next, MODULES + 99));
	assert_int_equal(kallmod_slots_find(&slots, MODULES + 5999 * 4096),
			 KALLMOD_SET_UNRESOLVED);
	kallmod_slots_deinit(&slots);
	kallmod_map_destroy(map);
	kallmod_map_destroy(next);
}

/* Idle and interrupt marks, and the text of booting behind the text. */
static void marks_are_in_the_table(void **state)
{
	static const struct kallmod_mark marks[] = {
		{BASE + 0x1010, BASE + 0x1020, KALLMOD_MARK_IDLE},
		{BASE + 0x1020, BASE + 0x1021, KALLMOD_MARK_IRQ},
		{BASE + SPAN + 0x5000, BASE + SPAN + 0x6001, KALLMOD_MARK_BOOT},
	};
	struct kallmod_map *map = new_map();
	struct kallmod_slots slots;

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		assert_int_equal(kallmod_map_add_mark(map, &marks[i]), 0);
	assert_int_equal(kallmod_map_freeze(map), 0);
	assert_int_equal(kallmod_slots_init(&slots, map, true), 0);
	assert_int_equal(kallmod_slots_find(&slots, BASE + 0x100f), KALLMOD_SET_CORE);
	assert_int_equal(kallmod_slots_find(&slots, BASE + 0x1010), KALLMOD_SET_IDLE);
	assert_int_equal(kallmod_slots_find(&slots, BASE + 0x1020), KALLMOD_SET_IRQ);
	assert_int_equal(kallmod_slots_find(&slots, BASE + 0x1021), KALLMOD_SET_CORE);
	assert_int_equal(kallmod_slots_find(&slots, BASE + SPAN + 0x6000), KALLMOD_SET_CORE);
	assert_int_equal(kallmod_slots_find(&slots, BASE + SPAN + 0x6001),
			 KALLMOD_SET_UNRESOLVED);
	kallmod_slots_deinit(&slots);
	kallmod_map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps_agree),
		cmocka_unit_test(pages_of_many_pieces),
		cmocka_unit_test(modules_change_in_place),
		cmocka_unit_test(too_much_is_unresolved),
		cmocka_unit_test(marks_are_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
