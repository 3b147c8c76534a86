// SPDX-License-Identifier: GPL-2.0-only
/* Functions by module: which symbols they are, their sizes, and what can probe them. */
#include <errno.h>

#include "fake_root.h"
#include "map.h"
#include "probeable.h"
#include "probeable_priv.h"
#include "symbols.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Text of the core, of fs, of both fs and net, then .init.text; a module behind it. */
static const char kallsyms[] =
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000000 T first\n"
	"ffffffff81000100 t __pfx_one\n"
	"ffffffff81000110 t one\n"
	"ffffffff81000180 t local_name\n"
	"ffffffff81000180 T global_name\n"
	"ffffffff81000180 W weak_name\n"
	"ffffffff81001000 t fs_read\n"
	"ffffffff81001100 t once\n"
	"ffffffff81001200 t fs_part.cold\n"
	"ffffffff81002000 t shared\n"
	"ffffffff81002800 t last_of_shared\n"
	"ffffffff81003000 T __SCT__x\n"
	"ffffffff81003010 t once\n"
	"ffffffff81003100 T register_kprobe\n"
	"ffffffff81003110 T perf_kprobe_init\n"
	"ffffffff81003120 T register_fprobe_ips\n"
	"ffffffff81003130 T bpf_kprobe_multi_link_attach\n"
	"ffffffff81004000 T _etext\n"
	"ffffffff81004000 D data\n";

/* set NULL: the core */
static void add_range(struct kallmod_map *map, uint64_t start, uint64_t end,
		      enum kallmod_section section, const char *const *set, size_t n)
{
	struct kallmod_range range = {start, end, .confidence = 0.5, .section = section};

	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, set, n, &range.set), 0);
	assert_int_equal(kallmod_map_add(map, &range), 0);
}

