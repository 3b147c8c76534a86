// SPDX-License-Identifier: GPL-2.0-only
/* The views of kallmod probe without any kernel: percentiles, tables, values by type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "latency.h"
#include "probe_args.h"
#include "probe_table.h"

/* ---- latencies ----------------------------------------------------------------------------- */

static void percentiles_come_from_the_slots(void **state)
{
	struct kallmod_probe_latency latency = {.max = 3000};

	(void)state;
	assert_int_equal(kallmod_latency_percentile(&latency, 0.5), 0);
	latency.slots[4] = 50;	/* 16 to 32 */
	latency.slots[10] = 50; /* 1024 to 2048 */
	assert_int_equal(kallmod_latency_calls(&latency), 100);
	assert_int_equal(kallmod_latency_percentile(&latency, 0.25), 24);
	assert_int_equal(kallmod_latency_percentile(&latency, 0.5), 32);
	assert_int_equal(kallmod_latency_percentile(&latency, 0.75), 1536);
	assert_int_equal(kallmod_latency_percentile(&latency, 1), 2048);
	/* A call is not longer than the longest one, though the slot goes on. */
	latency.max = 1100;
	assert_int_equal(kallmod_latency_percentile(&latency, 1), 1100);
	assert_int_equal(kallmod_latency_percentile(&latency, 0.99), 1100);
}

static void the_slots_at_the_ends_are_fine(void **state)
{
	struct kallmod_probe_latency latency = {.max = UINT64_MAX};

	(void)state;
	latency.slots[0] = 1;
	assert_int_equal(kallmod_latency_percentile(&latency, 1), 2);
	latency.slots[0] = 0;
	latency.slots[63] = 1;
	assert_true(kallmod_latency_percentile(&latency, 0.5) > 1ull << 63);
	assert_true(kallmod_latency_percentile(&latency, 1) == UINT64_MAX);
}

static void latencies_add_up(void **state)
{
	struct kallmod_probe_latency a = {.total = 5, .self = 3, .max = 4, .nested = 1};
	struct kallmod_probe_latency b = {.total = 7, .self = 7, .max = 7};

	(void)state;
	a.slots[2] = 1;
	b.slots[2] = 2;
	kallmod_latency_add(&a, &b);
	assert_int_equal(a.total, 12);
	assert_int_equal(a.self, 10);
	assert_int_equal(a.max, 7);
	assert_int_equal(a.nested, 1);
	assert_int_equal(a.slots[2], 3);
}

static void times_have_three_digits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0ns"}, {999, "999ns"}, {1000, "1.00us"}, {9994, "9.99us"}, {9996, "10.0us"},
		{99960, "100us"}, {999499, "999us"}, {999500, "1.00ms"}, {31400000, "31.4ms"},
		{2070000000, "2.07s"}, {100000000000, "100s"}, {UINT64_MAX, "18446744074s"},
	};
	char text[KALLMOD_LATENCY_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(kallmod_latency_text(cases[i].ns, text), cases[i].text);
}

static void histograms_are_drawn(void **state)
{
	struct kallmod_probe_latency latency = {.max = 70};
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	latency.slots[4] = 4;
	latency.slots[6] = 1;
	kallmod_latency_print(file, &latency, 8);
	fclose(file);
	assert_string_equal(text, "     16ns - 32ns             4 |########|\n"
				  "     32ns - 64ns             0 |        |\n"
				  "     64ns - 128ns            1 |##      |\n");
	free(text);
}

/* ---- tables -------------------------------------------------------------------------------- */

