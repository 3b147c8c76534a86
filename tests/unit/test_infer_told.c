// SPDX-License-Identifier: GPL-2.0-only
/* Inference with what the kernel itself says of its functions, and without what lies astray. */
#include "dynamic_debug.h"
#include "infer_kernel.h"
#include "sig_initcalls.h"
#include "sigset.h"

static const struct signature lines[] = {
	{RELEASE, NULL, "schedule", 40},
	{RELEASE, "alpha", "alpha", 12, "fs/alpha"},
	{RELEASE, "beta", "beta", 12, "fs/beta"},
	{RELEASE, "beta", "both", 8, "fs/beta"},
	{RELEASE, "gamma", "both", 8, "fs/gamma"},
	{RELEASE, "gamma", "gamma", 12, "fs/gamma"},
	{RELEASE, "delta", "delta", 12, "net/delta"},
	{RELEASE, "omega", "omega", 12, "net/omega"},
};

static void kernel_call(struct kernel *kernel, const char *module, const char *function)
{
	kernel->length += snprintf(kernel->kallsyms + kernel->length,
				   sizeof(kernel->kallsyms) - kernel->length,
				   "ffffffff83000000 d __initcall__kmod_%s__1_2_%s6\n", module,
				   function);
	assert_true(kernel->length < sizeof(kernel->kallsyms));
}

/* ---- initcalls and debug messages ------------------------------------------------------ */

/* Of two modules with a name, the initcall says which one has it here. */
static void an_initcall_tells_whose_a_function_is(void **state)
{
	static const char *const modules[] = {"beta", "gamma"};
	struct fake_root *root = *state;

	WRITE_LINES(root, lines);
	for (size_t i = 0; i < 2; i++) {
		struct kallmod_map *map;
		struct kernel kernel;
		uint64_t both;

		kernel_begin(&kernel);
		kernel_functions(&kernel, "schedule", 20);
		kernel_functions(&kernel, "beta", 12);
		both = kernel_functions(&kernel, "both", 1);
		kernel_functions(&kernel, "gamma", 12);
		kernel_call(&kernel, modules[i], "both_0");
		kernel_end(&kernel, root);
		map = infer(root);
		assert_module(map, both, modules[i]);
		kallmod_map_destroy(map);
	}
}

/* What is called otherwise than all modules that are known to have the name is none of them. */
static void a_vendors_copy_is_left_alone(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t copy;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	copy = kernel_functions(&kernel, "alpha", 4);
	kernel_functions(&kernel, "delta", 12);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, copy, copy + 4 * STEP, "alpha");
	kallmod_map_destroy(map);

	for (int i = 0; i < 4; i++) {
		char function[16];

		snprintf(function, sizeof(function), "alpha_%d", i);
		kernel_call(&kernel, "vendor", function);
	}
	fake_root_write(root, "proc/kallsyms", kernel.kallsyms);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "signatures"), 0);
	map = infer(root);
	assert_module(map, copy, "-");
	assert_module(map, copy + 3 * STEP, "-");
	assert_module(map, copy + 4 * STEP, "delta");
	kallmod_map_destroy(map);
}

/* Two functions of a name, one initcall: it may call either. */
static void of_two_functions_nothing_is_told(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 12);
	kernel_functions(&kernel, "schedule", 10);
	kernel_part(&kernel, "alpha", 5, 6);
	kernel_call(&kernel, "other", "alpha_5");
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, alpha, alpha + 12 * STEP, "alpha");
	kallmod_map_destroy(map);
}

/* What is loaded has messages too, of functions that are not in the image. */
static void messages_of_loaded_modules_tell_nothing(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_sigset *set;
	struct kernel kernel;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "alpha", 12);
	kernel_end(&kernel, root);
	fake_root_write(root, "proc/modules", "loaded 4096 0 - Live 0x0000000000000000\n");
	fake_root_write(root, "proc/dynamic_debug/control",
			"drivers/a.c:1 [loaded]alpha_3 =_ \"\"\n"
			"drivers/b.c:1 [built_in]alpha_4 =_ \"\"\n");
	assert_int_equal(kallmod_sigset_open(root->ctx, &set), 0);
	assert_null(kallmod_sigset_told_name(set, "alpha_3"));
	assert_string_equal(kallmod_sigset_told_name(set, "alpha_4"), "built_in");
	assert_string_equal(kallmod_sigset_told_name(set, "alpha_4.cold"), "built_in");
	kallmod_sigset_close(set);
}