static struct kallmod_map *some_map(void)
{
	static const char *const names[] = {"fs", "net"};
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	assert_int_equal(kallmod_map_add_extent(map, 0xffffffff81000000, 0xffffffff81004000,
						KALLMOD_SECTION_TEXT), 0);
	add_range(map, 0xffffffff81001000, 0xffffffff81002000, KALLMOD_SECTION_TEXT, names, 1);
	add_range(map, 0xffffffff81002000, 0xffffffff81002900, KALLMOD_SECTION_TEXT, names, 2);
	add_range(map, 0xffffffff81004000, 0xffffffff81005000, KALLMOD_SECTION_DATA, names, 1);
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

/* What one spec finds; limit 0: the default. */
static int find(struct fake_root *root, const struct kallmod_map *map, const char *spec,
		size_t limit, struct kallmod_functions **ret)
{
	struct kallmod_function_query query = {.specs = &spec, .nspecs = 1, .limit = limit};

	fake_root_write(root, "proc/kallsyms", kallsyms);
	return kallmod_functions_find(root->ctx, map, &query, ret);
}

/* The names, with blanks between. */
static const char *names_of(struct fake_root *root, const char *spec)
{
	static char names[1024];
	struct kallmod_map *map = some_map();
	struct kallmod_functions *functions;

	names[0] = '\0';
	assert_int_equal(find(root, map, spec, 0, &functions), 0);
	for (size_t i = 0; i < kallmod_functions_count(functions); i++) {
		strcat(names, kallmod_functions_array(functions)[i].name);
		strcat(names, " ");
	}
	kallmod_functions_destroy(functions);
	kallmod_map_destroy(map);
	return names;
}

static void functions_are_what_is_called(void **state)
{
	struct fake_root *root = *state;

	assert_string_equal(names_of(root, "core:[fog]*"), "first one global_name once ");
	assert_string_equal(names_of(root, "*:*once"), "once once ");
	assert_string_equal(names_of(root, "core:local_name"), "local_name ");
	assert_string_equal(names_of(root, "core:*_name"), "global_name ");
	assert_string_equal(names_of(root, "net:"), "shared last_of_shared ");
	assert_string_equal(names_of(root, "fs:"), "fs_read once fs_part.cold shared last_of_shared ");
}

static void facts_are_those_of_the_range(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = some_map();
	const struct kallmod_function *function;
	struct kallmod_functions *functions;

	assert_int_equal(find(root, map, "fs:", 0, &functions), 0);
	function = kallmod_functions_array(functions);
	assert_int_equal(function[0].addr, 0xffffffff81001000);
	assert_int_equal(function[0].size, 0x100);
	assert_int_equal(function[0].kind, KALLMOD_KIND_BUILTIN);
	assert_true(function[0].confidence == 0.5f);
	assert_int_equal(function[0].mechanism, KALLMOD_MECHANISM_UNKNOWN);
	assert_null(function[0].reason);
	/* It ends with its object, not at the next symbol. */
	assert_int_equal(function[4].size, 0x100);
	assert_string_equal(kallmod_map_set_name(map, function[4].set), "fs,net");
	kallmod_functions_destroy(functions);
	kallmod_map_destroy(map);
}

static void queries_are_refused_with_a_line(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = some_map();
	struct kallmod_function_query none = {};
	struct kallmod_functions *functions;

	assert_int_equal(kallmod_functions_find(root->ctx, map, &none, &functions), -EINVAL);
	assert_int_equal(find(root, map, "fs:", 4, &functions), -E2BIG);
	assert_error(root->ctx, "5 functions: more than the limit of 4");
	assert_int_equal(find(root, map, "fz:", 0, &functions), -ENOENT);
	assert_error(root->ctx, "fz:: no such module; nearest: fs");
	assert_int_equal(find(root, map, "fs:fs_raed", 0, &functions), -ENOENT);
	assert_error(root->ctx, "nearest: fs_read");
	assert_int_equal(find(root, map, "fs:one", 0, &functions), -ENOENT);
	assert_error(root->ctx, "write 'core:one'");
	kallmod_map_destroy(map);
}

static void too_many_specs_are_refused(void **state)
{
	static const char *specs[1001];
	struct fake_root *root = *state;
	struct kallmod_map *map = some_map();
	struct kallmod_function_query query = {.specs = specs, .nspecs = ARRAY_SIZE(specs)};
	struct kallmod_functions *functions;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		specs[i] = "fs:";
	assert_int_equal(kallmod_functions_find(root->ctx, map, &query, &functions), -EINVAL);
	assert_error(root->ctx, "more than 1,000");
	kallmod_map_destroy(map);
}

/* What the function of that name can be probed with, or why not. */
static const char *judged(struct fake_root *root, const char *spec, enum kallmod_mechanism wanted)
{
	static char told[128];
	struct kallmod_map *map = some_map();
	struct kallmod_function_query query = {.specs = &spec, .nspecs = 1, .mechanism = wanted};
	const struct kallmod_function *function;
	struct kallmod_functions *functions;

	fake_root_write(root, "proc/kallsyms", kallsyms);
	assert_int_equal(kallmod_functions_find(root->ctx, map, &query, &functions), 0);
	assert_int_equal(kallmod_functions_count(functions), 1);
	function = kallmod_functions_array(functions);
	snprintf(told, sizeof(told), "%s%s%s", kallmod_mechanism_name(function->mechanism),
		 function->reason ? ": " : "", function->reason ? function->reason : "");
	kallmod_functions_destroy(functions);
	kallmod_map_destroy(map);
	return told;
}

static void addresses_of_the_list_may_be_behind_the_symbol(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "sys/kernel/tracing/available_filter_functions_addrs",
			"ffffffff81001004 fs_read\n"
			"ffffffff81002000 shared\n"
			"ffffffff81002900 __ftrace_invalid_address___256\n"
			"ffffffff81003014 once\n");
	assert_string_equal(judged(root, "fs:fs_read", KALLMOD_MECHANISM_BEST), "multi");
	assert_string_equal(judged(root, "net:shared", KALLMOD_MECHANISM_BEST), "multi");
	assert_string_equal(judged(root, "core:once", KALLMOD_MECHANISM_BEST), "multi");
	assert_string_equal(judged(root, "core:once", KALLMOD_MECHANISM_KPROBE), "kprobe");
	assert_non_null(strstr(judged(root, "fs:once", KALLMOD_MECHANISM_BEST), "no: ftrace"));
	assert_non_null(strstr(judged(root, "fs:fs_part.cold", KALLMOD_MECHANISM_BEST), "no: the cold"));
	assert_non_null(strstr(judged(root, "core:__SCT__x", KALLMOD_MECHANISM_BEST), "no: a static call"));
	/* What is behind the end of the object is not the function's. */
	assert_non_null(strstr(judged(root, "net:last_of_shared", KALLMOD_MECHANISM_BEST), "no: ftrace"));
}

