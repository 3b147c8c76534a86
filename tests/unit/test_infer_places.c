// SPDX-License-Identifier: GPL-2.0-only
/* What inference knows besides names: order, pieces, sizes, versions and architectures. */
#include <zlib.h>

#include "cleanup.h"
#include "file.h"
#include "infer_kernel.h"
#include "sigset.h"

/* ---- the order of linking ---------------------------------------------------------------- */

static const struct signature twins[] = {
	{RELEASE, "early", "early", 12, "fs/early"}, {RELEASE, "twin_a", "twin", 12, "fs/twin"},
	{RELEASE, "middle", "middle", 12, "net/mid"}, {RELEASE, "twin_b", "twin", 12, "sound/twin"},
	{RELEASE, "late", "late", 12, "virt/late"},   {RELEASE, NULL, "schedule", 40}};

/* Two modules have the same names, and one of them is where the linker is. */
static void the_order_of_linking_tells_twins_apart(void **state)
{
	static const struct {
		const char *prefixes[4], *name;
	} kernels[] = {{{"early", "twin", "middle", "late"}, "twin_a"},
		       {{"early", "middle", "twin", "late"}, "twin_b"}};
	struct fake_root *root = *state;

	WRITE_LINES(root, twins);
	for (size_t i = 0; i < 2; i++) {
		struct kallmod_map *map;
		struct kernel kernel;
		uint64_t twin = 0;

		kernel_begin(&kernel);
		kernel_functions(&kernel, "schedule", 40);
		for (size_t k = 0; k < 4; k++) {
			uint64_t at = kernel_functions(&kernel, kernels[i].prefixes[k], 12);

			twin = strcmp(kernels[i].prefixes[k], "twin") ? twin : at;
		}
		kernel_end(&kernel, root);
		map = infer(root);
		assert_stretch(map, twin, twin + 12 * STEP, kernels[i].name);
		kallmod_map_destroy(map);
	}
}

/* The place of every module and directory of ROOT/a.sig, with a right checksum. */
static void set_places(struct fake_root *root, uint32_t place)
{
	cleanup_free char *data = NULL;
	struct kallmod_sig_header *header;
	struct kallmod_sigfile file;
	char path[128];
	size_t size, first, end;
	FILE *to;

	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	assert_int_equal(kallmod_file_read(root->ctx, path, 1 << 20, &data, &size), 0);
	assert_int_equal(kallmod_sigfile_parse(root->ctx, "a.sig", data, size, &file), 0);
	first = (const char *)file.places - data;
	end = (const char *)file.existing - data;
	for (; first < end; first += 4)
		memcpy(data + first, &place, 4);
	header = (struct kallmod_sig_header *)data;
	header->crc32 = crc32(0, (const Bytef *)data + sizeof(*header), size - sizeof(*header));
	to = fopen(path, "w");
	assert_non_null(to);
	assert_int_equal(fwrite(data, 1, size, to), size);
	assert_int_equal(fclose(to), 0);
}

static void places_that_end_before_they_begin_are_refused(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	struct kernel kernel;

	WRITE_LINES(root, twins);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "early", 12);
	kernel_end(&kernel, root);
	set_places(root, 5 << 16 | 6);
	assert_int_equal(kallmod_map_build(root->ctx, &map), -EINVAL);
	assert_error(root->ctx, "/a.sig: contradicts itself");
	/* All in one place, be it the last: an order of no use, and no harm. */
	WRITE_LINES(root, twins);
	set_places(root, UINT32_MAX);
	map = infer(root);
	assert_module(map, TEXT, "early");
	kallmod_map_destroy(map);
}

/* ---- one piece --------------------------------------------------------------------------- */

static const struct signature pieces[] = {{RELEASE, "alpha", "alpha", 30},
					  {RELEASE, "beta", "beta", 20},
					  {RELEASE, NULL, "schedule", 40}};

/* Some functions of alpha, n of beta, the others of alpha. */
static struct kallmod_map *infer_split(struct fake_root *root, int n, uint64_t *alpha,
				       uint64_t *beta, uint64_t *end)
{
	struct kernel kernel;

	WRITE_LINES(root, pieces);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "schedule", 20);
	*alpha = kernel_part(&kernel, "alpha", 0, 15);
	*beta = kernel_functions(&kernel, "beta", n);
	kernel_part(&kernel, "alpha", 15, 30);
	*end = kernel.at;
	kernel_part(&kernel, "schedule", 20, 40);
	kernel_end(&kernel, root);
	return infer(root);
}

