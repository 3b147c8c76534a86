// SPDX-License-Identifier: GPL-2.0-only
/* The source "modules": where loadable code is, before and since Linux 6.4. */
#include <errno.h>

#include "fake_root.h"
#include "map.h"
#include "modules.h"

#define AREA 0xffffffffc0000000

static struct kallmod_map *merge(struct fake_root *root, const char *modules)
{
	struct kallmod_map *map;

	fake_root_write(root, "proc/modules", modules);
	assert_int_equal(kallmod_map_create(&map), 0);
	assert_int_equal(kallmod_modules_merge(root->ctx, map, 3), 0);
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

static void section(struct fake_root *root, const char *module, const char *name, uint64_t addr)
{
	char path[256], text[32];

	snprintf(path, sizeof(path), "sys/module/%s/sections/%s", module, name);
	snprintf(text, sizeof(text), "0x%016llx\n", (unsigned long long)addr);
	fake_root_write(root, path, text);
}

/* One area: text, then read-only data, then data. */
static void text_ends_before_own_data(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	section(root, "ext4", ".text", AREA);
	section(root, "ext4", ".text.unlikely", AREA + 0x2100);
	section(root, "ext4", ".exit.text", AREA + 0x2800);
	section(root, "ext4", ".rodata", AREA + 0x3020);
	section(root, "ext4", ".data", AREA + 0x5000);
	map = merge(root, "ext4 40960 1 - Live 0xffffffffc0000000\n");
	assert_module(map, AREA, "ext4");
	assert_module(map, AREA + 0x2fff, "ext4");
	assert_null(module_at(map, AREA + 0x3000));
	assert_int_equal(kallmod_map_range(map, 0)->trust, KALLMOD_TRUST_EXACT);
	assert_int_equal(kallmod_map_set_kind(map, 1), KALLMOD_KIND_LOADABLE);
	kallmod_map_destroy(map);
}

/* Since 6.4 the size counts memory that is elsewhere: it must not cover the neighbour. */
static void size_does_not_cover_others(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	section(root, "a", ".text", AREA);
	section(root, "a", ".data", AREA + 0x100000);
	section(root, "b", ".text", AREA + 0x3000);
	section(root, "b", ".rodata", AREA + 0x108040);
	map = merge(root, "b 40960 0 - Live 0xffffffffc0003000\n"
			  "a 40960 1 b, Live 0xffffffffc0000000 (OE)\n");
	assert_module(map, AREA + 0x2fff, "a");
	assert_module(map, AREA + 0x3000, "b");
	assert_module(map, AREA + 0xcfff, "b");
	assert_null(module_at(map, AREA + 0xd000));
	kallmod_map_destroy(map);
}

/* Seen on 6.1: raid6_pq loaded to where the symbol table of zstd_compress had been. */
static void given_back_memory_ends_nothing(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	section(root, "zstd", ".text", AREA);
	section(root, "zstd", ".symtab", AREA + 0x11000);
	section(root, "zstd", ".strtab", AREA + 0x123a0);
	section(root, "zstd", ".init.text", AREA + 0x13000);
	section(root, "zstd", ".init.data", AREA + 0x14000);
	section(root, "raid6", ".text", AREA + 0x10000);
	section(root, "raid6", ".rodata", AREA + 0x16000);
	map = merge(root, "raid6 65536 0 - Live 0xffffffffc0010000\n"
			  "zstd 4096 0 - Live 0xffffffffc0000000\n");
	assert_module(map, AREA + 0xfff, "zstd");
	assert_module(map, AREA + 0x15fff, "raid6");
	assert_int_equal(kallmod_map_range_count(map), 2);
	kallmod_map_destroy(map);
}

/* Not root: no sections, but bases and sizes. */
static void bases_do_without_sections(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = merge(root, "a-b 5000 0 - Live 0xffffffffc0000000\n");

	assert_module(map, AREA + 0x1fff, "a_b");
	assert_null(module_at(map, AREA + 0x2000));
	kallmod_map_destroy(map);
}

static void init_text_counts_while_loading(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	section(root, "a", ".text", AREA);
	section(root, "a", ".init.text", AREA + 0x10000);
	fake_root_write(root, "sys/module/a/initsize", "4097\n");
	map = merge(root, "a 4096 1 - Loading 0xffffffffc0000000\n");
	assert_module(map, AREA + 0x10000, "a");
	assert_module(map, AREA + 0x11fff, "a");
	assert_null(module_at(map, AREA + 0x12000));
	assert_int_equal(kallmod_map_find(map, AREA + 0x10000)->section, KALLMOD_SECTION_INIT);
	kallmod_map_destroy(map);
	/* Loaded: the memory has been given back. */
	map = merge(root, "a 4096 1 - Live 0xffffffffc0000000\n");
	assert_module(map, AREA, "a");
	assert_null(module_at(map, AREA + 0x10000));
	kallmod_map_destroy(map);
}

/* Trampolines are taken from symbols that are there already. */
static void trampolines_are_pseudo_modules(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_symbols *symbols;
	struct kallmod_map *map;

	fake_root_write(root, "proc/kallsyms",
			"ffffffff81000000 T _stext\n"
			"ffffffffc0201000 t ftrace_trampoline\t[__builtin__ftrace]\n"
			"ffffffffc0202000 t kprobe_insn_page\t[__builtin__kprobes]\n"
			"ffffffffc0203000 t bpf_trampoline_1\t[bpf]\n"
			"ffffffffc0203800 t bpf_prog_1\t[bpf]\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	map = merge(root, "a 4096 1 - Live 0xffffffffc0000000\n");
	assert_module(map, 0xffffffffc0201fff, "ftrace");
	assert_module(map, 0xffffffffc0202000, "kprobes");
	assert_module(map, 0xffffffffc0203fff, "bpf");
	assert_null(module_at(map, 0xffffffffc0204000));
	assert_int_equal(kallmod_map_set_kind(map, kallmod_map_find(map, 0xffffffffc0203000)->set),
			 KALLMOD_KIND_PSEUDO);
	kallmod_map_destroy(map);
}

static void bad_lists_are_refused(void **state)
{
	static const struct {
		const char *text, *error;
		int err;
	} cases[] = {
		{ "a 4096 1 - Live 0x0000000000000000\n", "kptr_restrict", -EPERM },
		{ "a 4096 1 - Live 0xffffffffc0000000", "torn", -EINVAL },
		{ "a 4096 1 - Live ffffffffc0000000\n", "line 1", -EINVAL },
		{ "a -1 1 - Live 0xffffffffc0000000\n", "line 1", -EINVAL },
		{ "a 99999999999999999999 1 - Live 0xffffffffc0000000\n", "line 1", -EINVAL },
		{ "a 4096 1\n", "line 1", -EINVAL },
		{ "../../etc 4096 1 - Live 0xffffffffc0000000\n", "no module name", -EINVAL },
		{ "a[b 4096 1 - Live 0xffffffffc0000000\n", "cannot be kept", -EINVAL },
	};
	struct fake_root *root = *state;
	struct kallmod_map *map;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(kallmod_map_create(&map), 0);
		fake_root_write(root, "proc/modules", cases[i].text);
		assert_int_equal(kallmod_modules_merge(root->ctx, map, 3), cases[i].err);
		assert_error(root->ctx, cases[i].error);
		kallmod_map_destroy(map);
	}
}

static void kernels_without_modules_are_fine(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	assert_int_equal(kallmod_modules_merge(root->ctx, map, 3), -ENOENT);
	kallmod_map_destroy(map);
}

/* An end that does not fit into 64 bits stays inside them. */
static void sizes_cannot_wrap(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map =
		merge(root, "a 18446744073709551615 1 - Live 0xffffffffc0000000\n");

	assert_module(map, UINT64_MAX - 1, "a");
	kallmod_map_destroy(map);
	map = merge(root, "a 16 1 - Live 0xfffffffffffffffc\n");
	assert_module(map, UINT64_MAX - 1, "a");
	kallmod_map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(text_ends_before_own_data),
		rooted_test(size_does_not_cover_others),
		rooted_test(given_back_memory_ends_nothing),
		rooted_test(bases_do_without_sections),
		rooted_test(init_text_counts_while_loading),
		rooted_test(trampolines_are_pseudo_modules),
		rooted_test(bad_lists_are_refused),
		rooted_test(kernels_without_modules_are_fine),
		rooted_test(sizes_cannot_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
