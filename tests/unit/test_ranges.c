// SPDX-License-Identifier: GPL-2.0-only
/* The source "ranges": format, anchors, files of other kernels, and what others got wrong. */
#include <errno.h>

#include "fake_root.h"
#include "map.h"

#define BASE 0xffffffff9a000000
#define FILE_PATH "lib/modules/" RELEASE "/modules.builtin.ranges"

static const char *const kallsyms =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff9a000000 T _stext\n"
	"ffffffff9a000000 T _text\n"
	"ffffffff9a001000 T a_first\n"
	"ffffffff9a002000 T b_first\n"
	"ffffffff9a003000 t c_first\n"
	"ffffffff9a004000 T core_function\n"
	"ffffffff9a005000 T __do_softirq\n"
	"ffffffff9a005010 T __do_softirq_not\n"
	"ffffffff9a006000 T __cpuidle_text_start\n"
	"ffffffff9a006100 T __cpuidle_text_end\n"
	"ffffffff9a007000 t pv_native_safe_halt\n"
	"ffffffff9a007010 t default_idle_call\n"
	"ffffffff9a010000 T _etext\n"
	"ffffffff9a020000 D _sdata\n"
	"ffffffff9a020400 d b_data\n"
	"ffffffff9a030000 B __bss_start\n"
	"ffffffff9a040000 T _sinittext\n"
	"ffffffff9a040010 t a_init\n"
	"ffffffff9a041000 T _einittext\n";

static const char *const ranges =
	".text 00000000-00000000 = _text\n"
	".text 00001000-00002000 a\n"
	".text 00002000-00003000 b\n"
	".text 00003000-00003100 b c\n"
	".data 00000000-00000000 = _sdata\n"
	".data 00000400-00000480 b\n"
	".bss 00000000-00000000 = __bss_start\n"
	".bss 00000010-00000020 c\n"
	".init.text 00000000-00000000 = _sinittext\n"
	".init.text 00000010-00000100 a\n";

static int build(struct fake_root *root, const char *symbols, const char *file,
		 struct kallmod_map **ret)
{
	fake_root_write(root, "proc/kallsyms", symbols);
	fake_root_write(root, FILE_PATH, file);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "ranges"), 0);
	root->log[0] = '\0';
	*ret = NULL;
	return kallmod_map_build(root->ctx, ret);
}

/* A symbol at the end of one range and the start of the next is of the next. */
static void boundaries_are_half_open(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, ranges, &map), 0);
	assert_string_equal(kallmod_map_source(map), "ranges");
	assert_int_equal(kallmod_map_trust(map), KALLMOD_TRUST_EXACT);
	assert_module(map, BASE, "-");
	assert_module(map, BASE + 0xfff, "-");
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x1fff, "a");
	assert_module(map, BASE + 0x2000, "b");
	assert_module(map, BASE + 0x3000, "b,c");
	assert_module(map, BASE + 0x30ff, "b,c");
	assert_module(map, BASE + 0x3100, "-");
	assert_module(map, BASE + 0xffff, "-");
	assert_null(module_at(map, BASE + 0x10000));
	assert_module(map, BASE + 0x20400, "b");
	assert_int_equal(kallmod_map_find(map, BASE + 0x20400)->section, KALLMOD_SECTION_DATA);
	assert_module(map, BASE + 0x30010, "c");
	assert_module(map, BASE + 0x40010, "a");
	assert_int_equal(kallmod_map_find(map, BASE + 0x40010)->section, KALLMOD_SECTION_INIT);
	assert_string_equal(root->log, "");
	kallmod_map_destroy(map);
}

static void marks_come_with_the_map(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, ranges, &map), 0);
	assert_int_equal(kallmod_map_mark_count(map), 3);
	assert_int_equal(kallmod_map_mark(map, 0)->kind, KALLMOD_MARK_IRQ);
	assert_int_equal(kallmod_map_mark(map, 0)->start, BASE + 0x5000);
	assert_int_equal(kallmod_map_mark(map, 0)->end, BASE + 0x5010);
	assert_int_equal(kallmod_map_mark(map, 1)->kind, KALLMOD_MARK_IDLE);
	assert_int_equal(kallmod_map_mark(map, 1)->end, BASE + 0x6100);
	assert_int_equal(kallmod_map_mark(map, 2)->kind, KALLMOD_MARK_IDLE);
	assert_int_equal(kallmod_map_mark(map, 2)->end, BASE + 0x7010);
	kallmod_map_destroy(map);
}

