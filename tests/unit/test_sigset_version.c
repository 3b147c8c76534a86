// SPDX-License-Identifier: GPL-2.0-only
/* Which version a kernel is like, by the names of its functions and by what it says. */
#include "infer_kernel.h"
#include "sigset.h"
#include "sigset_priv.h"

#define VERSION(major, minor) ((major) * 200 + (minor) * 10)

/* n functions PREFIX_0 … of an object, in the releases "abc" of those that are given. */
struct names {
	const char *in, *object, *prefix;
	size_t n;
};

static void write_names(struct fake_root *root, const char *const *releases,
			const struct names *lines, size_t n)
{
	struct kallmod_sigbuilder *builder;
	char path[128], name[64];

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	for (size_t i = 0; i < n; i++) {
		int object = kallmod_sigbuilder_object(builder, lines[i].object);

		for (size_t k = 0; k < strlen(lines[i].in) * lines[i].n; k++) {
			int in = lines[i].in[k / lines[i].n] - 'a';
			int release = kallmod_sigbuilder_release(builder, releases[in]);

			snprintf(name, sizeof(name), "%s_%zu", lines[i].prefix, k % lines[i].n);
			assert_int_equal(kallmod_sigbuilder_add(builder, release, object, name), 0);
		}
	}
	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
}
#define WRITE_NAMES(root, releases, lines) \
	write_names(root, releases, lines, sizeof(lines) / sizeof((lines)[0]))

/* Of a kernel that does not run here, and says that it is that release; NULL: says nothing. */
static struct kallmod_sigset *open_set(struct fake_root *root, struct kernel *kernel,
				       const char *release)
{
	struct kallmod_sigset *set;
	char path[128];

	fake_root_write(root, "proc/sys/kernel/osrelease", "6.3.0-running\n");
	kernel_end(kernel, root);
	snprintf(path, sizeof(path), "%s/proc/kallsyms", root->path);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_KALLSYMS, path), 0);
	if (release)
		assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, release), 0);
	assert_int_equal(kallmod_sigset_open(root->ctx, &set), 0);
	return set;
}

static int version_of(struct fake_root *root, struct kernel *kernel, const char *release)
{
	struct kallmod_sigset *set = open_set(root, kernel, release);
	int version = set->version;

	kallmod_sigset_close(set);
	return version;
}

/* Within a minor version: names are few here. */
static void assert_near(int version, int expected)
{
	if (abs(version - expected) > 10)
		print_message("%d.%d is not %d.%d\n", version / 200, version % 200 / 10,
			      expected / 200, expected % 200 / 10);
	assert_true(abs(version - expected) <= 10);
}

/* ---- by names ---------------------------------------------------------------------------- */

static const char *const two[] = {"6.1.0-a", "6.9.0-b"};
static const struct names come_and_go[] = {
	{"ab", "kernel/exit.o", "exit", 60}, {"a", "kernel/exit.o", "went", 240},
	{"b", "kernel/exit.o", "came", 240}, {"ab", "drivers/big.o", "big", 60},
	{"b", "drivers/big.o", "new", 900},
};

/* Eighths of what came by 6.9, and the rest of what went. */
static void begin_between(struct kernel *kernel, int eighths)
{
	kernel_begin(kernel);
	kernel_functions(kernel, "exit", 60);
	kernel_part(kernel, "came", 0, 30 * eighths);
	kernel_part(kernel, "went", 30 * eighths, 240);
}

static void a_kernel_lies_between_two_releases(void **state)
{
	struct fake_root *root = *state;

	WRITE_NAMES(root, two, come_and_go);
	for (int eighths = 0; eighths <= 8; eighths++) {
		struct kernel kernel;

		begin_between(&kernel, eighths);
		kernel_functions(&kernel, "big", 60);
		kernel_functions(&kernel, "new", 900 * eighths / 8);
		assert_near(version_of(root, &kernel, NULL), VERSION(6, 1 + eighths));
	}
}

/* It lacks a driver of which most is new: that does not make it old. */
static void a_small_kernel_is_not_an_old_one(void **state)
{
	struct fake_root *root = *state;

	WRITE_NAMES(root, two, come_and_go);
	for (int eighths = 0; eighths <= 8; eighths++) {
		struct kernel kernel;

		begin_between(&kernel, eighths);
		assert_near(version_of(root, &kernel, NULL), VERSION(6, 1 + eighths));
	}
}

