// SPDX-License-Identifier: GPL-2.0-only
/* Maps read back from files: both formats, and lines that are neither. */
#include <errno.h>

#include "fake_root.h"
#include "mapfile.h"

#define TEXT_BASE 0x100000000
#define INIT_BASE 0x200000000

static int read_text(struct fake_root *root, const char *text, size_t size,
		     struct kallmod_map **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;

	assert_int_equal(kallmod_reader_memory(&reader, root->ctx, "a.map", text, size), 0);
	return kallmod_mapfile_text(&reader, ret);
}

static int read_ranges(struct fake_root *root, const char *text, struct kallmod_map **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;

	assert_int_equal(kallmod_reader_memory(&reader, root->ctx, "a.ranges", text,
					       strlen(text)), 0);
	return kallmod_mapfile_ranges(&reader, ret);
}

static void text_reads_back(void **state)
{
	static const char text[] =
		"ffffffff81000000-ffffffff81001000\t-\tranges\texact\n"
		"ffffffff81001000-ffffffff81002001\text4\tranges\texact\n"
		"ffffffff81003000-ffffffff81004000\tb,a\tsignatures\tinferred:0.975\n"
		"FFFFFFFF81005000-FFFFFFFF81006000\tdwarf_one\tdwarf\tderived\n";
	struct fake_root *root = *state;
	const struct kallmod_range *range;
	struct kallmod_map *map;

	assert_int_equal(read_text(root, text, sizeof(text) - 1, &map), 0);
	assert_module(map, 0xffffffff81000000, "-");
	assert_module(map, 0xffffffff81001000, "ext4");
	assert_module(map, 0xffffffff81002000, "ext4");
	assert_null(module_at(map, 0xffffffff81002001));
	range = kallmod_map_find(map, 0xffffffff81003000);
	assert_int_equal(kallmod_map_set_modules(map, range->set, NULL, 0), 2);
	assert_int_equal(range->trust, KALLMOD_TRUST_INFERRED);
	assert_float_equal(range->confidence, .975, 1e-6);
	range = kallmod_map_find(map, 0xffffffff81005fff);
	assert_int_equal(range->trust, KALLMOD_TRUST_DERIVED);
	assert_float_equal(range->confidence, 1, 0);
	kallmod_map_destroy(map);
}

static void bad_text_is_refused_by_line(void **state)
{
	static const char *const wrong[] = {
		"",
		"x",
		"1000-2000",
		"1000-2000\text4",
		"1000-2000\text4\tranges",
		"1000-2000\text4\tranges\t",
		"1000-2000\text4\tranges\tperhaps",
		"1000-2000\text4\tranges\texact, nearly",
		"1000-2000\text4\tranges\tinferred:1.5",
		"1000-2000\text4\tranges\tinferred:-0.5",
		"1000-2000\text4\tranges\tinferred:nan",
		"1000-2000\text4\tranges\tinferred:high",
		"1000-2000\text4\tranges\tinferred:0.5x",
		"1000-2000 ext4 ranges exact",
		"2000-1000\text4\tranges\texact",
		"1000-1000\text4\tranges\texact",
		"0x1000-0x2000\text4\tranges\texact",
		"-1000-2000\text4\tranges\texact",
		"1000-12345678901234567\text4\tranges\texact",
		"1000-2000\t\tranges\texact",
		"1000-2000\t,\tranges\texact",
		"1000-2000\text4,,xfs\tranges\texact",
		"1000-2000\text 4\tranges\texact",
		"1000-2000\t[ext4]\tranges\texact",
		".text 00000000-00001000 ext4",
	};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	char text[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int err;

		snprintf(text, sizeof(text), "0-1000\tfine\tranges\texact\n%s\n", wrong[i]);
		err = read_text(root, text, strlen(text), &map);
		if (err != -EINVAL)
			print_message("accepted: %s\n", wrong[i]);
		assert_int_equal(err, -EINVAL);
		assert_error(root->ctx, "a.map: line 2: ");
	}
}

