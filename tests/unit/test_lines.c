// SPDX-License-Identifier: GPL-2.0-only
/* kmodtop's screens as lines of text, at every width. */
#include "lines.h"
#include "model_bench.h"

static const char *long_name(void)
{
	static char name[201];

	memset(name, 'n', 200);
	return name;
}

/* Columns of a UTF-8 text whose characters are all one wide. */
static size_t columns_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static const struct kmodtop_about about = {
	.release = "6.12.0-test", .event = "cpu-clock", .hz = 99, .source = "signatures",
	.trust = KALLMOD_TRUST_INFERRED, .delay = 2, .utf8 = true};

static void long_bench_init(struct bench *bench)
{
	bench_init(bench, true, long_name());
	for (uint32_t set = 0; set <= SETS; set++)
		bench_add(bench, set, 1000000, 1000000, 1000000);
	bench_hit(bench, TEXT + 0x1010, EXT4, 7, 3, 1);
	bench_tick(bench);
	bench_add(bench, EXT4, 10, 10, 10);
	bench_tick(bench);
	bench_add(bench, SETS, 77, 77, 77);
	bench_add(bench, EXT4, 23, 23, 23);
	bench_hit(bench, TEXT + 0x1010, EXT4, 7, 3, 1);
	bench_tick(bench);
}

static void no_row_is_wider_than_the_screen(void **state)
{
	struct kmodtop_about ascii = about;
	struct kmodtop_lines lines = {};
	struct bench bench;

	(void)state;
	ascii.utf8 = false;
	long_bench_init(&bench);
	for (size_t width = 1; width <= 220; width++) {
		kmodtop_lines_clear(&lines);
		kmodtop_lines_modules(&lines, bench.model, &about, width);
		kmodtop_lines_modules(&lines, bench.model, &ascii, width);
		assert_int_equal(lines.n, 6);
		for (size_t i = 0; i < lines.n; i++) {
			if (columns_of(lines.at[i].text) > width)
				print_message("%zu columns: %s\n", width, lines.at[i].text);
			assert_true(columns_of(lines.at[i].text) <= width);
		}
	}
	kmodtop_lines_deinit(&lines);
	bench_deinit(&bench);
}

/* Columns stand below their titles, block characters or not. */
static void columns_go_where_there_is_no_room(void **state)
{
	struct kmodtop_lines lines = {};
	struct bench bench;

	(void)state;
	long_bench_init(&bench);
	kmodtop_lines_modules(&lines, bench.model, &about, 40);
	assert_non_null(strstr(lines.at[0].text, "MODULE"));
	assert_non_null(strstr(lines.at[0].text, "CHARGED%"));
	assert_non_null(strstr(lines.at[0].text, "SELF%"));
	assert_non_null(strstr(lines.at[0].text, "TRUST"));
	assert_null(strstr(lines.at[0].text, "TREND"));
	assert_null(strstr(lines.at[0].text, "HOTTEST"));
	assert_non_null(strstr(lines.at[1].text, "77.0"));
	assert_non_null(strstr(lines.at[2].text, "ext4"));
	assert_non_null(strstr(lines.at[2].text, "23.0"));
	assert_non_null(strstr(lines.at[2].text, "?0.90"));
	assert_int_equal(lines.at[2].look, KMODTOP_LOOK_INFERRED);
	kmodtop_lines_clear(&lines);
	kmodtop_lines_modules(&lines, bench.model, &about, 200);
	for (const char *const *title = (const char *const[]){"TOTAL%", "SAMP/S", "TREND", "KIND",
							      "HOTTEST FUNCTION", NULL}; *title; title++)
		assert_non_null(strstr(lines.at[0].text, *title));
	assert_non_null(strstr(lines.at[2].text, "█"));
	assert_non_null(strstr(lines.at[2].text, "builtin"));
	assert_non_null(strstr(lines.at[2].text, "0xffffffff81001010"));
	kmodtop_lines_deinit(&lines);
	bench_deinit(&bench);
}

static void the_header_says_what_is_measured(void **state)
{
	struct kmodtop_lines lines = {};
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_add(&bench, EXT4, 300, 300, 300);
	bench.totals.stats.samples += 100;
	bench.totals.stats.user += 75;
	bench.totals.stats.idle += 25;
	bench.totals.stats.lost = 3;
	bench_tick(&bench);
	kmodtop_lines_header(&lines, bench.model, &about, 200);
	assert_non_null(strstr(lines.at[0].text, "6.12.0-test"));
	assert_non_null(strstr(lines.at[0].text, "cpu-clock 99 Hz"));
	assert_non_null(strstr(lines.at[0].text, "signatures (inferred)"));
	assert_non_null(strstr(lines.at[1].text, "400"));
	assert_non_null(strstr(lines.at[1].text, "lost 3"));
	assert_non_null(strstr(lines.at[1].text, "kernel 75.0%"));
	kmodtop_lines_deinit(&lines);
	bench_deinit(&bench);
}

static void drilled_down_lines(void **state)
{
	struct kmodtop_lines lines = {};
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	add_hits(&bench);
	bench_tick(&bench);
	kmodtop_lines_functions(&lines, bench.model, EXT4, 80);
	assert_int_equal(lines.n, 4);
	assert_non_null(strstr(lines.at[0].text, "FUNCTION"));
	assert_non_null(strstr(lines.at[1].text, "0xffffffff81002000"));
	kmodtop_lines_clear(&lines);
	kmodtop_lines_processes(&lines, bench.model, EXT4, 0, 80);
	assert_int_equal(lines.n, 3);
	assert_non_null(strstr(lines.at[1].text, "process-7"));
	kmodtop_lines_clear(&lines);
	kmodtop_lines_help(&lines);
	for (size_t i = 0; i < lines.n; i++)
		assert_true(columns_of(lines.at[i].text) <= 80);
	kmodtop_lines_deinit(&lines);
	bench_deinit(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_row_is_wider_than_the_screen),
		cmocka_unit_test(columns_go_where_there_is_no_room),
		cmocka_unit_test(the_header_says_what_is_measured),
		cmocka_unit_test(drilled_down_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