/* A module is linked in one piece: two names amid it that were another's have moved. */
static void a_module_is_in_one_piece(void **state)
{
	uint64_t alpha, beta, end;
	struct kallmod_map *map = infer_split(*state, 2, &alpha, &beta, &end);

	assert_stretch(map, alpha, end, "alpha");
	kallmod_map_destroy(map);
}

/* But not at any price. */
static void what_is_whole_between_two_parts_stays(void **state)
{
	uint64_t alpha, beta, end;
	struct kallmod_map *map = infer_split(*state, 12, &alpha, &beta, &end);

	assert_stretch(map, alpha, beta, "alpha");
	assert_stretch(map, beta, beta + 12 * STEP, "beta");
	assert_stretch(map, beta + 12 * STEP, end, "alpha");
	kallmod_map_destroy(map);
}

/* ---- strays ------------------------------------------------------------------------------ */

static const struct signature sizes[] = {{RELEASE, "big", "big", 100},
					 {RELEASE, "small", "small", 4},
					 {RELEASE, NULL, "schedule", 60}};

static struct kallmod_map *infer_strays(struct fake_root *root, uint64_t *big, uint64_t *small)
{
	struct kernel kernel;

	WRITE_LINES(root, sizes);
	kernel_begin(&kernel);
	kernel_part(&kernel, "schedule", 0, 20);
	*big = kernel_part(&kernel, "big", 50, 53);
	kernel_part(&kernel, "schedule", 20, 40);
	*small = kernel_part(&kernel, "small", 1, 4);
	kernel_part(&kernel, "schedule", 40, 60);
	kernel_end(&kernel, root);
	return infer(root);
}

/* Three functions of a hundred are another's by now; three of four are the module. */
static void a_few_of_many_functions_are_no_module(void **state)
{
	uint64_t big, small;
	struct kallmod_map *map = infer_strays(*state, &big, &small);

	assert_module(map, big, "-");
	assert_stretch(map, small, small + 3 * STEP, "small");
	kallmod_map_destroy(map);
}

static void a_listed_module_is_no_stray(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;
	uint64_t big, small;

	fake_root_write(root, "lib/modules/" RELEASE "/modules.builtin",
			"kernel/drivers/big.ko\nkernel/drivers/small.ko\n");
	map = infer_strays(root, &big, &small);
	assert_stretch(map, big, big + 3 * STEP, "big");
	assert_true(kallmod_map_find(map, big)->confidence > .9f);
	assert_stretch(map, small, small + 3 * STEP, "small");
	kallmod_map_destroy(map);
}

/* ---- which releases count ---------------------------------------------------------------- */

/* The same names are of other modules on another architecture. */
static void names_count_of_the_own_architecture(void **state)
{
	static const struct signature lines[] = {
		{"6.12.0-1-amd64", "alpha", "one", 12}, {"6.12.0-1-arm64", "beta", "one", 12},
		{"6.12.0-1-amd64", NULL, "schedule", 20}, {"6.12.0-1-arm64", NULL, "schedule", 20},
		{"6.12.0-1-amd64", "gamma", "two", 12}, {"6.12.0-1-arm64", "delta", "three", 12},
		{"6.12.0-1-arm64", "alef", "four", 12}, {"6.12.0-1-amd64", "bet", "four", 12}};
	static const struct {
		const char *symbol, *one, *four;
	} kernels[] = {{"entry_SYSCALL_64", "alpha", "bet"}, {"__arm64_sys_read", "beta", "alef"}};
	struct fake_root *root = *state;

	WRITE_LINES(root, lines);
	for (size_t i = 0; i < 2; i++) {
		uint64_t one, two, three, four;
		struct kallmod_map *map;
		struct kernel kernel;

		kernel_begin(&kernel);
		kernel_add(&kernel, kernel.at, kernels[i].symbol);
		kernel_functions(&kernel, "schedule", 20);
		one = kernel_functions(&kernel, "one", 12);
		two = kernel_functions(&kernel, "two", 12);
		three = kernel_functions(&kernel, "three", 12);
		four = kernel_functions(&kernel, "four", 12);
		kernel_end(&kernel, root);
		map = infer(root);
		assert_stretch(map, one, one + 12 * STEP, kernels[i].one);
		assert_stretch(map, four, four + 12 * STEP, kernels[i].four);
		/* What the own architecture does not know, another one does. */
		assert_stretch(map, two, two + 12 * STEP, "gamma");
		assert_stretch(map, three, three + 12 * STEP, "delta");
		kallmod_map_destroy(map);
	}
}