static void names_of_the_list_may_be_of_several(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "sys/kernel/debug/tracing/available_filter_functions",
			"fs_read\nonce\nlocal_name\n");
	assert_string_equal(judged(root, "fs:fs_read", KALLMOD_MECHANISM_BEST), "multi");
	assert_string_equal(judged(root, "fs:once", KALLMOD_MECHANISM_BEST), "kprobe");
	/* By another of its names. */
	assert_string_equal(judged(root, "core:global_name", KALLMOD_MECHANISM_BEST), "multi");
	assert_non_null(strstr(judged(root, "net:shared", KALLMOD_MECHANISM_BEST), "no: ftrace"));
}

static void possibility_is_one_sentence(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "proc/kallsyms", kallsyms);
	assert_int_equal(kallmod_probe_possible(root->ctx, KALLMOD_MECHANISM_BEST), 0);
	assert_int_equal(kallmod_probe_possible(root->ctx, KALLMOD_MECHANISM_FENTRY), -EOPNOTSUPP);
	assert_error(root->ctx, "another --mechanism may do; 'kallmod probe --list' and kmodtop work");
	fake_root_write(root, "sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	assert_int_equal(kallmod_probe_possible(root->ctx, KALLMOD_MECHANISM_BEST), -EPERM);
	assert_error(root->ctx, "lockdown (confidentiality) forbids probes");
}

static void a_kernel_without_kprobes_says_so(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "proc/kallsyms", "ffffffff81000000 T _stext\nffffffff81001000 T _etext\n");
	assert_int_equal(kallmod_probe_possible(root->ctx, KALLMOD_MECHANISM_BEST), -EOPNOTSUPP);
	assert_error(root->ctx, "no function can be probed: this kernel has no kprobes");
	assert_error(root->ctx, "'kallmod probe --list' and kmodtop work all the same");
}

/* Ranges may be in one another, as functions are in their section. */
static void blacklists_nest(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_blacklist list = KALLMOD_BLACKLIST_EMPTY;
	const struct kallmod_symbols *symbols;

	fake_root_write(root, "proc/kallsyms", kallsyms);
	fake_root_write(root, "sys/kernel/debug/kprobes/blacklist",
			"0x0000000000001000-0x0000000000009000\tsection\n"
			"0x0000000000002000-0x0000000000002010\tone\n"
			"0x0000000000003000-0x0000000000003000\tempty\n"
			"0x000000000000a000-0x000000000000a010\tother\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	assert_int_equal(kallmod_blacklist_read(root->ctx, symbols, &list), 0);
	assert_int_equal(list.count, 3);
	assert_false(kallmod_blacklist_has(&list, 0xfff));
	assert_true(kallmod_blacklist_has(&list, 0x1000));
	assert_true(kallmod_blacklist_has(&list, 0x2008));
	assert_true(kallmod_blacklist_has(&list, 0x2010));
	assert_true(kallmod_blacklist_has(&list, 0x8fff));
	assert_false(kallmod_blacklist_has(&list, 0x9000));
	assert_true(kallmod_blacklist_has(&list, 0xa00f));
	assert_false(kallmod_blacklist_has(&list, 0xa010));
	kallmod_blacklist_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(functions_are_what_is_called),
		rooted_test(facts_are_those_of_the_range),
		rooted_test(queries_are_refused_with_a_line),
		rooted_test(too_many_specs_are_refused),
		rooted_test(addresses_of_the_list_may_be_behind_the_symbol),
		rooted_test(names_of_the_list_may_be_of_several),
		rooted_test(possibility_is_one_sentence),
		rooted_test(a_kernel_without_kprobes_says_so),
		rooted_test(blacklists_nest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