/* A single object that nobody knows the name of is many: only some of it may be there. */
static void functions_of_no_known_object_do_not_count(void **state)
{
	static const struct names unknown[] = {{"ab", "kernel/exit.o", "exit", 60},
					       {"a", "kernel/exit.o", "went", 240},
					       {"b", "kernel/exit.o", "came", 240},
					       {"ab", "", "rust", 60},
					       {"b", "", "new", 900}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, two, unknown);
	begin_between(&kernel, 4);
	kernel_functions(&kernel, "rust", 60);
	kernel_functions(&kernel, "new", 900);
	assert_near(version_of(root, &kernel, NULL), VERSION(6, 5));
}

/* Nothing of a kernel as of 6.1 tells 6.5 from 6.9: it is older than both. */
static void what_an_old_kernel_lacks_makes_it_no_newer(void **state)
{
	static const char *const three[] = {"6.1.0-a", "6.5.0-b", "6.9.0-c"};
	static const struct names lines[] = {
		{"abc", "kernel/exit.o", "exit", 60}, {"a", "kernel/exit.o", "went", 80},
		{"bc", "kernel/exit.o", "came", 80},  {"c", "kernel/exit.o", "late", 80}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, three, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit", 60);
	kernel_functions(&kernel, "went", 80);
	assert_int_equal(version_of(root, &kernel, NULL), VERSION(6, 1));
}

/* 6.5 and 6.9 have the same names, so a kernel that has them all is as likely either. */
static void what_nothing_tells_apart_is_in_the_middle(void **state)
{
	static const char *const three[] = {"6.1.0-a", "6.5.0-b", "6.9.0-c"};
	static const struct names lines[] = {{"abc", "kernel/exit.o", "exit", 60},
					     {"a", "kernel/exit.o", "went", 80},
					     {"bc", "kernel/exit.o", "came", 80}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, three, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit", 60);
	kernel_functions(&kernel, "came", 80);
	assert_near(version_of(root, &kernel, NULL), VERSION(6, 7));
}

/* A kernel of an architecture that is not known: releases of one version are one. */
static void releases_of_one_version_are_one(void **state)
{
	static const char *const four[] = {"6.1.0-a-amd64", "6.1.0-a-arm64", "6.9.0-b-amd64",
					   "6.9.0-b-arm64"};
	static const struct names lines[] = {
		{"ac", "arch/x86/kernel/setup.o", "exit", 60},
		{"bd", "arch/arm64/kernel/setup.o", "arm", 60},
		{"ab", "arch/x86/kernel/setup.o", "went", 120},
		{"a", "arch/x86/kernel/setup.o", "gone", 120},
		{"cd", "arch/x86/kernel/setup.o", "came", 120},
		{"c", "arch/x86/kernel/setup.o", "new", 120}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, four, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit", 60);
	kernel_part(&kernel, "went", 0, 60);
	kernel_part(&kernel, "gone", 0, 60);
	kernel_part(&kernel, "came", 0, 60);
	kernel_part(&kernel, "new", 0, 60);
	assert_near(version_of(root, &kernel, NULL), VERSION(6, 5));
}

/* A release without a version has no place in time: what it has tells nothing. */
static void a_release_without_a_version_does_not_count(void **state)
{
	static const char *const three[] = {"6.1.0-a", "6.9.0-b", "vendor"};
	static const struct names lines[] = {
		{"abc", "kernel/exit.o", "exit", 60}, {"a", "kernel/exit.o", "went", 240},
		{"b", "kernel/exit.o", "came", 240},  {"c", "kernel/exit.o", "own", 900}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, three, lines);
	begin_between(&kernel, 4);
	kernel_functions(&kernel, "own", 900);
	assert_near(version_of(root, &kernel, NULL), VERSION(6, 5));
}

/* ---- by what the kernel says ------------------------------------------------------------- */

/* No release is nearer than another then. */
static void assert_no_version(struct fake_root *root, struct kernel *kernel)
{
	struct kallmod_sigset *set = open_set(root, kernel, NULL);

	assert_int_equal(set->version, 0);
	assert_int_equal(set->members[0].far[0], 0);
	assert_int_equal(set->members[0].far[1], 0);
	kallmod_sigset_close(set);
}

static void names_that_do_not_tell_leave_it_to_the_kernel(void **state)
{
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, two, come_and_go);
	kernel_begin(&kernel);
	assert_no_version(root, &kernel);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "unheard_of", 200);
	assert_no_version(root, &kernel);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "unheard_of", 200);
	assert_int_equal(version_of(root, &kernel, "6.4.0-own"), VERSION(6, 4));
}

