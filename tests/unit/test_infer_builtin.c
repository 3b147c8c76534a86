// SPDX-License-Identifier: GPL-2.0-only
/* Inference with a modules.builtin: modules that all known releases have in the core. */
#include "fake_root.h"

#include "map.h"
#include "sig_initcalls.h"
#include "sigfile.h"
#include "symbols.h"

#define BASE 0xffffffff81000000ull
enum { STEP = 64, FUNCTIONS = 12 };

/* A kernel in the making: symbols from BASE on, STEP bytes each. */
struct kernel {
	char text[1 << 15];
	size_t used;
	uint64_t at;
};

static void kernel_begin(struct kernel *kernel)
{
	kernel->at = BASE;
	kernel->used = snprintf(kernel->text, sizeof(kernel->text), "%016jx T _stext\n",
				(uintmax_t)BASE);
}

/* FUNCTIONS functions PREFIX_0…; returns the address of the first. */
static uint64_t kernel_functions(struct kernel *kernel, const char *prefix)
{
	uint64_t start = kernel->at;

	for (int i = 0; i < FUNCTIONS; i++, kernel->at += STEP)
		kernel->used += snprintf(kernel->text + kernel->used,
					 sizeof(kernel->text) - kernel->used, "%016jx T %s_%d\n",
					 (uintmax_t)kernel->at, prefix, i);
	return start;
}

static struct kallmod_map *infer(struct fake_root *root, struct kernel *kernel)
{
	struct kallmod_map *map;
	char path[128];

	snprintf(kernel->text + kernel->used, sizeof(kernel->text) - kernel->used,
		 "%016jx T _etext\n", (uintmax_t)kernel->at);
	fake_root_write(root, "System.map", kernel->text);
	snprintf(path, sizeof(path), "%s/System.map", root->path);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_KALLSYMS, path), 0);
	snprintf(path, sizeof(path), "%s/modules.builtin", root->path);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_MODULES_BUILTIN, path), 0);
	if (kallmod_map_build(root->ctx, &map))
		fail_msg("%s", kallmod_ctx_error(root->ctx));
	return map;
}

/* Functions PREFIX_0… of an object of the core, or of a module, in all releases. */
struct signature {
	const char *object, *title, *module, *prefix;
};

static void write_signatures(struct fake_root *root, const struct signature *lines, size_t n)
{
	struct kallmod_sigbuilder *builder;
	char path[128], name[64];
	struct kallmod_sigorder *order;
	int release;

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	order = kallmod_sigbuilder_order(builder);
	release = kallmod_sigbuilder_release(builder, RELEASE);
	for (size_t i = 0; i < n; i++) {
		const struct signature *line = &lines[i];
		int owner = line->module ? kallmod_sigbuilder_module(builder, line->module, "") :
					   kallmod_sigbuilder_object(builder, line->object);

		if (line->object)
			assert_int_equal(kallmod_sigorder_add(order, line->object), 0);
		if (line->title)
			assert_int_equal(kallmod_sigbuilder_title(builder, owner, line->title), 0);
		for (int k = 0; k < FUNCTIONS; k++) {
			snprintf(name, sizeof(name), "%s_%d", line->prefix, k);
			assert_int_equal(kallmod_sigbuilder_add(builder, release, owner, name), 0);
		}
	}
	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "signatures"), 0);
}

/* drivers/cpufreq/intel_pstate.ko can only be made of drivers/cpufreq/intel_pstate.o. */
static void a_path_of_the_list_finds_its_object(void **state)
{
	static const struct signature lines[] = {
		{"kernel/exit.o", "exit", NULL, "exit"},
		{"drivers/cpufreq/intel-pstate.o", NULL, NULL, "pstate"},
		{"drivers/cpufreq/freq_table.o", NULL, NULL, "table"},
		{"fs/exec.o", NULL, NULL, "exec"}};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t pstate, table;

	write_signatures(root, lines, 4);
	fake_root_write(root, "modules.builtin", "kernel/drivers/cpufreq/intel_pstate.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit");
	table = kernel_functions(&kernel, "table");
	pstate = kernel_functions(&kernel, "pstate");
	kernel_functions(&kernel, "exec");
	map = infer(root, &kernel);
	assert_module(map, table, "-");
	assert_module(map, pstate, "intel_pstate");
	kallmod_map_destroy(map);
}

/* core.o says by its initcalls that it is nvmem_core's; layouts.o is beside it. */
static void a_title_finds_the_object_and_what_is_beside_it(void **state)
{
	static const struct signature lines[] = {
		{"kernel/exit.o", NULL, NULL, "exit"},
		{"drivers/nvmem/core.o", "nvmem_core", NULL, "nvmem"},
		{"drivers/nvmem/layouts.o", NULL, NULL, "layouts"},
		{"drivers/nvmem/rmem.o", "rmem", NULL, "rmem"},
		{"fs/exec.o", NULL, NULL, "exec"}};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t core, layouts, rmem, exec;

	write_signatures(root, lines, 5);
	fake_root_write(root, "modules.builtin", "kernel/drivers/nvmem/nvmem_core.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit");
	core = kernel_functions(&kernel, "nvmem");
	layouts = kernel_functions(&kernel, "layouts");
	rmem = kernel_functions(&kernel, "rmem");
	exec = kernel_functions(&kernel, "exec");
	map = infer(root, &kernel);
	assert_module(map, core, "nvmem_core");
	assert_module(map, layouts, "nvmem_core");
	assert_module(map, rmem, "-");
	assert_module(map, exec, "-");
	kallmod_map_destroy(map);
}

