// SPDX-License-Identifier: GPL-2.0-only
/* How right a map is: every byte counted once, as agreed, wrong, missed, extra or core. */
#include "fake_root.h"
#include "compare.h"
#include "map.h"
#include "sigtest_padding.h"
#include "symbols.h"

struct stretch {
	uint64_t start, end;
	const char *modules[3]; /* none: core */
	enum kallmod_section section;
};

static struct kallmod_map *make_map(const struct stretch *stretches)
{
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	for (const struct stretch *at = stretches; at->end; at++) {
		struct kallmod_range range = {
			.start = at->start, .end = at->end, .confidence = 1,
			.section = at->section};
		size_t n = 0;

		while (n < 3 && at->modules[n])
			n++;
		assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, at->modules, n,
						 &range.set), 0);
		assert_int_equal(kallmod_map_add(map, &range), 0);
	}
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

static struct kallmod_tally compare(const struct stretch *truth, const struct stretch *map)
{
	struct kallmod_map *a = make_map(truth), *b = make_map(map);
	struct kallmod_tally tally;

	kallmod_compare(a, b, &tally, NULL, NULL);
	kallmod_map_destroy(a);
	kallmod_map_destroy(b);
	return tally;
}

static void assert_tally(const struct kallmod_tally *tally, uint64_t agreed, uint64_t wrong,
			 uint64_t missed, uint64_t extra, uint64_t core)
{
	assert_int_equal(tally->agreed, agreed);
	assert_int_equal(tally->wrong, wrong);
	assert_int_equal(tally->missed, missed);
	assert_int_equal(tally->extra, extra);
	assert_int_equal(tally->core, core);
}

static const struct stretch truth[] = {
	{0x1000, 0x2000, {}},
	{0x2000, 0x3000, {"ext4"}},
	{0x3000, 0x3400, {"xfs"}},
	{0x3400, 0x4000, {}},
	{}
};

static void a_map_agrees_with_itself(void **state)
{
	struct kallmod_tally tally = compare(truth, truth);

	(void)state;
	assert_tally(&tally, 0x1400, 0, 0, 0, 0x1c00);
	assert_float_equal(kallmod_tally_precision(&tally), 1, 0);
	assert_float_equal(kallmod_tally_recall(&tally), 1, 0);
}

static void every_kind_of_error_is_told_apart(void **state)
{
	static const struct stretch map[] = {
		{0x1000, 0x1f00, {}},
		{0x1f00, 0x2800, {"ext4"}},  /* 0x100 extra, 0x800 agreed */
		{0x2800, 0x2900, {"btrfs"}}, /* 0x100 wrong */
		{0x2900, 0x3100, {}},	     /* 0x700 of ext4 and 0x100 of xfs missed */
		{0x3100, 0x3500, {"xfs"}},   /* 0x300 agreed, 0x100 extra */
		{0x3500, 0x4000, {}},
		{}
	};
	struct kallmod_tally tally = compare(truth, map);

	(void)state;
	assert_tally(&tally, 0xb00, 0x100, 0x800, 0x200, 0x1a00);
	assert_float_equal(kallmod_tally_precision(&tally), 0xb00 / (double)0xe00, 1e-12);
	assert_float_equal(kallmod_tally_recall(&tally), 0xb00 / (double)0x1400, 1e-12);
}

static void nothing_found_has_no_recall(void **state)
{
	static const struct stretch nothing[] = {{0x1000, 0x4000, {}}, {}};
	struct kallmod_tally tally = compare(truth, nothing);

	(void)state;
	assert_tally(&tally, 0, 0, 0x1400, 0, 0x1c00);
	assert_float_equal(kallmod_tally_precision(&tally), 1, 0);
	assert_float_equal(kallmod_tally_recall(&tally), 0, 0);
	tally = compare(nothing, truth);
	assert_tally(&tally, 0, 0, 0, 0x1400, 0x1c00);
	assert_float_equal(kallmod_tally_precision(&tally), 0, 0);
	assert_float_equal(kallmod_tally_recall(&tally), 1, 0);
}

/* Core is counted inside the truth's text, modules of the map wherever they are. */
static void the_truth_bounds_the_core(void **state)
{
	static const struct stretch map[] = {
		{0x0, 0x2000, {}}, {0x2000, 0x3000, {"ext4"}}, {0x3000, 0x3400, {"xfs"}},
		{0x3400, 0x5000, {}}, {0x6000, 0x6010, {"far"}}, {}
	};
	struct kallmod_tally tally = compare(truth, map);

	(void)state;
	assert_tally(&tally, 0x1400, 0, 0, 0x10, 0x1c00);
}

static void sets_are_equal_in_any_order(void **state)
{
	static const struct stretch one[] = {{0x1000, 0x2000, {"a", "b"}},
					     {0x2000, 0x3000, {"a", "b"}},
					     {0x3000, 0x4000, {"a"}}, {}};
	static const struct stretch other[] = {{0x1000, 0x2000, {"b", "a"}},
					       {0x2000, 0x3000, {"a", "b", "c"}},
					       {0x3000, 0x4000, {"a", "b"}}, {}};
	struct kallmod_tally tally = compare(one, other);

	(void)state;
	assert_tally(&tally, 0x1000, 0x2000, 0, 0, 0);
}