static void one_release_tells_nothing(void **state)
{
	static const struct names lines[] = {{"a", "kernel/exit.o", "exit", 60}};
	struct fake_root *root = *state;
	struct kernel kernel;

	WRITE_NAMES(root, two, lines);
	kernel_begin(&kernel);
	kernel_functions(&kernel, "exit", 60);
	assert_int_equal(version_of(root, &kernel, NULL), 0);
}

/* What the kernel says, and what counts, for one that looks like 5.10, 6.1 or 6.12. */
static void a_kernel_is_believed_unless_its_names_contradict(void **state)
{
	static const char *const three[] = {"5.10.0-a", "6.1.0-b", "6.12.0-c"};
	static const struct names lines[] = {
		{"abc", "kernel/exit.o", "exit", 60}, {"a", "kernel/exit.o", "a", 80},
		{"b", "kernel/exit.o", "b", 80},      {"c", "kernel/exit.o", "c", 80}};
	static const struct {
		const char *names, *stated;
		int version;
	} kernels[] = {
		{"c", "6.8.0-own", VERSION(6, 8)},   {"c", "6.1.0-vendor", VERSION(6, 12)},
		{"b", "6.6.0-own", VERSION(6, 6)},   {"b", "5.14.0-vendor", VERSION(6, 1)},
		{"a", "4.18.0-own", VERSION(4, 18)}, {"c", "4.18.0-vendor", VERSION(6, 12)},
		{"c", "7.9.0-own", VERSION(7, 9)},   {"a", "7.9.0-lies", VERSION(5, 10)},
	};
	struct fake_root *root = *state;

	WRITE_NAMES(root, three, lines);
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		struct kernel kernel;

		kernel_begin(&kernel);
		kernel_functions(&kernel, "exit", 60);
		kernel_functions(&kernel, kernels[i].names, 80);
		assert_int_equal(version_of(root, &kernel, kernels[i].stated),
				 kernels[i].version);
	}
}

/* Distances are 16 bits, and a release can have any name. */
static void a_version_from_far_away_stays_far(void **state)
{
	static const char *const releases[] = {"6.1.0-a", "998.9.0-b"};
	struct fake_root *root = *state;
	struct kallmod_sigset *set;
	struct kernel kernel;

	WRITE_NAMES(root, releases, come_and_go);
	begin_between(&kernel, 0);
	set = open_set(root, &kernel, "6.1.0-own");
	assert_true(set->members[0].far[0] < 1000);
	assert_int_equal(set->members[0].far[1], UINT16_MAX - 1);
	kallmod_sigset_close(set);
}

/* What counts as a module changed in 6.4: a release on this side of it is nearer. */
static void releases_on_the_other_side_of_licenses_are_farther(void **state)
{
	static const struct {
		const char *release;
		bool old_is_nearer;
	} kernels[] = {{"6.3.9-own", true}, {"6.4.0-own", false}};
	static const char *const releases[] = {"6.2.0-a", "6.7.0-b"};
	struct fake_root *root = *state;

	WRITE_NAMES(root, releases, come_and_go);
	for (size_t i = 0; i < 2; i++) {
		struct kallmod_sigset *set;
		struct kernel kernel;

		begin_between(&kernel, 0);
		set = open_set(root, &kernel, kernels[i].release);
		assert_int_equal(set->members[0].far[0] < set->members[0].far[1],
				 kernels[i].old_is_nearer);
		kallmod_sigset_close(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(a_kernel_lies_between_two_releases),
		rooted_test(a_small_kernel_is_not_an_old_one),
		rooted_test(functions_of_no_known_object_do_not_count),
		rooted_test(what_an_old_kernel_lacks_makes_it_no_newer),
		rooted_test(what_nothing_tells_apart_is_in_the_middle),
		rooted_test(releases_of_one_version_are_one),
		rooted_test(a_release_without_a_version_does_not_count),
		rooted_test(names_that_do_not_tell_leave_it_to_the_kernel),
		rooted_test(one_release_tells_nothing),
		rooted_test(a_kernel_is_believed_unless_its_names_contradict),
		rooted_test(a_version_from_far_away_stays_far),
		rooted_test(releases_on_the_other_side_of_licenses_are_farther),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
