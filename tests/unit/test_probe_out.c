// SPDX-License-Identifier: GPL-2.0-only
/* What kallmod probe prints: tables, stacks and events, as text and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "probe_about.h"
#include "probe_views.h"

/* Standard output goes into a file between the two. */
static int saved;
static FILE *caught;

static void catch_output(void)
{
	fflush(stdout);
	caught = tmpfile();
	assert_non_null(caught);
	saved = dup(STDOUT_FILENO);
	dup2(fileno(caught), STDOUT_FILENO);
}

static const char *output(void)
{
	static char text[16384];
	size_t n;

	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(caught);
	n = fread(text, 1, sizeof(text) - 1, caught);
	text[n] = '\0';
	fclose(caught);
	return text;
}

static const struct kallmod_probe_table_row function = {
	.function = "ext4_write", .module = "ext4", .functions = 1, .addr = 0xffffffff81001000,
	.set = 1, .mechanism = KALLMOD_MECHANISM_MULTI, .confidence = 1, .calls = 1234,
	.rate = 617, .timed = 3, .latency = {.total = 6000, .self = 1500, .max = 4000, .slots[10] = 2,
					     .slots[11] = 1}};
static const struct kallmod_probe_table_row module = {
	.module = "ext4", .functions = 37, .set = 1, .calls = 5, .rate = 2.5, .confidence = .5,
	.trust = KALLMOD_TRUST_INFERRED};

static const struct kallmod_out_probe_skip skips[] = {{"notrace", 2}};
static const struct kallmod_out_probe_about about = {
	.view = "count", .attached = {[KALLMOD_MECHANISM_MULTI] = 3}, .functions = 1, .calls = 1234,
	.totals = {.seconds = 2, .missed = 4, .stats = {.lost = 5, .no_stack = 1, .refused = 6}},
	.skips = skips, .nskips = 1};

static void rows_are_lines(void **state)
{
	char line[256];

	(void)state;
	kallmod_out_probe_row(&function, false, line, sizeof(line));
	assert_string_equal(line, "        1234       617.0  ext4_write  [ext4]");
	kallmod_out_probe_row(&module, false, line, sizeof(line));
	assert_string_equal(line, "           5         2.5         37  ext4");
	kallmod_out_probe_row(&function, true, line, sizeof(line));
	assert_string_equal(line, "         3  2.00us  1.79us  3.48us  4.00us  4.00us  1.50us  "
				  "6.00us  ext4_write  [ext4]");
}

static struct json_object *parse_line(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	assert_non_null(object);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
	return object;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, name, &value));
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}

static void tables_are_json(void **state)
{
	struct kallmod_out_probe_about with = about;
	struct json_object *object, *rows;

	(void)state;
	with.latency = true;
	catch_output();
	kallmod_out_probe_json.table(&with, &function, 1);
	object = parse_line(output());
	assert_string_equal(member(object, "view"), "\"count\"");
	assert_string_equal(member(object, "calls"), "1234");
	assert_string_equal(member(object, "missed"), "4");
	assert_string_equal(member(object, "lost"), "6");
	assert_string_equal(member(object, "attached"), "{\"multi\":3,\"kprobe\":0,\"fentry\":0}");
	assert_string_equal(member(object, "skipped"),
			    "[{\"reason\":\"notrace\",\"functions\":2}]");
	assert_true(json_object_object_get_ex(object, "functions", &rows));
	rows = json_object_array_get_idx(rows, 0);
	assert_string_equal(member(rows, "function"), "\"ext4_write\"");
	assert_string_equal(member(rows, "address"), "\"ffffffff81001000\"");
	assert_string_equal(member(rows, "timed"), "3");
	assert_string_equal(member(rows, "average_ns"), "2000");
	assert_string_equal(member(rows, "histogram"),
			    "[{\"from_ns\":1024,\"below_ns\":2048,\"calls\":2},"
			    "{\"from_ns\":2048,\"below_ns\":4096,\"calls\":1}]");
	json_object_put(object);
}

static void modules_have_rows_of_their_own(void **state)
{
	struct kallmod_out_probe_about with = about;
	struct json_object *object, *rows;

	(void)state;
	with.by_module = true;
	catch_output();
	kallmod_out_probe_json.table(&with, &module, 1);
	object = parse_line(output());
	assert_false(json_object_object_get_ex(object, "functions", NULL));
	assert_true(json_object_object_get_ex(object, "modules", &rows));
	rows = json_object_array_get_idx(rows, 0);
	assert_string_equal(member(rows, "functions"), "37");
	assert_string_equal(member(rows, "trust"), "\"inferred\"");
	assert_false(json_object_object_get_ex(rows, "function", NULL));
	json_object_put(object);
}

static const struct kallmod_out_probe_stack stacks[] = {
	{"dd;do_[k;vfs_write_[k];ext4_write_[ext4]", 7}, {"sh", 1}};