static const struct kallmod_prober_row rows[] = {
	{.function = "ext4_read", .module = "ext4", .set = 1, .addr = 0x1000},
	{.function = "ext4_write", .module = "ext4", .set = 1, .addr = 0x1100},
	{.function = "init_once", .module = "ext4", .set = 1, .addr = 0x1200},
	{.function = "init_once", .module = "btrfs", .set = 2, .addr = 0x2000},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void tick(struct kallmod_probe_table *table, const uint64_t calls[ROWS], double seconds,
		 const struct kallmod_probe_latency *latencies)
{
	assert_int_equal(kallmod_probe_table_begin(table, ROWS), 0);
	for (size_t i = 0; i < ROWS; i++)
		kallmod_probe_table_feed(table, i, &rows[i], calls[i],
					 latencies ? &latencies[i] : NULL);
	kallmod_probe_table_end(table, seconds);
}

/* "ext4_read/ext4 7 …" */
static const char *text_of(struct kallmod_probe_table *table)
{
	static char text[1024];
	const struct kallmod_probe_table_row *row;
	size_t n = kallmod_probe_table_rows(table, &row), at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s/%s %llu %.1f; ",
			       row[i].function ? row[i].function : "", row[i].module,
			       (unsigned long long)row[i].calls, row[i].rate);
	return text;
}

static void rates_are_of_the_last_interval(void **state)
{
	static const uint64_t first[ROWS] = {10, 0, 0, 4}, second[ROWS] = {10, 6, 0, 24};
	struct kallmod_probe_table *table = kallmod_probe_table_create(false, false);
	size_t functions;
	uint64_t calls;
	double rate;

	(void)state;
	assert_string_equal(text_of(table), "");
	tick(table, first, 2, NULL);
	assert_string_equal(text_of(table), "ext4_read/ext4 10 5.0; init_once/btrfs 4 2.0; ");
	tick(table, second, 4, NULL);
	assert_string_equal(text_of(table), "init_once/btrfs 24 10.0; ext4_read/ext4 10 0.0; "
					    "ext4_write/ext4 6 3.0; ");
	kallmod_probe_table_sum(table, &calls, &rate, &functions);
	assert_int_equal(calls, 40);
	assert_float_equal(rate, 13, 1e-9);
	assert_int_equal(functions, 3);
	kallmod_probe_table_destroy(table);
}

static void rows_are_sorted(void **state)
{
	static const uint64_t first[ROWS] = {10, 0, 5, 4}, second[ROWS] = {11, 6, 5, 24};
	struct kallmod_probe_table *table = kallmod_probe_table_create(false, false);

	(void)state;
	tick(table, first, 1, NULL);
	tick(table, second, 2, NULL);
	kallmod_probe_table_sort(table, KALLMOD_PROBE_SORT_RATE);
	assert_string_equal(text_of(table), "init_once/btrfs 24 20.0; ext4_write/ext4 6 6.0; "
					    "ext4_read/ext4 11 1.0; init_once/ext4 5 0.0; ");
	kallmod_probe_table_sort(table, KALLMOD_PROBE_SORT_FUNCTION);
	assert_string_equal(text_of(table), "ext4_read/ext4 11 1.0; ext4_write/ext4 6 6.0; "
					    "init_once/btrfs 24 20.0; init_once/ext4 5 0.0; ");
	kallmod_probe_table_sort(table, KALLMOD_PROBE_SORT_MODULE);
	assert_string_equal(text_of(table), "init_once/btrfs 24 20.0; ext4_read/ext4 11 1.0; "
					    "ext4_write/ext4 6 6.0; init_once/ext4 5 0.0; ");
	kallmod_probe_table_by(table, true);
	kallmod_probe_table_sort(table, KALLMOD_PROBE_SORT_CALLS);
	assert_string_equal(text_of(table), "/btrfs 24 20.0; /ext4 22 7.0; ");
	kallmod_probe_table_destroy(table);
}