static void torn_and_hostile_text_is_refused(void **state)
{
	static const char torn[] = "0-1000\tfine\tranges\texact";
	static const char nul[] = "0-1000\tfi\0e\tranges\texact\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;
	char *huge = malloc(KALLMOD_LINE_MAX + 2);

	assert_true(read_text(root, torn, sizeof(torn) - 1, &map) < 0);
	assert_error(root->ctx, "a.map: line 1: ");
	assert_true(read_text(root, nul, sizeof(nul) - 1, &map) < 0);
	assert_error(root->ctx, "a.map: line 1: ");
	assert_non_null(huge);
	memset(huge, 'a', KALLMOD_LINE_MAX + 1);
	huge[KALLMOD_LINE_MAX + 1] = '\n';
	assert_true(read_text(root, huge, KALLMOD_LINE_MAX + 2, &map) < 0);
	assert_error(root->ctx, "a.map: line 1: ");
	free(huge);
}

static void ranges_read_without_symbols(void **state)
{
	static const char text[] =
		".text 00000000-00000000 = _text\n"
		".text 00001000-00002000 ext4\n"
		".text 00003000-00003001 liquidio liquidio_vf\n"
		".data 00000000-00000000 = _sdata\n"
		".data 00000400-00000480 ext4\n"
		".init.text 00000000-00000000 = _sinittext\n"
		".init.text 00000010-00000100 xfs\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(read_ranges(root, text, &map), 0);
	assert_module(map, TEXT_BASE, "-");
	assert_module(map, TEXT_BASE + 0x1000, "ext4");
	assert_module(map, TEXT_BASE + 0x2000, "-");
	assert_module(map, TEXT_BASE + 0x3000, "liquidio,liquidio_vf");
	assert_module(map, TEXT_BASE + 0x3001, "-");
	assert_module(map, INIT_BASE + 0x10, "xfs");
	assert_module(map, INIT_BASE + 0x100, "-");
	assert_null(module_at(map, 0x400)); /* data has no place here */
	kallmod_map_destroy(map);
}

static void bad_ranges_are_refused_by_line(void **state)
{
	static const char *const wrong[] = {
		"", "text", ".text", ".text 0-10", ".text 0-10 ", ".text 0-10  ext4",
		".text 0x0-0x10 ext4", ".text 0-10 = _text", ".text 0-zz ext4",
		".text 10 ext4", "text 0-10 ext4", ".text 0-10 a,b", ".text 0-10 [a]",
		".text 0-10 a\tb", "0-1000\text4\tranges\texact",
	};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	char text[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int err;

		snprintf(text, sizeof(text), ".text 00000000-00000000 = _text\n%s\n", wrong[i]);
		err = read_ranges(root, text, &map);
		if (err != -EINVAL)
			print_message("accepted: %s\n", wrong[i]);
		assert_int_equal(err, -EINVAL);
		if (!strstr(kallmod_ctx_error(root->ctx), "a.ranges: line 2: "))
			print_message("%s: %s\n", wrong[i], kallmod_ctx_error(root->ctx));
		assert_error(root->ctx, "a.ranges: line 2: ");
	}
}

static int is_ranges(struct fake_root *root, const char *name, bool *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root->path, name);
	return kallmod_mapfile_is_ranges(root->ctx, path, ret);
}

static void formats_are_told_apart(void **state)
{
	struct fake_root *root = *state;
	bool ranges;

	fake_root_write(root, "a", ".text 00000000-00000000 = _text\n");
	assert_int_equal(is_ranges(root, "a", &ranges), 0);
	assert_true(ranges);
	fake_root_write(root, "b", "1000-2000\text4\tranges\texact\n");
	assert_int_equal(is_ranges(root, "b", &ranges), 0);
	assert_false(ranges);
	fake_root_write(root, "empty", "");
	assert_int_equal(is_ranges(root, "empty", &ranges), -EINVAL);
	assert_error(root->ctx, "/empty: is empty; give");
	assert_int_equal(is_ranges(root, "missing", &ranges), -ENOENT);
	assert_error(root->ctx, "/missing: ");
	assert_true(is_ranges(root, "proc", &ranges) < 0);
	assert_error(root->ctx, "/proc: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(text_reads_back),
		rooted_test(bad_text_is_refused_by_line),
		rooted_test(torn_and_hostile_text_is_refused),
		rooted_test(ranges_read_without_symbols),
		rooted_test(bad_ranges_are_refused_by_line),
		rooted_test(formats_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