/* The anchor need not be the section's start, and may itself begin a range. */
static void anchors_may_begin_a_range(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms,
			       ".text 00001000-00001000 = a_first\n"
			       ".text 00001000-00002000 a\n",
			       &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x2000, "-");
	kallmod_map_destroy(map);
}

/* One that is missing leaves out its section, and none that follows. */
static void missing_anchors_block_nothing(void **state)
{
	static const char *const file =
		".text 00000000-00000000 = _text\n"
		".text 00001000-00002000 a\n"
		".data 00000000-00000000 = not_there\n"
		".data 00000400-00000480 b\n"
		".printk_index 00000000-00000008 b\n"
		".init.text 00000000-00000000 = _sinittext\n"
		".init.text 00000010-00000100 a\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, file, &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x40010, "a");
	assert_null(module_at(map, BASE + 0x20400));
	assert_non_null(strstr(root->log, "not_there"));
	assert_non_null(strstr(root->log, ".printk_index has no anchor"));
	kallmod_map_destroy(map);
}

/* _sdata as the anchor of .bss would put it below .data, where .data is. */
static void disagreeing_sections_are_left_out(void **state)
{
	static const char *const file =
		".text 00000000-00000000 = _text\n"
		".text 00001000-00002000 a\n"
		".data 00000000-00000000 = _sdata\n"
		".data 00000400-00000480 b\n"
		".data 00000500-00000580 b\n"
		".bss 00000000-00000000 = _sdata\n"
		".bss 00000010-00000020 c\n"
		".init.text 00000000-00000000 = _sdata\n"
		".init.text 00000010-00000100 a\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, file, &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x20400, "b");
	assert_null(module_at(map, BASE + 0x20010));
	assert_non_null(strstr(root->log, "section .bss is left out"));
	assert_non_null(strstr(root->log, "section .init.text is left out"));
	kallmod_map_destroy(map);
}

/* All text would be core, and exact: no other section makes up for it. */
static void text_is_not_left_out(void **state)
{
	static const char *const file =
		".text 00000000-00000000 = gone\n"
		".text 00001000-00002000 a\n"
		".data 00000000-00000000 = _sdata\n"
		".data 00000400-00000480 b\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, file, &map), -EINVAL);
	assert_error(root->ctx, "anchor gone of .text is not among the symbols");
	assert_string_equal(root->log, "");
	assert_null(map);
}

static void foreign_files_are_recognised(void **state)
{
	static const char *const file =
		".text 00000000-00000000 = _text\n"
		".text 00001000-00001100 a\n"
		".text 00001238-00002000 a\n"
		".text 00002344-00003000 b\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, file, &map), -EINVAL);
	assert_error(root->ctx, "another kernel");
	assert_error(root->ctx, "33 %");
	assert_null(map);
}

/* Linux 6.12 writes a few: the range is lost, the file is good. */
static void backward_ranges_are_left_out(void **state)
{
	static const char *const file =
		".text 00000000-00000000 = _text\n"
		".text 00003000-00001000 c\n"
		".text 00002000-00003000 b\n";
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, kallsyms, file, &map), 0);
	assert_module(map, BASE + 0x2000, "b");
	assert_module(map, BASE + 0x3000, "-");
	assert_non_null(strstr(root->log, "no end"));
	kallmod_map_destroy(map);
}

