// SPDX-License-Identifier: GPL-2.0-only
/* The source "kallmodsyms": all published forms, and what is not of the kernel proper. */
#include <errno.h>

#include "fake_root.h"
#include "map.h"

#define BASE 0xffffffff81000000

/* The same kernel in each form. */
static const char *const forms[] = {
	/* UEK6, UEK7, v1, v2 */
	"ffffffff81000000 0 T _stext\n"
	"ffffffff81000000 1000 T vfs_read\n"
	"ffffffff81001000 f00 t ext4_read\t[ext4]\n"
	"ffffffff81002000 1000 t ext4_write\t[ext4]\n"
	"ffffffff81003000 1000 t octeon\t[liquidio] [liquidio_vf]\n"
	"ffffffff81004000 1000 T late\n"
	"ffffffff81005000 0 T _etext\n"
	"ffffffff81006000 100 d ext4_data\t[ext4]\n"
	"ffffffff81006100 0 D _edata\n",
	/* v3 to v8 */
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T vfs_read\n"
	"ffffffff81001000 t ext4_read\t[ext4]\n"
	"ffffffff81002000 t ext4_write\t[ext4]\n"
	"ffffffff81003000 t octeon\t[liquidio] [liquidio_vf]\n"
	"ffffffff81004000 T late\n"
	"ffffffff81005000 T _etext\n"
	"ffffffff81006000 d ext4_data\t[ext4]\n"
	"ffffffff81006100 D _edata\n",
	/* v9, v10 */
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T vfs_read\t{fs/read_write.o}\n"
	"ffffffff81001000 t ext4_read\t[ext4] {fs/ext4/file.o}\n"
	"ffffffff81002000 t ext4_write\t[ext4] {fs/ext4/inode.o}\n"
	"ffffffff81003000 t octeon\t[liquidio] [liquidio_vf] {octeon.o}\n"
	"ffffffff81004000 T late\t{late.o}\n"
	"ffffffff81005000 T _etext\n"
	"ffffffff81006000 d ext4_data\t[ext4]\n"
	"ffffffff81006100 D _edata\n",
};

static int build(struct fake_root *root, const char *text, struct kallmod_map **ret)
{
	fake_root_write(root, "proc/kallmodsyms", text);
	*ret = NULL;
	return kallmod_map_build(root->ctx, ret);
}

static void every_form_is_read(void **state)
{
	struct fake_root *root = *state;

	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "kallmodsyms"), 0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct kallmod_map *map;

		assert_int_equal(build(root, forms[i], &map), 0);
		assert_string_equal(kallmod_map_source(map), "kallmodsyms");
		assert_module(map, BASE + 0xfff, "-");
		assert_module(map, BASE + 0x1000, "ext4");
		assert_module(map, BASE + 0x1fff, "ext4"); /* padding between its own */
		assert_module(map, BASE + 0x2fff, "ext4");
		assert_module(map, BASE + 0x3000, "liquidio,liquidio_vf");
		assert_module(map, BASE + 0x4000, "-");
		assert_null(module_at(map, BASE + 0x5000));
		assert_module(map, BASE + 0x60ff, "ext4");
		assert_null(module_at(map, BASE + 0x6100));
		/* [ext4] once, although it has two symbols. */
		assert_int_equal(kallmod_map_range_count(map), 5);
		kallmod_map_destroy(map);
	}
}

/* Sizes are believed where another module, or none, follows. */
static void sizes_end_a_range(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root,
			       "ffffffff81000000 0 T _stext\n"
			       "ffffffff81001000 10 t a_one\t[a]\n"
			       "ffffffff81002000 20 t b_one\t[b]\n"
			       "ffffffff81003000 0 T _etext\n",
			       &map), 0);
	assert_module(map, BASE + 0x100f, "a");
	assert_module(map, BASE + 0x1010, "-");
	assert_module(map, BASE + 0x201f, "b");
	assert_module(map, BASE + 0x2020, "-");
	kallmod_map_destroy(map);
}

/* Names that stand in /proc/modules are loadable and come from there. */
static void loadable_modules_are_told_apart(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	fake_root_write(root, "proc/modules", "e1000 8192 0 - Live 0xffffffffc0000000\n");
	assert_int_equal(build(root,
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81001000 t a_one\t[a]\n"
			       "ffffffff81002000 T _etext\n"
			       "ffffffffc0000000 t e1000_probe\t[e1000]\n"
			       "ffffffffc0010000 t bpf_prog_6deef7357e7b4530\t[bpf]\n",
			       &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, 0xffffffffc0000000, "e1000");
	assert_module(map, 0xffffffffc0001fff, "e1000");
	assert_int_equal(kallmod_map_set_kind(map, kallmod_map_find(map, 0xffffffffc0000000)->set),
			 KALLMOD_KIND_LOADABLE);
	assert_null(module_at(map, 0xffffffffc0002000));
	kallmod_map_destroy(map);
}

/* Labels of the linker stand at addresses of functions; percpu offsets are no addresses. */
static void labels_and_offsets_are_no_functions(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(build(root,
			       "0000000000001000 d a_percpu\t[a]\n"
			       "0000000000002000 d other_percpu\n"
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81001000 T __label_before\n"
			       "ffffffff81001000 t a_one\t[a]\n"
			       "ffffffff81001000 T __label_after\n"
			       "ffffffff81001800 T core\n"
			       "ffffffff81002000 T _etext\n",
			       &map), 0);
	assert_null(module_at(map, 0x1000));
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, BASE + 0x1800, "-");
	kallmod_map_destroy(map);
}

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *text, *error;
		int err;
	} cases[] = {
		{ "", "empty", -EINVAL },
		{ "0000000000000000 T _stext\n0000000000000000 t x\t[a]\n", "kptr_restrict", -EPERM },
		{ "ffffffff81000000 T _stext\nffffffff81000010 t x\t[a", "torn", -EINVAL },
		{ "ffffffff81000000 T _stext\t[\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T _stext\t[]\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T _stext\t[a]b\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T _stext\t{a.o\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T\n", "line 1", -EINVAL },
		{ "ffffffff81000000 zz T x\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T _stext\t[a b]\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T _stext\n", "no built-in module", -ENODATA },
	};
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "kallmodsyms"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(build(root, cases[i].text, &map), cases[i].err);
		assert_error(root->ctx, cases[i].error);
	}
}

static void another_release_has_no_such_file(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "kallmodsyms"), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, "1.2.3"), 0);
	assert_int_equal(build(root, forms[0], &map), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(every_form_is_read),
		rooted_test(sizes_end_a_range),
		rooted_test(loadable_modules_are_told_apart),
		rooted_test(labels_and_offsets_are_no_functions),
		rooted_test(bad_files_are_refused),
		rooted_test(another_release_has_no_such_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
