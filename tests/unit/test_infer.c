// SPDX-License-Identifier: GPL-2.0-only
/* The source "signatures" on a made-up kernel of a few dozen functions. */
#include <errno.h>

#include "infer_kernel.h"

/* Signatures of alpha and beta, 20 functions each, in both releases; of gamma in the old one. */
static void write_signatures(struct fake_root *root)
{
	static const char *const modules[] = {"alpha", "beta", "gamma"};
	struct kallmod_sigbuilder *builder;
	char path[128], name[64];

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 3; k++) {
			int old = kallmod_sigbuilder_release(builder, "5.10.0-old");
			int new = kallmod_sigbuilder_release(builder, "6.9.0-new");
			int module = kallmod_sigbuilder_module(builder, modules[k], "");

			snprintf(name, sizeof(name), "%s_%d", modules[k], i);
			assert_int_equal(kallmod_sigbuilder_add(builder, old, module, name), 0);
			if (k < 2)
				assert_int_equal(kallmod_sigbuilder_add(builder, new, module,
									name), 0);
		}
	}
	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "signatures"), 0);
}

static void modules_stand_out_from_the_core(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, beta, core, end;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 10);
	core = kernel_functions(&kernel, "vfs", 20);
	beta = kernel_functions(&kernel, "beta", 10);
	end = kernel_functions(&kernel, "mm", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, TEXT, "-");
	assert_stretch(map, alpha, core, "alpha");
	assert_stretch(map, core, beta, "-");
	assert_stretch(map, beta, end, "beta");
	assert_module(map, kernel.at - 1, "-");
	kallmod_map_destroy(map);
}

static void an_unknown_name_inside_does_not_break_a_module(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, end;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 8);
	kernel_functions(&kernel, "brand_new_helper", 1);
	kernel_add(&kernel, kernel.at, "alpha_15");
	kernel.at += STEP;
	kernel_add(&kernel, kernel.at, "alpha_16");
	kernel.at += STEP;
	end = kernel_functions(&kernel, "vfs", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, alpha, end, "alpha");
	kallmod_map_destroy(map);
}

static void modules_may_touch(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, beta, end;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 10);
	beta = kernel_functions(&kernel, "beta", 10);
	end = kernel_functions(&kernel, "vfs", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, alpha, beta, "alpha");
	assert_stretch(map, beta, end, "beta");
	kallmod_map_destroy(map);
}

static void a_module_that_nobody_knows_stays_core(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t vendor, end;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "alpha", 10);
	kernel_functions(&kernel, "vfs", 20);
	vendor = kernel_functions(&kernel, "vendor", 30);
	end = kernel_functions(&kernel, "mm", 5);
	kernel_end(&kernel, root);
	map = infer(root);
	for (uint64_t addr = vendor; addr < end; addr += STEP)
		assert_module(map, addr, "-");
	kallmod_map_destroy(map);
}

/* One name of a module amid the core is chance: unknown stays core. */
static void a_single_name_proves_nothing(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t lonely;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	kernel_functions(&kernel, "alpha", 10);
	kernel_functions(&kernel, "vfs", 20);
	lonely = kernel.at;
	kernel_add(&kernel, lonely, "beta_7");
	kernel.at += STEP;
	kernel_functions(&kernel, "mm", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, lonely, "-");
	kallmod_map_destroy(map);
}

/* A stretch of known names is surer than one with strangers in it, and none is beyond doubt. */
static void confidence_says_how_sure(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_range *sure, *unsure;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, beta;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 20);
	kernel_functions(&kernel, "vfs", 20);
	beta = kernel_functions(&kernel, "beta", 5);
	kernel_functions(&kernel, "new", 3);
	for (int i = 10; i < 15; i++) {
		char name[32];

		snprintf(name, sizeof(name), "beta_%d", i);
		kernel_add(&kernel, kernel.at, name);
		kernel.at += STEP;
	}
	kernel_functions(&kernel, "mm", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	sure = kallmod_map_find(map, alpha);
	unsure = kallmod_map_find(map, beta);
	assert_module(map, beta, "beta");
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		assert_true(range->confidence >= 0 && range->confidence <= 1);
		if (range->set)
			assert_true(range->confidence > 0 && range->confidence < 1);
	}
	assert_true(sure->confidence > .98);
	assert_true(unsure->confidence < sure->confidence);
	kallmod_map_destroy(map);
}