static void long_names_fit(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	char file[2048], symbols[4096], name[512];

	memset(name, 'n', 511);
	name[511] = '\0';
	snprintf(symbols, sizeof(symbols), "%sffffffff9a050000 T %s\n", kallsyms, name);
	snprintf(file, sizeof(file), ".text 00050000-00050000 = %s\n.text 00001000-00002000 %s\n",
		 name, name);
	assert_int_equal(build(root, symbols, file, &map), 0);
	assert_module(map, BASE + 0x1000, name);
	kallmod_map_destroy(map);
}

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *file, *error;
	} cases[] = {
		{ "", "no ranges" },
		{ ".text 00000000-00000000 = _text\n", "no ranges" },
		{ ".text 00000000-00000000 = _text\n.text 00001000-00002000 ex", "torn" },
		{ "text 00001000-00002000 a\n", "line 1" },
		{ ".text 00001000 a\n", "line 1" },
		{ ".text 00001000-00002000\n", "line 1" },
		{ ".text 00001000-00002000 \n", "line 1" },
		{ ".text 0x1000-0x2000 a\n", "line 1" },
		{ ".text 00001000-00002000 a  b\n", "line 1" },
		{ ".text 00001000-00002000 a[\n", "line 1" },
		{ ".text 00001000-00002000 = _text\n", "line 1" },
		{ ".text 00000000-00000000 = _text\n.text 00000000-00000000 = _stext\n",
		  "second anchor" },
		{ ".text 00000000-00000000 = gone\n.text 00001000-00002000 a\n",
		  "anchor gone of .text" },
		{ ".text ffffffffffffffff-ffffffffffffffff = _text\n.text 00001000-00002000 a\n",
		  "anchor _text of .text" },
		{ ".text 0-0 = _text\n.text fffffffffffffff0-ffffffffffffffff a\n",
		  "anchor _text of .text" },
		{ ".text 00001000-00002000 a\n", ".text has no anchor" },
		{ ".data 00000000-00000000 = gone\n.data 00000400-00000480 b\n", "no anchor" },
	};
	struct fake_root *root = *state;
	struct kallmod_map *map;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(build(root, kallsyms, cases[i].file, &map), -EINVAL);
		assert_error(root->ctx, cases[i].error);
		assert_error(root->ctx, "modules.builtin.ranges");
	}
}

/* A file that was named is used, or it is an error: nothing else takes its place. */
static void named_files_must_be_good(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = NULL;

	fake_root_write(root, "proc/kallsyms", kallsyms);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RANGES, "/no/such/file"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), -ENOENT);
	assert_error(root->ctx, "/no/such/file");
	assert_null(map);
}

static void hidden_addresses_are_said(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root, "0000000000000000 T _text\n0000000000000000 t a\n", ranges,
			       &map), -EPERM);
	assert_error(root->ctx, "kptr_restrict");
}

/* A sampler's map: the same text, nothing of the rest. */
static void text_alone_is_the_same(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	kallmod_ctx_set_text_only(root->ctx);
	assert_int_equal(build(root, kallsyms, ranges, &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x3000, "b,c");
	assert_module(map, BASE + 0xffff, "-");
	assert_null(module_at(map, BASE + 0x20400));
	assert_int_equal(kallmod_map_mark_count(map), 3);
	kallmod_map_destroy(map);
}

static void shared_objects_have_all_their_modules(void **state)
{
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;

	(void)state;
	assert_int_equal(kallmod_ctx_create(&ctx), 0);
	assert_int_equal(kallmod_ctx_set(ctx, KALLMOD_OPT_ROOT, "tests/fixtures/shared"), 0);
	assert_int_equal(kallmod_map_build(ctx, &map), 0);
	assert_module(map, BASE + 0x1400, "liquidio");
	assert_module(map, BASE + 0x1800, "liquidio_vf,liquidio");
	assert_module(map, BASE + 0x1c00, "liquidio_vf");
	/* The same set in another order is the same set. */
	assert_int_equal(kallmod_map_find(map, BASE + 0x3000)->set,
			 kallmod_map_find(map, BASE + 0x1800)->set);
	assert_module(map, BASE + 0x3800, "crc_itu_t");
	kallmod_map_destroy(map);
	kallmod_ctx_destroy(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(boundaries_are_half_open),
		rooted_test(marks_come_with_the_map),
		rooted_test(anchors_may_begin_a_range),
		rooted_test(missing_anchors_block_nothing),
		rooted_test(disagreeing_sections_are_left_out),
		rooted_test(text_is_not_left_out),
		rooted_test(foreign_files_are_recognised),
		rooted_test(backward_ranges_are_left_out),
		rooted_test(long_names_fit),
		rooted_test(bad_files_are_refused),
		rooted_test(named_files_must_be_good),
		rooted_test(hidden_addresses_are_said),
		rooted_test(text_alone_is_the_same),
		cmocka_unit_test(shared_objects_have_all_their_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