static void stacks_are_folded_or_read(void **state)
{
	(void)state;
	catch_output();
	kallmod_out_probe_folded.stacks(&about, stacks, 2);
	assert_string_equal(output(), "dd;do_[k;vfs_write_[k];ext4_write_[ext4] 7\nsh 1\n");
	catch_output();
	kallmod_out_probe_text.stacks(&about, stacks, 1);
	assert_string_equal(output(), "7 calls\n  ext4_write_[ext4]\n    vfs_write_[k]\n"
				      "    do_[k\n  dd\n\n");
}

static void stacks_are_json(void **state)
{
	struct json_object *object, *array;

	(void)state;
	catch_output();
	kallmod_out_probe_json.stacks(&about, stacks, 2);
	object = parse_line(output());
	assert_true(json_object_object_get_ex(object, "stacks", &array));
	assert_string_equal(json_object_to_json_string_ext(json_object_array_get_idx(array, 0),
							   JSON_C_TO_STRING_PLAIN),
			    "{\"calls\":7,\"comm\":\"dd\",\"frames\":["
			    "{\"function\":\"do\",\"module\":\"\"},"
			    "{\"function\":\"vfs_write\",\"module\":null},"
			    "{\"function\":\"ext4_write\",\"module\":\"ext4\"}]}");
	assert_string_equal(json_object_to_json_string_ext(json_object_array_get_idx(array, 1),
							   JSON_C_TO_STRING_PLAIN),
			    "{\"calls\":1,\"comm\":\"sh\",\"frames\":[]}");
	json_object_put(object);
}

static const struct kallmod_call_record record = {
	.time_ns = 1500000000, .duration_ns = 2500, .pid = 12, .tid = 13, .cpu = 1, .returned = 1,
	.depth = 1, .comm = "a name of 16 ch"};

static struct kallmod_probe_values values = {
	.nargs = 2,
	.args = {{"inode", "struct inode *", "0xffff", true}, {"n", "int", "-2", false}},
	.value = {"", "int", "-2 (ENOENT)", false},
	.has_value = true};

static void events_are_lines(void **state)
{
	struct kallmod_out_probe_event event = {&record, "f", "ext4", &values};
	struct kallmod_call_record entry = record;

	(void)state;
	catch_output();
	kallmod_out_probe_text.event(&event);
	assert_string_equal(output(), "        1.500000   1      12 a name of 16 ch   f [ext4]"
				      "(inode=(struct inode *)0xffff, n=-2) = -2 (ENOENT) in 2.50us\n");
	entry.returned = 0;
	entry.depth = 0;
	event.record = &entry;
	catch_output();
	kallmod_out_probe_text.event(&event);
	assert_string_equal(output(), "        1.500000   1      12 a name of 16 ch  f [ext4]"
				      "(inode=(struct inode *)0xffff, n=-2)\n");
}

static void events_are_json(void **state)
{
	struct kallmod_out_probe_event event = {&record, "f", "ext4", &values};
	struct json_object *object;

	(void)state;
	catch_output();
	kallmod_out_probe_json.event(&event);
	object = parse_line(output());
	assert_string_equal(member(object, "time_ns"), "1500000000");
	assert_string_equal(member(object, "tid"), "13");
	assert_string_equal(member(object, "args"),
			    "[{\"name\":\"inode\",\"type\":\"struct inode *\",\"value\":\"0xffff\"},"
			    "{\"name\":\"n\",\"type\":\"int\",\"value\":\"-2\"}]");
	assert_string_equal(member(object, "return"),
			    "{\"type\":\"int\",\"value\":\"-2 (ENOENT)\"}");
	json_object_put(object);
}

static void what_is_attached_is_said(void **state)
{
	struct kallmod_probe_about from = {.skipped = 12};
	char text[512], small[16];

	(void)state;
	from.about = about;
	from.about.attached[KALLMOD_MECHANISM_KPROBE] = 1;
	from.skips[0] = (struct kallmod_out_probe_skip){"notrace", 10};
	from.skips[1] = (struct kallmod_out_probe_skip){"blacklisted", 2};
	from.about.nskips = 2;
	from.about.skips = from.skips;
	assert_string_equal(kallmod_probe_about_text(&from, text, sizeof(text)),
			    "3 functions by kprobe.multi, 1 function by a kprobe each; "
			    "12 skipped: 10 notrace, 2 blacklisted");
	assert_string_equal(kallmod_probe_about_text(&from, small, sizeof(small)),
			    "3 functions by ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_lines),
		cmocka_unit_test(tables_are_json),
		cmocka_unit_test(modules_have_rows_of_their_own),
		cmocka_unit_test(stacks_are_folded_or_read),
		cmocka_unit_test(stacks_are_json),
		cmocka_unit_test(events_are_lines),
		cmocka_unit_test(events_are_json),
		cmocka_unit_test(what_is_attached_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