static void padding_symbols_belong_to_the_function_behind(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel.at;
	kernel_add(&kernel, alpha, "__pfx_alpha_0");
	kernel.at += 0x10;
	kernel_functions(&kernel, "alpha", 10);
	kernel_functions(&kernel, "vfs", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_int_equal(kallmod_map_find(map, alpha)->start, alpha);
	assert_module(map, alpha, "alpha");
	kallmod_map_destroy(map);
}

static struct kallmod_map *infer_alpha_and_gamma(struct fake_root *root, uint64_t *alpha,
						 uint64_t *gamma)
{
	struct kernel kernel;

	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	*alpha = kernel_functions(&kernel, "alpha", 10);
	kernel_functions(&kernel, "vfs", 20);
	*gamma = kernel_functions(&kernel, "gamma", 10);
	kernel_functions(&kernel, "mm", 20);
	kernel_end(&kernel, root);
	return infer(root);
}

/* Only the old release has gamma. */
static void excluded_releases_are_left_out(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	uint64_t alpha, gamma;

	write_signatures(root);
	map = infer_alpha_and_gamma(root, &alpha, &gamma);
	assert_module(map, gamma, "gamma");
	kallmod_map_destroy(map);
	kallmod_ctx_set(root->ctx, KALLMOD_OPT_EXCLUDE_RELEASE, "5.10");
	map = infer_alpha_and_gamma(root, &alpha, &gamma);
	assert_module(map, alpha, "alpha");
	assert_module(map, gamma, "-");
	kallmod_map_destroy(map);
	kallmod_ctx_set(root->ctx, KALLMOD_OPT_EXCLUDE_RELEASE, "6");
	map = infer_alpha_and_gamma(root, &alpha, &gamma);
	assert_module(map, alpha, "alpha");
	kallmod_map_destroy(map);
}

static void no_release_left_is_an_error(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "alpha", 10);
	kernel_end(&kernel, root);
	kallmod_ctx_set(root->ctx, KALLMOD_OPT_EXCLUDE_RELEASE, "");
	assert_true(kallmod_map_build(root->ctx, &map) < 0);
	assert_non_null(strstr(kallmod_ctx_error(root->ctx), "left out"));
}

static void modules_builtin_limits_what_can_be_there(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	uint64_t alpha, gamma;

	write_signatures(root);
	fake_root_write(root, "lib/modules/" RELEASE "/modules.builtin",
			"kernel/drivers/alpha.ko\nkernel/drivers/delta-x.ko\n");
	map = infer_alpha_and_gamma(root, &alpha, &gamma);
	assert_module(map, alpha, "alpha");
	assert_module(map, gamma, "-");
	kallmod_map_destroy(map);
}

static const struct signature sharing[] = {
	{"6.1.0-new", "alpha", "alpha", 20}, {"6.1.0-new", "beta", "beta", 20},
	{"6.1.0-new", "alpha", "both", 12},  {"6.1.0-new", "beta", "both", 12},
	{"6.1.0-new", NULL, "schedule", 20}, {"6.1.0-new", NULL, "vfs", 20}};

/* An object that two modules have is linked once: it is of both. */
static void a_shared_object_is_of_both(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, both, beta;

	WRITE_LINES(root, sharing);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	alpha = kernel_functions(&kernel, "alpha", 20);
	both = kernel_functions(&kernel, "both", 12);
	beta = kernel_functions(&kernel, "beta", 20);
	kernel_functions(&kernel, "vfs", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, alpha, "alpha");
	assert_stretch(map, both, beta, "alpha,beta");
	assert_module(map, beta, "beta");
	kallmod_map_destroy(map);
}

/* Each has its own copy: static functions of a header. */
static void two_copies_are_not_shared(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, first, beta, second;

	WRITE_LINES(root, sharing);
	kernel_begin(&kernel);
	alpha = kernel_functions(&kernel, "alpha", 20);
	first = kernel_functions(&kernel, "both", 12);
	kernel_functions(&kernel, "vfs", 20);
	beta = kernel_functions(&kernel, "beta", 20);
	second = kernel_functions(&kernel, "both", 12);
	kernel_functions(&kernel, "schedule", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, alpha, first + 12 * STEP, "alpha");
	assert_stretch(map, beta, second + 12 * STEP, "beta");
	kallmod_map_destroy(map);
}

static void strangers_alone_are_no_map(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "vendor", 30);
	kernel_end(&kernel, root);
	assert_true(kallmod_map_build(root->ctx, &map) < 0);
}

static void broken_files_are_named(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;

	write_signatures(root);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "alpha", 10);
	kernel_end(&kernel, root);
	fake_root_write(root, "torn.sig", "kallsig");
	assert_int_equal(kallmod_map_build(root->ctx, &map), -EINVAL);
	assert_error(root->ctx, "/torn.sig: is no signature file");
}

/* What the nearest release has in the core is not a module's because one long ago was. */
static void the_nearest_release_settles_the_core(void **state)
{
	static const struct signature moved[] = {
		{"5.10.0-old", "alpha", "alpha", 20}, {RELEASE, NULL, "alpha", 20},
		{"5.10.0-old", NULL, "beta", 20},     {RELEASE, "beta", "beta", 20},
		{RELEASE, NULL, "schedule", 80},      {RELEASE, NULL, "vfs", 20}};
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha, beta;

	WRITE_LINES(root, moved);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 80);
	alpha = kernel_functions(&kernel, "alpha", 20);
	kernel_functions(&kernel, "vfs", 20);
	beta = kernel_functions(&kernel, "beta", 20);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_module(map, alpha, "-");
	assert_module(map, beta, "beta");
	kallmod_map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(modules_stand_out_from_the_core),
		rooted_test(an_unknown_name_inside_does_not_break_a_module),
		rooted_test(modules_may_touch),
		rooted_test(a_module_that_nobody_knows_stays_core),
		rooted_test(a_single_name_proves_nothing),
		rooted_test(confidence_says_how_sure),
		rooted_test(padding_symbols_belong_to_the_function_behind),
		rooted_test(excluded_releases_are_left_out),
		rooted_test(no_release_left_is_an_error),
		rooted_test(modules_builtin_limits_what_can_be_there),
		rooted_test(a_shared_object_is_of_both),
		rooted_test(two_copies_are_not_shared),
		rooted_test(strangers_alone_are_no_map),
		rooted_test(broken_files_are_named),
		rooted_test(the_nearest_release_settles_the_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