/* A module's time is not the sum of its functions' times, which contain each other. */
static void a_modules_time_is_its_own(void **state)
{
	static const uint64_t calls[ROWS] = {2, 3, 0, 0};
	struct kallmod_probe_latency of[ROWS] = {
		{.total = 100, .self = 60, .max = 80}, {.total = 40, .self = 40, .max = 30}};
	struct kallmod_probe_latency set = {.total = 100, .self = 100, .max = 80, .nested = 3};
	struct kallmod_probe_table *table = kallmod_probe_table_create(false, true);
	const struct kallmod_probe_table_row *row;

	(void)state;
	of[0].slots[5] = set.slots[5] = 2;
	of[1].slots[3] = 3;
	tick(table, calls, 1, of);
	assert_int_equal(kallmod_probe_table_feed_set(table, 1, &set), 0);
	assert_int_equal(kallmod_probe_table_rows(table, &row), 2);
	assert_string_equal(row[0].function, "ext4_read"); /* most total time first */
	assert_int_equal(row[0].timed, 2);
	kallmod_probe_table_by(table, true);
	assert_int_equal(kallmod_probe_table_rows(table, &row), 1);
	assert_int_equal(row[0].calls, 5);
	assert_int_equal(row[0].functions, 2);
	assert_int_equal(row[0].timed, 2);
	assert_int_equal(row[0].latency.total, 100);
	assert_int_equal(row[0].latency.nested, 3);
	kallmod_probe_table_destroy(table);
}

/* A module that comes while we look has new rows. */
static void rows_may_be_added(void **state)
{
	static const uint64_t calls[ROWS] = {1, 0, 0, 2};
	struct kallmod_probe_table *table = kallmod_probe_table_create(false, false);

	(void)state;
	assert_int_equal(kallmod_probe_table_begin(table, 1), 0);
	kallmod_probe_table_feed(table, 0, &rows[0], 1, NULL);
	kallmod_probe_table_end(table, 1);
	tick(table, calls, 2, NULL);
	assert_string_equal(text_of(table), "init_once/btrfs 2 2.0; ext4_read/ext4 1 0.0; ");
	kallmod_probe_table_destroy(table);
}

/* ---- values -------------------------------------------------------------------------------- */

/* int f(struct inode *inode, bool create, enum mode mode, unsigned short n, ...), and others. */
static void make_types(struct btf *btf)
{
	int integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	int small = btf__add_int(btf, "unsigned short", 2, 0);
	int inode = btf__add_struct(btf, "inode", 8);
	int pointer = btf__add_ptr(btf, inode), mode, pair, proto;
	int text = btf__add_ptr(btf, btf__add_const(btf, btf__add_int(btf, "char", 1, 1)));

	mode = btf__add_enum(btf, "mode", 4);
	btf__add_enum_value(btf, "MODE_READ", 0);
	btf__add_enum_value(btf, "MODE_WRITE", 1);
	pair = btf__add_struct(btf, "pair", 16);
	proto = btf__add_func_proto(btf, btf__add_typedef(btf, "result_t", integer));
	btf__add_func_param(btf, "inode", pointer);
	btf__add_func_param(btf, "create", boolean);
	btf__add_func_param(btf, "mode", mode);
	btf__add_func_param(btf, "n", small);
	btf__add_func_param(btf, "name", text);
	btf__add_func_param(btf, NULL, 0);
	btf__add_func(btf, "f", BTF_FUNC_STATIC, proto);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "pair", pair);
	btf__add_func_param(btf, "last", integer);
	btf__add_func(btf, "nothing", BTF_FUNC_STATIC, proto);
	btf__add_func(btf, "twice", BTF_FUNC_STATIC, proto);
	proto = btf__add_func_proto(btf, pointer);
	btf__add_func(btf, "twice", BTF_FUNC_STATIC, proto);
	btf__add_func(btf, "find", BTF_FUNC_STATIC, proto);
}

static struct kallmod_probe_args *make_args(void)
{
	char path[] = "/tmp/kallmod-btf.XXXXXX";
	struct btf *btf = btf__new_empty();
	struct kallmod_probe_args *args;
	const void *data;
	uint32_t size;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	make_types(btf);
	data = btf__raw_data(btf, &size);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	btf__free(btf);
	assert_int_equal(kallmod_probe_args_create(path, &args), 0);
	unlink(path);
	return args;
}