/* fs/unicode/unicode.ko alone in its directory; a list that has more says nothing of that kind. */
static void a_directory_that_is_one_module(void **state)
{
	static const struct signature lines[] = {
		{"kernel/exit.o", NULL, NULL, "exit"},
		{"fs/unicode/utf8-core.o", NULL, NULL, "utf8"},
		{"fs/exec.o", NULL, NULL, "exec"}};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t utf8;

	write_signatures(root, lines, 3);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit");
	utf8 = kernel_functions(&kernel, "utf8");
	kernel_functions(&kernel, "exec");
	fake_root_write(root, "modules.builtin", "kernel/fs/unicode/unicode.ko\n");
	map = infer(root, &kernel);
	assert_module(map, utf8, "unicode");
	kallmod_map_destroy(map);
}

/* Two of one source: the one that is linked first has the first of two copies. */
static void copies_are_told_apart_by_the_order_of_linking(void **state)
{
	static const struct signature lines[] = {
		{"kernel/exit.o", NULL, NULL, "exit"},
		{"fs/zz_elf.o", NULL, NULL, "elf"},
		{"fs/compat_elf.o", NULL, NULL, "elf"},
		{"fs/exec.o", NULL, NULL, "exec"}};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t first, second;

	write_signatures(root, lines, 4);
	fake_root_write(root, "modules.builtin", "kernel/fs/zz_elf.ko\nkernel/fs/compat_elf.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit");
	first = kernel_functions(&kernel, "elf");
	second = kernel_functions(&kernel, "elf");
	kernel_functions(&kernel, "exec");
	map = infer(root, &kernel);
	assert_module(map, first, "zz_elf");
	assert_module(map, second - 1, "zz_elf");
	assert_module(map, second, "compat_elf");
	assert_module(map, second + FUNCTIONS * STEP - 1, "compat_elf");
	kallmod_map_destroy(map);
}

/* ---- initcalls ------------------------------------------------------------------------- */

static void assert_split(const char *name, const char *module, const char *function)
{
	const char *at, *call;
	size_t length, call_length;

	assert_true(kallmod_sig_initcall_split(name, &at, &length, &call, &call_length));
	assert_int_equal(length, strlen(module));
	assert_memory_equal(at, module, length);
	assert_int_equal(call_length, strlen(function));
	assert_memory_equal(call, function, call_length);
}

static void names_of_initcalls_are_split(void **state)
{
	const char *at, *call;
	size_t length, call_length;

	(void)state;
	assert_split("__initcall__kmod_nvmem_core__553_2248_nvmem_init4", "nvmem_core",
		     "nvmem_init");
	assert_split("__initcall__kmod_core__1_2_init_hw_perf_eventsearly", "core",
		     "init_hw_perf_events");
	assert_split("__initcall__kmod_a__b__3_4_run6s", "a__b", "run");
	assert_split("__initcall__kmod_initramfs__5_6_populate_rootfsrootfs", "initramfs",
		     "populate_rootfs");
	assert_false(kallmod_sig_initcall_split("__initcall__kmod_x", &at, &length, &call,
						&call_length));
	assert_false(kallmod_sig_initcall_split("__initcall__kmod___1_2_f6", &at, &length, &call,
						&call_length));
	assert_false(kallmod_sig_initcall_split("__initcall__kmod_x__1_2_6", &at, &length, &call,
						&call_length));
	assert_false(kallmod_sig_initcall_split("nvmem_init", &at, &length, &call, &call_length));
}

static void initcalls_are_found_by_function(void **state)
{
	static const char *const names[] = {
		"__initcall__kmod_two__1_2_go6", "__initcall__kmod_one__1_2_go6",
		"__initcall__kmod_one__1_2_go7", "__initcall__kmod_one__1_2_alone6", "go"};
	struct kallmod_sig_initcalls initcalls;
	struct kallmod_symbols *symbols;
	size_t n;

	(void)state;
	assert_int_equal(kallmod_symbols_create(&symbols), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(kallmod_symbols_add(symbols, &(struct kallmod_symbol){
								      .addr = BASE + i,
								      .type = 'd',
								      .name = names[i]}),
				 0);
	assert_int_equal(kallmod_symbols_sort(symbols), 0);
	assert_int_equal(kallmod_sig_initcalls_read(symbols, &initcalls), 0);
	assert_string_equal(kallmod_sig_initcalls_find(&initcalls, "go", &n)[0].module, "one");
	assert_int_equal(n, 2);
	assert_string_equal(kallmod_sig_initcalls_find(&initcalls, "alone", &n)->module, "one");
	assert_int_equal(n, 1);
	kallmod_sig_initcalls_find(&initcalls, "zz", &n);
	assert_int_equal(n, 0);
	kallmod_sig_initcalls_deinit(&initcalls);
	kallmod_symbols_destroy(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(a_path_of_the_list_finds_its_object),
		rooted_test(a_title_finds_the_object_and_what_is_beside_it),
		rooted_test(a_directory_that_is_one_module),
		rooted_test(copies_are_told_apart_by_the_order_of_linking),
		cmocka_unit_test(names_of_initcalls_are_split),
		cmocka_unit_test(initcalls_are_found_by_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