static void data_is_left_out(void **state)
{
	static const struct stretch with_data[] = {
		{0x1000, 0x2000, {"ext4"}}, {0x8000, 0x9000, {"ext4"}, KALLMOD_SECTION_DATA},
		{0xa000, 0xa100, {"ext4"}, KALLMOD_SECTION_INIT}, {}};
	static const struct stretch other_data[] = {
		{0x1000, 0x2000, {"ext4"}}, {0x8000, 0x9000, {"xfs"}, KALLMOD_SECTION_DATA},
		{0xa000, 0xa100, {"xfs"}, KALLMOD_SECTION_INIT}, {}};
	struct kallmod_tally tally = compare(with_data, other_data);

	(void)state;
	assert_tally(&tally, 0x1000, 0x100, 0, 0, 0);
}

struct seen {
	uint64_t bytes;
	char text[256];
};

static void note(void *arg, const char *truth_set, const char *map_set, bool agreed,
		 uint64_t bytes)
{
	struct seen *seen = arg;
	size_t length = strlen(seen->text);

	seen->bytes += bytes;
	snprintf(seen->text + length, sizeof(seen->text) - length, "%s/%s %d %llx\n",
		 truth_set ? truth_set : "-", map_set ? map_set : "-", agreed,
		 (unsigned long long)bytes);
}

static void stretches_are_handed_out(void **state)
{
	static const struct stretch map[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2100, {"ext4"}}, {0x2100, 0x4000, {"xfs"}}, {}};
	struct kallmod_map *a = make_map(truth), *b = make_map(map);
	struct kallmod_tally tally;
	struct seen seen = {};

	(void)state;
	kallmod_compare(a, b, &tally, note, &seen);
	assert_string_equal(seen.text, "-/- 0 1000\next4/ext4 1 100\next4/xfs 0 f00\n"
				       "xfs/xfs 1 400\n-/xfs 0 c00\n");
	assert_int_equal(seen.bytes, tally.agreed + tally.wrong + tally.missed + tally.extra +
				     tally.core);
	kallmod_map_destroy(a);
	kallmod_map_destroy(b);
}

/* Text may end where addresses do. */
static void the_last_addresses_count(void **state)
{
	static const struct stretch last[] = {{UINT64_MAX - 0x10, UINT64_MAX, {"ext4"}}, {}};
	static const struct stretch empty[] = {{0, 0, {}}};
	struct kallmod_tally tally = compare(last, last);

	(void)state;
	assert_tally(&tally, 0x10, 0, 0, 0, 0);
	tally = compare(empty, empty);
	assert_tally(&tally, 0, 0, 0, 0, 0);
	assert_float_equal(kallmod_tally_precision(&tally), 1, 0);
	assert_float_equal(kallmod_tally_recall(&tally), 1, 0);
}

/* ---- padding ----------------------------------------------------------------------------- */

/* Of two maps of a kernel with symbols of a type at these addresses; 0 ends the list. */
static uint64_t padding(const struct stretch *real, const struct stretch *said,
			const uint64_t *addrs, char type)
{
	struct kallmod_map *a = make_map(real), *b = make_map(said);
	struct kallmod_symbols *symbols;
	uint64_t bytes;

	assert_int_equal(kallmod_symbols_create(&symbols), 0);
	for (; *addrs; addrs++)
		assert_int_equal(kallmod_symbols_add(symbols, &(struct kallmod_symbol){
			.addr = *addrs, .name = "function", .type = type}), 0);
	bytes = kallmod_padding_bytes(a, b, symbols);
	kallmod_symbols_destroy(symbols);
	kallmod_map_destroy(a);
	kallmod_map_destroy(b);
	return bytes;
}

/* Functions at 0x2000 and 0x2100 of ext4, then at 0x2200 of the core. */
static const uint64_t functions[] = {0x1000, 0x2000, 0x2100, 0x2200, 0x4000, 0};
static const struct stretch to_the_next_symbol[] = {
	{0x1000, 0x2000, {}}, {0x2000, 0x2200, {"ext4"}}, {0x2200, 0x4000, {}}, {}};

static void what_follows_a_function_is_padding(void **state)
{
	static const struct stretch ends_before[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21f2, {"ext4"}}, {0x21f2, 0x4000, {}}, {}};
	static const struct stretch into_the_next[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2210, {"ext4"}}, {0x2210, 0x4000, {}}, {}};
	static const struct stretch short_of_it[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21f8, {"ext4"}}, {0x21f8, 0x4000, {}}, {}};

	(void)state;
	assert_int_equal(padding(ends_before, to_the_next_symbol, functions, 't'), 0xe);
	/* The next function is an error as before. */
	assert_int_equal(padding(ends_before, into_the_next, functions, 't'), 0xe);
	assert_int_equal(padding(ends_before, short_of_it, functions, 't'), 6);
	assert_int_equal(padding(to_the_next_symbol, to_the_next_symbol, functions, 't'), 0);
	/* What nobody says is a module's is not excused, nor what the truth has and the map lacks. */
	assert_int_equal(padding(ends_before, ends_before, functions, 't'), 0);
	assert_int_equal(padding(to_the_next_symbol, ends_before, functions, 't'), 0);
}

