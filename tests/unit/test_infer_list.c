// SPDX-License-Identifier: GPL-2.0-only
/* Inference of modules that a modules.builtin lists and no release has: vendors', new, renamed. */
#include "infer_kernel.h"
#include "module_names.h"

#define NAMES "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"
static const char *const names[] = {NAMES};
enum { NNAMES = sizeof(names) / sizeof(names[0]), EACH = 4 };

/* Signatures of drivers/NAME/NAME, in that order, and of the core. */
static void write_signatures(struct fake_root *root)
{
	struct signature lines[NNAMES + 2] = {{RELEASE, NULL, "schedule", 40, NULL}};
	char directories[NNAMES][32];

	for (size_t i = 0; i < NNAMES; i++) {
		snprintf(directories[i], sizeof(directories[i]), "drivers/%s", names[i]);
		lines[i + 1] =
			(struct signature){RELEASE, names[i], names[i], EACH, directories[i]};
	}
	lines[NNAMES + 1] = (struct signature){RELEASE, "smem", "smem", EACH, "drivers/zz"};
	write_lines(root, lines, NNAMES + 2);
}

/* A list with every name, and more behind the one called that. */
static void write_list(struct fake_root *root, const char *behind, const char *more)
{
	char text[1024], path[128];
	size_t n = 0;

	for (size_t i = 0; i < NNAMES; i++)
		n += snprintf(text + n, sizeof(text) - n, "kernel/drivers/%s/%s.ko\n%s", names[i],
			      names[i], strcmp(names[i], behind) ? "" : more);
	assert_true(n < sizeof(text));
	fake_root_write(root, "modules.builtin", text);
	snprintf(path, sizeof(path), "%s/modules.builtin", root->path);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_MODULES_BUILTIN, path), 0);
}

/* The functions of the names in [first, end), EACH of each. */
static void add_known(struct kernel *kernel, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		kernel_functions(kernel, names[i], EACH);
}

static void a_listed_vendors_module_is_found_in_its_place(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t early, first, second;

	write_signatures(root);
	write_list(root, "five",
		   "kernel/drivers/vendor/vendor-dma.ko\nkernel/drivers/vendor/vendor_spi.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	early = kernel_functions(&kernel, "vendor_dma_early", 2);
	add_known(&kernel, 0, 5);
	kernel_functions(&kernel, "new_of_the_core", 2);
	first = kernel_functions(&kernel, "vendor_dma_start", 3);
	kernel_functions(&kernel, "helper", 1);
	kernel_functions(&kernel, "vendor_dma_stop", 1);
	second = kernel_functions(&kernel, "vendor_spi", 5);
	kernel_functions(&kernel, "more_of_the_core", 2);
	add_known(&kernel, 5, NNAMES);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, early, "-");
	assert_module(map, first - 1, "-");
	assert_stretch(map, first, second, "vendor_dma");
	assert_stretch(map, second, second + 5 * STEP, "vendor_spi");
	assert_module(map, second + 5 * STEP, "-");
	kallmod_map_destroy(map);
}

/* Sorted by name, say: then the places in it tell nothing. */
static void a_list_in_another_order_tells_no_place(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t vendor;

	write_signatures(root);
	write_list(root, "five", "kernel/drivers/vendor/vendor.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	add_known(&kernel, 4, 5);
	vendor = kernel_functions(&kernel, "vendor", 5);
	add_known(&kernel, 5, NNAMES);
	add_known(&kernel, 2, 4);
	add_known(&kernel, 0, 2);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, vendor, "-");
	kallmod_map_destroy(map);
}

/* The release's smem is not in the list, and its function's initcall says soc_smem, which is. */
static void a_renamed_module_has_its_new_name(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t smem;

	write_signatures(root);
	write_list(root, "ten", "kernel/drivers/zz/soc-smem.ko\n");
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	add_known(&kernel, 0, NNAMES);
	smem = kernel_functions(&kernel, "smem", EACH);
	kernel_functions(&kernel, "schedule", 20);
	kernel.length += snprintf(kernel.kallsyms + kernel.length,
				  sizeof(kernel.kallsyms) - kernel.length,
				  "ffffffff83000000 d __initcall__kmod_soc_smem__1_2_smem_26\n");
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, smem, smem + EACH * STEP, "soc_smem");
	kallmod_map_destroy(map);
}

static void names_are_compared_by_their_longest_common_part(void **state)
{
	(void)state;
	assert_int_equal(kallmod_module_names_alike("imx93_clocks_probe", "clk-imx93"), 5);
	assert_int_equal(kallmod_module_names_alike("qcom_smem.o", "qcom-smem.ko"), 9);
	assert_int_equal(kallmod_module_names_alike("a.bcd", "x.bcd"), 0);
	assert_int_equal(kallmod_module_names_alike("", "abc"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(a_listed_vendors_module_is_found_in_its_place),
		rooted_test(a_list_in_another_order_tells_no_place),
		rooted_test(a_renamed_module_has_its_new_name),
		cmocka_unit_test(names_are_compared_by_their_longest_common_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