static void values_have_their_types(void **state)
{
	struct kallmod_call_record record = {
		.args = {0xffff888000001000, 0x1201, 1, 0x12345678, 0xffff888000002000},
		.value = (uint32_t)-2, .returned = 1};
	struct kallmod_probe_args *args = make_args();
	struct kallmod_probe_values values;

	(void)state;
	kallmod_probe_args_format(args, 0, "f", NULL, &record, &values);
	assert_int_equal(values.nargs, 5);
	assert_string_equal(values.args[0].name, "inode");
	assert_string_equal(values.args[0].type, "struct inode *");
	assert_string_equal(values.args[0].text, "0xffff888000001000");
	assert_true(values.args[0].pointer);
	assert_string_equal(values.args[1].text, "true");
	assert_string_equal(values.args[2].type, "enum mode");
	assert_string_equal(values.args[2].text, "MODE_WRITE");
	assert_string_equal(values.args[3].text, "22136"); /* the lower 16 bits */
	assert_string_equal(values.args[4].type, "const char *");
	assert_string_equal(values.args[4].text, "0xffff888000002000");
	assert_true(values.has_value);
	assert_string_equal(values.value.type, "result_t");
	assert_string_equal(values.value.text, "-2 (ENOENT)");
	record.args[2] = 7;
	record.value = 3;
	kallmod_probe_args_format(args, 0, "f", NULL, &record, &values);
	assert_string_equal(values.args[2].text, "7");
	assert_string_equal(values.value.text, "3");
	kallmod_probe_args_destroy(args);
}

static void structures_take_registers(void **state)
{
	struct kallmod_call_record record = {.args = {1, 2, (uint32_t)-3}};
	struct kallmod_probe_args *args = make_args();
	struct kallmod_probe_values values;

	(void)state;
	kallmod_probe_args_format(args, 5, "nothing", NULL, &record, &values);
	assert_int_equal(values.nargs, 2);
	assert_string_equal(values.args[0].type, "struct pair");
	assert_string_equal(values.args[1].text, "-3");
	assert_false(values.has_value);
	record.value = (uint64_t)-12;
	kallmod_probe_args_format(args, 6, "find", NULL, &record, &values);
	assert_int_equal(values.nargs, 0);
	assert_string_equal(values.value.text, "ERR_PTR(-ENOMEM)");
	kallmod_probe_args_destroy(args);
}

static void without_a_type_values_are_raw(void **state)
{
	static const char *const names[] = {"unknown", "twice", "f.constprop.0"};
	struct kallmod_call_record record = {.args = {1, 2, 3, 4, 5, 6}, .value = 255};
	struct kallmod_probe_args *args = make_args();
	struct kallmod_probe_values values;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		kallmod_probe_args_format(args, 1000 * i, names[i], NULL, &record, &values);
		assert_int_equal(values.nargs, 6);
		assert_string_equal(values.args[5].text, "0x6");
		assert_string_equal(values.args[5].name, "");
		assert_true(values.has_value);
		assert_string_equal(values.value.text, "0xff");
	}
	kallmod_probe_args_destroy(args);
	/* No BTF at all. */
	assert_int_equal(kallmod_probe_args_create("/nowhere", &args), 0);
	kallmod_probe_args_format(args, 0, "f", NULL, &record, &values);
	assert_string_equal(values.args[0].text, "0x1");
	kallmod_probe_args_destroy(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_come_from_the_slots),
		cmocka_unit_test(the_slots_at_the_ends_are_fine),
		cmocka_unit_test(latencies_add_up),
		cmocka_unit_test(times_have_three_digits),
		cmocka_unit_test(histograms_are_drawn),
		cmocka_unit_test(rates_are_of_the_last_interval),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(a_modules_time_is_its_own),
		cmocka_unit_test(rows_may_be_added),
		cmocka_unit_test(values_have_their_types),
		cmocka_unit_test(structures_take_registers),
		cmocka_unit_test(without_a_type_values_are_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