static void half_a_function_is_no_padding(void **state)
{
	static const struct stretch cut[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2180, {"ext4"}}, {0x2180, 0x4000, {}}, {}};
	static const struct stretch with_a_hole[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2180, {"ext4"}}, {0x2180, 0x2190, {}},
		{0x2190, 0x2200, {"ext4"}}, {0x2200, 0x4000, {}}, {}};
	static const struct stretch with_a_large_hole[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2110, {"ext4"}}, {0x2110, 0x21a0, {}},
		{0x21a0, 0x2200, {"ext4"}}, {0x2200, 0x4000, {}}, {}};
	static const struct stretch whole_missing[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2100, {"ext4"}}, {0x2100, 0x4000, {}}, {}};
	/* As gcc has it on arm64: debug information begins behind the function's symbol. */
	static const struct stretch begins_late[] = {
		{0x1000, 0x2108, {}}, {0x2108, 0x21f0, {"ext4"}}, {0x21f0, 0x4000, {}}, {}};

	(void)state;
	assert_int_equal(padding(cut, to_the_next_symbol, functions, 't'), 64);
	assert_int_equal(padding(with_a_hole, to_the_next_symbol, functions, 't'), 0);
	assert_int_equal(padding(with_a_large_hole, to_the_next_symbol, functions, 't'), 0);
	assert_int_equal(padding(whole_missing, to_the_next_symbol, functions, 't'), 0);
	assert_int_equal(padding(begins_late, to_the_next_symbol, functions, 't'), 0);
}

static void padding_is_the_functions_own_modules(void **state)
{
	static const struct stretch before_xfs[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21e0, {"ext4"}}, {0x21e0, 0x21f0, {}},
		{0x21f0, 0x4000, {"xfs"}}, {}};
	static const struct stretch all_xfs[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2200, {"xfs"}}, {0x2200, 0x4000, {}}, {}};
	static const struct stretch begins_in_xfs[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2110, {"xfs"}}, {0x2110, 0x21f0, {"ext4"}},
		{0x21f0, 0x4000, {}}, {}};
	static const struct stretch two[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21f0, {"a", "b"}}, {0x21f0, 0x4000, {}}, {}};
	static const struct stretch two_on[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x2200, {"b", "a"}}, {0x2200, 0x4000, {}}, {}};

	(void)state;
	/* Up to the other module: that it begins before its symbol is an error as before. */
	assert_int_equal(padding(before_xfs, to_the_next_symbol, functions, 't'), 0x10);
	assert_int_equal(padding(before_xfs, all_xfs, functions, 't'), 0);
	assert_int_equal(padding(begins_in_xfs, to_the_next_symbol, functions, 't'), 0);
	assert_int_equal(padding(two, two_on, functions, 't'), 0x10);
	assert_int_equal(padding(two, to_the_next_symbol, functions, 't'), 0);
}

/* What is in data, or behind the last symbol, follows no function. */
static void padding_follows_text_symbols(void **state)
{
	static const struct stretch ends_before[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21f0, {"ext4"}}, {0x21f0, 0x4000, {}}, {}};
	static const struct stretch data_behind[] = {
		{0x1000, 0x2000, {}}, {0x2000, 0x21f0, {"ext4"}},
		{0x21f0, 0x2200, {"ext4"}, KALLMOD_SECTION_DATA}, {}};
	static const uint64_t no_next[] = {0x1000, 0x2000, 0x2100, 0};
	static const uint64_t none[] = {0};

	(void)state;
	assert_int_equal(padding(ends_before, to_the_next_symbol, functions, 'd'), 0);
	assert_int_equal(padding(ends_before, data_behind, functions, 't'), 0);
	assert_int_equal(padding(ends_before, to_the_next_symbol, no_next, 't'), 0);
	assert_int_equal(padding(ends_before, to_the_next_symbol, none, 't'), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_agrees_with_itself),
		cmocka_unit_test(every_kind_of_error_is_told_apart),
		cmocka_unit_test(nothing_found_has_no_recall),
		cmocka_unit_test(the_truth_bounds_the_core),
		cmocka_unit_test(sets_are_equal_in_any_order),
		cmocka_unit_test(data_is_left_out),
		cmocka_unit_test(stretches_are_handed_out),
		cmocka_unit_test(the_last_addresses_count),
		cmocka_unit_test(what_follows_a_function_is_padding),
		cmocka_unit_test(half_a_function_is_no_padding),
		cmocka_unit_test(padding_is_the_functions_own_modules),
		cmocka_unit_test(padding_follows_text_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
