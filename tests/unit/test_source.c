// SPDX-License-Identifier: GPL-2.0-only
/* The order of sources: absent, broken and denied ones, --source, merging, reports. */
#include <errno.h>

#include "fake_root.h"
#include "map.h"
#include "source.h"

#define BASE 0xffffffff81000000
#define RANGES "lib/modules/" RELEASE "/modules.builtin.ranges"

static const char *const kallsyms =
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81001000 t a_one\n"
	"ffffffff81002000 T asm_sysvec_apic_timer_interrupt\n"
	"ffffffff81002020 T asm_common_interrupt\n"
	"ffffffff81002040 t handle_softirqs.constprop.0\n"
	"ffffffff81002080 t handle_softirqs_stat\n"
	"ffffffff81003000 T _etext\n"
	"ffffffff81100000 T _sinittext\n"
	"ffffffff81101000 T _einittext\n";

static const char *const ranges = ".text 00000000-00000000 = _text\n"
				  ".text 00001000-00002000 a\n";

static void write_ranges_root(struct fake_root *root)
{
	fake_root_write(root, "proc/kallsyms", kallsyms);
	fake_root_write(root, RANGES, ranges);
	/* Signatures of the machine that tests are run on are none of this test's business. */
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
}

static void the_best_source_is_used(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	write_ranges_root(root);
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_string_equal(kallmod_map_source(map), "ranges");
	kallmod_map_destroy(map);
	fake_root_write(root, "proc/kallmodsyms",
			"ffffffff81000000 T _stext\nffffffff81001000 t a_one\t[b]\n"
			"ffffffff81003000 T _etext\n");
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_string_equal(kallmod_map_source(map), "kallmodsyms");
	assert_module(map, BASE + 0x1000, "b");
	kallmod_map_destroy(map);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "ranges"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	kallmod_map_destroy(map);
}

static void broken_sources_are_passed_with_a_warning(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = NULL;

	write_ranges_root(root);
	fake_root_write(root, "proc/kallmodsyms", "not what it should be\n");
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_string_equal(kallmod_map_source(map), "ranges");
	assert_non_null(strstr(root->log, "kallmodsyms: line 1"));
	assert_non_null(strstr(root->log, "source ranges is used instead"));
	kallmod_map_destroy(map);
	/* Unless it was asked for. */
	map = NULL;
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "kallmodsyms"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), -EINVAL);
	assert_null(map);
}

static void nothing_at_all_is_said(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = NULL;

	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
	assert_int_not_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_true(*kallmod_ctx_error(root->ctx));
	assert_null(map);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "nonsense"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), -EINVAL);
	assert_error(root->ctx, "nonsense");
}

static void hidden_addresses_come_before_nothing(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = NULL;

	write_ranges_root(root);
	fake_root_write(root, "proc/kallsyms", "0000000000000000 T _text\n");
	assert_int_equal(kallmod_map_build(root->ctx, &map), -EPERM);
	assert_error(root->ctx, "kptr_restrict");
	assert_null(map);
}

static void loadable_modules_are_merged(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	uint32_t set;

	write_ranges_root(root);
	fake_root_write(root, "proc/modules", "e1000 8192 0 - Live 0xffffffffc0000000\n");
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_module(map, BASE + 0x1000, "a");
	assert_module(map, 0xffffffffc0000000, "e1000");
	set = kallmod_map_find(map, 0xffffffffc0000000)->set;
	assert_int_equal(kallmod_map_set_kind(map, set), KALLMOD_KIND_LOADABLE);
	assert_string_equal(kallmod_source_name(kallmod_map_find(map, 0xffffffffc0000000)->source),
			    "modules");
	assert_string_equal(kallmod_map_source(map), "ranges");
	kallmod_map_destroy(map);
	/* Not into the map of another kernel. */
	fake_root_write(root, "lib/modules/5.10/modules.builtin.ranges", ranges);
	fake_root_write(root, "boot/System.map-5.10", kallsyms);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, "5.10"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_null(module_at(map, 0xffffffffc0000000));
	kallmod_map_destroy(map);
}

static void landmarks_are_found(void **state)
{
	struct fake_root *root = *state;
	enum kallmod_section section;
	struct kallmod_map *map;
	uint64_t start, end;

	write_ranges_root(root);
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_int_equal(kallmod_map_mark_count(map), 3);
	assert_int_equal(kallmod_map_mark(map, 0)->start, BASE + 0x2000);
	assert_int_equal(kallmod_map_mark(map, 0)->end, BASE + 0x2020);
	assert_int_equal(kallmod_map_mark(map, 2)->start, BASE + 0x2040);
	assert_int_equal(kallmod_map_mark(map, 2)->end, BASE + 0x2080);
	assert_int_equal(kallmod_map_extent_count(map), 2);
	kallmod_map_extent(map, 0, &start, &end, &section);
	assert_int_equal(start, BASE);
	assert_int_equal(end, BASE + 0x3000);
	assert_int_equal(section, KALLMOD_SECTION_TEXT);
	kallmod_map_extent(map, 1, &start, &end, &section);
	assert_int_equal(section, KALLMOD_SECTION_INIT);
	kallmod_map_destroy(map);
}

struct seen {
	char states[128]; /* "name=state " of each */
	int strings;
};

static void see(void *arg, const struct kallmod_source_report *report)
{
	struct seen *seen = arg;
	size_t length = strlen(seen->states);

	seen->strings += report->why && *report->why && report->advice;
	if (strcmp(report->name, "signatures"))
		snprintf(seen->states + length, sizeof(seen->states) - length, "%s=%d ",
			 report->name, report->state);
}

static void reports_tell_every_state(void **state)
{
	struct fake_root *root = *state;
	struct seen seen = { 0 };

	write_ranges_root(root);
	assert_int_equal(kallmod_sources_probe(root->ctx, see, &seen), 0);
	assert_string_equal(seen.states, "kallmodsyms=2 ranges=0 tables=2 objtree=2 dwarf=2 modules=2 ");
	assert_int_equal(seen.strings, 7);
	fake_root_write(root, "proc/modules", "e1000 8192 0 - Live 0xffffffffc0000000\n");
	fake_root_write(root, "proc/kallmodsyms", "torn");
	fake_root_write(root, "proc/kallsyms", "0000000000000000 T _text\n");
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, NULL), 0);
	seen = (struct seen){ 0 };
	assert_int_equal(kallmod_sources_probe(root->ctx, see, &seen), 0);
	assert_string_equal(seen.states, "kallmodsyms=3 ranges=4 tables=2 objtree=2 dwarf=2 modules=1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(the_best_source_is_used),
		rooted_test(broken_sources_are_passed_with_a_warning),
		rooted_test(nothing_at_all_is_said),
		rooted_test(hidden_addresses_come_before_nothing),
		rooted_test(loadable_modules_are_merged),
		rooted_test(landmarks_are_found),
		rooted_test(reports_tell_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