/* Functions came and went, and a file of symbols does not say of which release they are. */
static void functions_tell_the_version(void **state)
{
	static const struct signature lines[] = {
		{"5.10.0-a", "x", "moved", 20}, {"6.1.0-b", "y", "moved", 20},
		{"6.12.0-c", "z", "moved", 20}, {"5.10.0-a", NULL, "all", 80},
		{"6.1.0-b", NULL, "all", 80},	{"6.12.0-c", NULL, "all", 80},
		{"5.10.0-a", NULL, "old", 80},	{"5.10.0-a", NULL, "until", 80},
		{"6.1.0-b", NULL, "until", 80}, {"6.1.0-b", NULL, "since", 80},
		{"6.12.0-c", NULL, "since", 80}, {"6.12.0-c", NULL, "new", 80}};
	static const struct {
		const char *prefixes[2], *name, *summary;
	} kernels[] = {{{"old", "until"}, "x", "3 releases, as a kernel like 5.10"},
		       {{"until", "since"}, "y", "3 releases, as a kernel like 6.1"},
		       {{"since", "new"}, "z", "3 releases, as a kernel like 6.12"}};
	struct fake_root *root = *state;
	char path[128];

	WRITE_LINES(root, lines);
	/* That of the kernel that runs here is another one's. */
	fake_root_write(root, "proc/sys/kernel/osrelease", "6.3.0-running\n");
	snprintf(path, sizeof(path), "%s/proc/kallsyms", root->path);
	for (size_t i = 0; i < 3; i++) {
		struct kallmod_sigset *set;
		struct kallmod_map *map;
		struct kernel kernel;
		uint64_t moved;

		kernel_begin(&kernel);
		kernel_functions(&kernel, "all", 80);
		kernel_functions(&kernel, kernels[i].prefixes[0], 80);
		kernel_functions(&kernel, kernels[i].prefixes[1], 80);
		moved = kernel_functions(&kernel, "moved", 20);
		kernel_end(&kernel, root);
		assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_KALLSYMS, path), 0);
		assert_int_equal(kallmod_sigset_open(root->ctx, &set), 0);
		assert_string_equal(kallmod_sigset_summary(set), kernels[i].summary);
		kallmod_sigset_close(set);
		map = infer(root);
		assert_stretch(map, moved, moved + 20 * STEP, kernels[i].name);
		kallmod_map_destroy(map);
	}
}

/* ---- symbols that are no functions ------------------------------------------------------- */

/* Functions of alpha with 16 bytes before each, and a symbol there where prefix is not NULL. */
static float infer_prefixed(struct fake_root *root, const char *prefix)
{
	struct kallmod_map *map;
	struct kernel kernel;
	uint64_t alpha;
	float confidence;
	char name[32];

	WRITE_LINES(root, pieces);
	kernel_begin(&kernel);
	kernel_part(&kernel, "schedule", 0, 20);
	alpha = kernel.at;
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%salpha_%d", prefix ? prefix : "", i);
		if (prefix)
			kernel_add(&kernel, kernel.at, name);
		kernel.at += prefix ? 0x10 : 0;
		kernel_part(&kernel, "alpha", i, i + 1);
	}
	kernel_part(&kernel, "schedule", 20, 40);
	kernel_end(&kernel, root);
	map = infer(root);
	assert_stretch(map, alpha, alpha + 5 * (STEP + (prefix ? 0x10 : 0)), "alpha");
	confidence = kallmod_map_find(map, alpha)->confidence;
	kallmod_map_destroy(map);
	return confidence;
}

/* Room for tracing, and clang's hashes of types: part of the function behind, and no more evidence. */
static void what_is_before_a_function_is_part_of_it(void **state)
{
	float alone = infer_prefixed(*state, NULL);

	assert_true(infer_prefixed(*state, "__pfx_") == alone);
	assert_true(infer_prefixed(*state, "__cfi_") == alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(the_order_of_linking_tells_twins_apart),
		rooted_test(places_that_end_before_they_begin_are_refused),
		rooted_test(a_module_is_in_one_piece),
		rooted_test(what_is_whole_between_two_parts_stays),
		rooted_test(a_few_of_many_functions_are_no_module),
		rooted_test(a_listed_module_is_no_stray),
		rooted_test(names_count_of_the_own_architecture),
		rooted_test(functions_tell_the_version),
		rooted_test(what_is_before_a_function_is_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