/* Then nobody knows which messages are of loaded ones: there are none, and the rest stays. */
static void with_a_torn_list_of_modules_messages_tell_nothing(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	alpha = kernel_functions(&kernel, "alpha", 12);
	kernel_end(&kernel, root);
	fake_root_write(root, "proc/modules", "torn 40");
	fake_root_write(root, "proc/dynamic_debug/control",
			"drivers/a.c:1 [other]alpha_3 =_ \"\"\n");
	map = infer(root);
	assert_stretch(map, alpha, alpha + 12 * STEP, "alpha");
	kallmod_map_destroy(map);
}

struct list {
	char text[256];
};

static int add_message(void *arg, const char *module, const char *function)
{
	struct list *list = arg;
	size_t used = strlen(list->text);

	snprintf(list->text + used, sizeof(list->text) - used, "%s:%s ", module, function);
	return 0;
}

static void odd_messages_are_left_out(void **state)
{
	struct fake_root *root = *state;
	struct list list = {};

	assert_int_equal(kallmod_dynamic_debug_read(root->ctx, add_message, &list), 0);
	assert_string_equal(list.text, "");
	fake_root_write(root, "sys/kernel/debug/dynamic_debug/control",
			"a.c:1 []x =_ \"\"\n"
			"a.c:1 [m] =_ \"\"\n"
			"a.c:1 [m\n"
			"a.c:1 [m]f\n"
			"\n"
			"a.c:1 [m]f =_ \"[n]g =\"\n"
			"torn [a]b =_");
	assert_int_equal(kallmod_dynamic_debug_read(root->ctx, add_message, &list), 0);
	assert_string_equal(list.text, "m:f ");
}

/* The rest of a hostile list is left out. */
static void no_more_is_kept_than_a_kernel_can_have(void **state)
{
	struct kallmod_sig_initcalls initcalls = {};

	(void)state;
	for (size_t i = 0; i < KALLMOD_SIG_INITCALLS_MAX + 2; i++)
		assert_int_equal(kallmod_sig_initcalls_add(&initcalls, "m", 1, "f", 1), 0);
	assert_int_equal(initcalls.n, KALLMOD_SIG_INITCALLS_MAX);
	kallmod_sig_initcalls_sort(&initcalls);
	assert_int_equal(initcalls.n, 1);
	kallmod_sig_initcalls_deinit(&initcalls);
}

/* ---- strays ---------------------------------------------------------------------------- */

/* A function of a module, among others, away from where the linker has the module. */
static void what_lies_astray_is_not_the_modules(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t stray, beta;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	kernel_functions(&kernel, "alpha", 12);
	stray = kernel_functions(&kernel, "omega", 1);
	beta = kernel_functions(&kernel, "beta", 12);
	kernel_functions(&kernel, "gamma", 12);
	kernel_functions(&kernel, "delta", 12);
	kernel_part(&kernel, "omega", 1, 12);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, stray, "-");
	assert_module(map, beta, "beta");
	assert_module(map, kernel.at - 1, "omega");
	kallmod_map_destroy(map);
}

/* The same two pieces in two parts of the text: all is linked once more, from the start. */
static void a_piece_in_another_part_of_the_text_is(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t cold;

	WRITE_LINES(root, lines);
	kernel_begin(&kernel);
	kernel_part(&kernel, "alpha", 10, 12);
	kernel_part(&kernel, "beta", 9, 12);
	kernel_part(&kernel, "delta", 9, 12);
	cold = kernel_part(&kernel, "omega", 10, 12);
	kernel_functions(&kernel, "schedule", 20);
	kernel_part(&kernel, "alpha", 0, 10);
	kernel_part(&kernel, "beta", 0, 9);
	kernel_functions(&kernel, "gamma", 12);
	kernel_part(&kernel, "delta", 0, 9);
	kernel_part(&kernel, "omega", 0, 10);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, cold, cold + 2 * STEP, "omega");
	kallmod_map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(an_initcall_tells_whose_a_function_is),
		rooted_test(a_vendors_copy_is_left_alone),
		rooted_test(of_two_functions_nothing_is_told),
		rooted_test(messages_of_loaded_modules_tell_nothing),
		rooted_test(with_a_torn_list_of_modules_messages_tell_nothing),
		rooted_test(odd_messages_are_left_out),
		cmocka_unit_test(no_more_is_kept_than_a_kernel_can_have),
		rooted_test(what_lies_astray_is_not_the_modules),
		rooted_test(a_piece_in_another_part_of_the_text_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
