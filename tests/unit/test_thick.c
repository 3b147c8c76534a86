// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thick module list: its format, what make prints, and the list of the source tree in
 * tests/fixtures/kbuild, which has every construct of Kbuild files that counts.
 */
#include <errno.h>

#include "build_thick.h"
#include "cleanup.h"
#include "fake_root.h"
#include "file.h"
#include "thick_lists.h"
#include "thick_walk.h"

#define TREE "tests/fixtures/kbuild"

static void assert_file(struct fake_root *root, const char *path, const char *golden)
{
	cleanup_free char *have = NULL, *want = NULL;
	size_t size;

	assert_int_equal(kallmod_file_read(root->ctx, path, 1 << 20, &have, &size), 0);
	assert_int_equal(kallmod_file_read(root->ctx, golden, 1 << 20, &want, &size), 0);
	assert_string_equal(have, want);
}

/* ---- the format ------------------------------------------------------------------------ */

static void written_as_read(void **state)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	struct fake_root *root = *state;
	char path[128];
	FILE *file;

	assert_int_equal(kallmod_thick_read(root->ctx, "tests/golden/thick.txt", &thick), 0);
	snprintf(path, sizeof(path), "%s/out", root->path);
	file = fopen(path, "w");
	assert_non_null(file);
	kallmod_thick_write(&thick, file);
	assert_int_equal(fclose(file), 0);
	assert_file(root, path, "tests/golden/thick.txt");
}

static int parse(struct fake_root *root, const char *text, struct kallmod_thick *thick)
{
	return kallmod_thick_parse(root->ctx, "list", text, strlen(text), thick);
}

static void read_by_word(void **state)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;

	assert_int_equal(parse(*state, "a/b.o: a/c.o  a/d.o \\\n\ta/e.o\nz.o:\n", &thick), 0);
	assert_int_equal(thick.n, 2);
	assert_string_equal(thick.modules[0].name, "a/b.o");
	assert_int_equal(thick.modules[0].n, 3);
	assert_string_equal(thick.modules[0].objects[0], "a/c.o");
	assert_string_equal(thick.modules[0].objects[2], "a/e.o");
	assert_string_equal(thick.modules[1].name, "z.o");
	assert_int_equal(thick.modules[1].n, 0);
}

static void assert_not_thick(struct fake_root *root, const char *text, const char *why)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;

	assert_int_equal(parse(root, text, &thick), -EINVAL);
	assert_int_equal(thick.n, 0);
	assert_error(root->ctx, why);
}

static void not_a_list(void **state)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	struct fake_root *root = *state;

	assert_not_thick(root, "a.o: b.o\nkernel/a.ko\n", "list: line 2: is not 'MODULE.o");
	assert_not_thick(root, "a.o: b.o\n\n", "line 2: is not");
	assert_not_thick(root, "a.o:b.o\n", "line 1: is not");
	assert_not_thick(root, "a.o: b.c\n", "line 1: is not");
	assert_not_thick(root, "/a.o: b.o\n", "line 1: is not");
	assert_not_thick(root, ".o: b.o\n", "line 1: is not");
	assert_not_thick(root, "a.o: b.o \\\n c.d\n", "line 2: is not");
	assert_not_thick(root, "a.o: b.o", "is torn");
	assert_not_thick(root, "a.o: b.o \\\n", "is torn");
	assert_int_equal(kallmod_thick_parse(root->ctx, "list", "a.o: \0\n", 7, &thick), -EINVAL);
	assert_error(root->ctx, "has a NUL byte");
	assert_int_equal(parse(root, "", &thick), 0);
	assert_int_equal(kallmod_thick_read(root->ctx, "/no/such", &thick), -ENOENT);
}

/* ---- what make prints ------------------------------------------------------------------ */

static void lists(void **state)
{
	struct kallmod_thick_lists lists = {.dirs = NULL};
	char output[] = "make: noise\n"
			"kallmod-thick: dirs a/ ../b/ ./c/.. ./\n"
			"kallmod-thick: mod one.o\n"
			"kallmod-thick: multi two.o: x.o y.o x.o ../../z.o y.o\n"
			"kallmod-thick: multi off.o: \n"
			"kallmod-thick: able two.o sub/three.o\n"
			"kallmod-thick: end\n"
			"kallmod-thick: other line";

	(void)state;
	assert_int_equal(kallmod_thick_lists_take(&lists, "d/e", output), 0);
	assert_int_equal(lists.ndirs, 4);
	assert_string_equal(lists.dirs[0], "d/e/a");
	assert_string_equal(lists.dirs[1], "d/b");
	assert_string_equal(lists.dirs[2], "d/e");
	assert_string_equal(lists.dirs[3], "d/e");
	assert_int_equal(lists.objects.n, 2);
	assert_string_equal(lists.objects.modules[0].name, "d/e/one.o");
	assert_int_equal(lists.objects.modules[1].n, 3);
	assert_string_equal(lists.objects.modules[1].objects[0], "d/e/x.o");
	assert_string_equal(lists.objects.modules[1].objects[1], "d/e/y.o");
	assert_string_equal(lists.objects.modules[1].objects[2], "z.o");
	assert_true(kallmod_thick_lists_able(&lists, "d/e/sub/three.o"));
	assert_true(kallmod_thick_lists_able(&lists, "d/e/two.o"));
	assert_false(kallmod_thick_lists_able(&lists, "d/e/one.o"));
	assert_true(lists.ended);
	assert_false(lists.none);
	kallmod_thick_lists_deinit(&lists);
}

static void lists_outside(void **state)
{
	struct kallmod_thick_lists lists = {.dirs = NULL};
	char output[] = "kallmod-thick: dirs ../../../etc/\n";

	(void)state;
	assert_int_equal(kallmod_thick_lists_take(&lists, "d/e", output), -EINVAL);
	assert_int_equal(lists.ndirs, 0);
	kallmod_thick_lists_deinit(&lists);
}

/* As the top Makefile was until 6.0, where it is more than lists. */
static void top_makefile(void **state)
{
	cleanup_free char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	(void)state;
	assert_non_null(file);
	kallmod_thick_extract("core-y		:= usr/\n"
			      "core-y += kernel/ certs/	# comment\n"
			      "core-$(CONFIG_BLOCK)	+= block/\n"
			      "  net-y = net/\n"
			      "core-y := $(patsubst %/, %/built-in.a, $(core-y))\n"
			      "core-m += no/\n"
			      "core-y\n"
			      "core-$(CONFIG_X += no/\n"
			      "cores-y := no/\n"
			      "xcore-y := no/\n"
			      "libs-y :=",
			      file);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(out, "core-y		:= usr/\n"
				 "core-y += kernel/ certs/	\n"
				 "core-$(CONFIG_BLOCK)	+= block/\n"
				 "net-y = net/\n");
}

/* ---- a source tree --------------------------------------------------------------------- */

static void assert_list(struct fake_root *root, const char *arch, const char *golden)
{
	char path[128];
	struct build_thick_options options = {TREE, TREE "/config", arch, path};

	snprintf(path, sizeof(path), "%s/thick", root->path);
	assert_int_equal(build_thick_run(root->ctx, &options), 0);
	assert_file(root, path, golden);
	/* No rule was followed, and a configuration is no program. */
	assert_int_equal(access(TREE "/was-run", F_OK), -1);
}

static void every_construct(void **state)
{
	assert_list(*state, NULL, "tests/golden/thick.txt");
	assert_list(*state, "x86_64", "tests/golden/thick.txt");
}

/* Its Makefile wants a compiler: the lists are taken out of it. */
static void other_architecture(void **state)
{
	assert_list(*state, "arm64", "tests/golden/thick-arm64.txt");
}

/* What is in the environment is not of the configuration, and no option of make. */
static void environment(void **state)
{
	setenv("CONFIG_BIG_OFF", "y", 1);
	setenv("CONFIG_ODD", "y", 1);
	setenv("obj-y", "drivers/", 1);
	setenv("MAKEFLAGS", "n", 1);
	setenv("MAKELEVEL", "3", 1);
	assert_list(*state, NULL, "tests/golden/thick.txt");
	unsetenv("CONFIG_BIG_OFF");
	unsetenv("CONFIG_ODD");
	unsetenv("obj-y");
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
}

static void into_a_directory(void **state)
{
	struct fake_root *root = *state;
	cleanup_free char *text = NULL;
	char path[128], file[256];
	struct build_thick_options options = {TREE, TREE "/config", NULL, path};
	size_t size;

	snprintf(path, sizeof(path), "%s/new/", root->path);
	assert_int_equal(build_thick_run(root->ctx, &options), 0);
	snprintf(file, sizeof(file), "%smodules_thick.builtin", path);
	assert_file(root, file, "tests/golden/thick.txt");
	snprintf(file, sizeof(file), "%stristate.conf", path);
	assert_int_equal(kallmod_file_read(root->ctx, file, 1 << 20, &text, &size), 0);
	assert_non_null(strstr(text, "CONFIG_BIG=Y\n"));
	assert_non_null(strstr(text, "CONFIG_LOADABLE=M\n"));
	assert_non_null(strstr(text, "CONFIG_CHOSEN=Y\n"));
	assert_null(strstr(text, "CONFIG_BOOLEAN"));
	assert_null(strstr(text, "CONFIG_TEXT"));
}

/* ---- trees and configurations that are none -------------------------------------------- */

#define CONFIG "# Linux/x86 6.1 Kernel Configuration\nCONFIG_A=y\n"

static void fake_tree(const struct fake_root *root)
{
	fake_root_write(root, "t/Kconfig", "config A\n\ttristate\n");
	fake_root_write(root, "t/arch/x86/Makefile", "");
	fake_root_write(root, "t/Kbuild", "obj-y := a/\n");
	fake_root_write(root, "t/a/Makefile", "obj-$(CONFIG_A) += a.o\n");
	fake_root_write(root, "t/.config", CONFIG);
	fake_root_write(root, "out", "as it was\n");
}

static int run(struct fake_root *root)
{
	char tree[128], out[128];
	struct build_thick_options options = {.srctree = tree, .output = out};

	snprintf(tree, sizeof(tree), "%s/t", root->path);
	snprintf(out, sizeof(out), "%s/out", root->path);
	return build_thick_run(root->ctx, &options);
}

static void assert_out(struct fake_root *root, const char *text)
{
	cleanup_free char *have = NULL;
	char out[128];
	size_t size;

	snprintf(out, sizeof(out), "%s/out", root->path);
	assert_int_equal(kallmod_file_read(root->ctx, out, 4096, &have, &size), 0);
	assert_string_equal(have, text);
}

/* A file of the fake tree is another: refused, and nothing is written. */
static void assert_refused(struct fake_root *root, const char *path, const char *text, int err,
			   const char *why)
{
	fake_tree(root);
	fake_root_write(root, path, text);
	assert_int_equal(run(root), err);
	assert_error(root->ctx, why);
	assert_error(root->ctx, root->path);
	assert_error(root->ctx, "; ");
	assert_out(root, "as it was\n");
}

static void beside_the_tree(void **state)
{
	struct fake_root *root = *state;

	fake_tree(root);
	assert_int_equal(run(root), 0);
	assert_out(root, "a/a.o:\n");
}

static void bad_trees(void **state)
{
	struct fake_root *root = *state;

	assert_refused(root, "t/a/Makefile", "obj-y := a\nendif\n", -EINVAL,
		       "t/a: make cannot read its Kbuild file: ");
	assert_refused(root, "t/a/Makefile", "$(error no way)\n", -EINVAL, "no way");
	assert_refused(root, "t/a/Makefile", "obj-y += none/\n", -ENOENT,
		       "t/a/none: has no Kbuild file; ");
	assert_refused(root, "t/a/Makefile", "obj-y += ../../../bin/\n", -EINVAL,
		       "t/a: lists what is outside the tree; ");
	assert_refused(root, "t/Kbuild", "lib-y += a/\n", -EINVAL, "list no directory; ");
	assert_refused(root, "t/Kbuild", "endif\n", -EINVAL, "t/.: make cannot read");
	assert_refused(root, "t/Kconfig", "source \"gone\"\n", -ENOENT, "gone: not found");
}

/* Nobody writes to it, so that who opens it waits. */
static void pipe_in_tree(void **state)
{
	struct fake_root *root = *state;
	char path[128];

	fake_tree(root);
	snprintf(path, sizeof(path), "%s/t/Makefile", root->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(run(root), 0);
	assert_out(root, "a/a.o:\n");
}

static void bad_configs(void **state)
{
	struct fake_root *root = *state;

	assert_refused(root, "t/.config", "CONFIG_A=y", -EINVAL, "line 1: the file is torn");
	assert_refused(root, "t/.config", "A=y\n", -EINVAL, "is not 'CONFIG_NAME=value'");
	assert_refused(root, "t/.config", "CONFIG_A\n", -EINVAL, "is not 'CONFIG_NAME=value'");
	assert_refused(root, "t/.config", "CONFIG_A B=y\n", -EINVAL, "is not 'CONFIG_NAME=value'");
	assert_refused(root, "t/.config", "# nothing\n", -EINVAL, "sets nothing; ");
}

static void other_options(void **state)
{
	struct fake_root *root = *state;
	struct build_thick_options options = {TREE, NULL, NULL, "/nowhere/at/all/"};

	assert_int_equal(build_thick_run(root->ctx, &options), -ENOENT);
	assert_error(root->ctx, "/nowhere/at/all/: cannot be made: ");
	options.output = NULL;
	assert_int_equal(build_thick_run(root->ctx, &options), -ENOENT);
	assert_error(root->ctx, TREE "/.config: not found; name a configuration with --config");
	options.config = TREE "/config";
	options.arch = "m68k";
	assert_int_equal(build_thick_run(root->ctx, &options), -ENOENT);
	assert_error(root->ctx, TREE "/arch/m68k: not found; ");
	options.arch = "../kernel";
	assert_int_equal(build_thick_run(root->ctx, &options), -ENOENT);
}

static void no_make(void **state)
{
	struct fake_root *root = *state;
	cleanup_free char *before = strdup(getenv("PATH"));

	fake_tree(root);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(run(root), -ENOENT);
	assert_error(root->ctx, "make: cannot be run: ");
	assert_error(root->ctx, "install GNU make");
	setenv("PATH", before, 1);
	assert_out(root, "as it was\n");
}

/* An endless Kbuild file does not fill memory, and nothing of it is left in TMPDIR. */
static void endless(void **state)
{
	struct fake_root *root = *state;
	char tmp[128];

	snprintf(tmp, sizeof(tmp), "%s/tmp", root->path);
	assert_int_equal(mkdir(tmp, 0700), 0);
	setenv("TMPDIR", tmp, 1);
	assert_refused(root, "t/a/Makefile",
		       "$(foreach a,0 1 2 3 4 5 6 7 8 9,$(foreach b,0 1 2 3 4 5 6 7 8 9,"
		       "$(foreach c,0 1 2 3 4 5 6 7 8 9,$(foreach d,0 1 2 3 4 5 6 7 8 9,"
		       "$(foreach e,0 1 2 3 4 5 6 7 8 9,$(foreach f,0 1 2 3 4 5 6 7 8 9,"
		       "$(info some sixty characters of text, which are written again and again)"
		       "))))))\n",
		       -EFBIG, "t: make prints without end; ");
	assert_int_equal(rmdir(tmp), 0);
	unsetenv("TMPDIR");
}

static bool stop(void *arg, size_t done, size_t known)
{
	size_t *calls = arg;

	assert_true(done <= known);
	return ++*calls < 3;
}

static void interrupted(void **state)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	struct fake_root *root = *state;
	struct kallmod_tristate *tristate;
	struct kallmod_config *config;
	size_t calls = 0;

	assert_int_equal(kallmod_config_read(root->ctx, TREE "/config", &config), 0);
	assert_int_equal(kallmod_tristate_read(root->ctx, TREE, "x86", &tristate), 0);
	struct kallmod_thick_tree tree = {TREE, "x86", config, tristate, stop, &calls};

	assert_int_equal(kallmod_thick_walk(root->ctx, &tree, &thick), -EINTR);
	assert_int_equal(calls, 3);
	assert_int_equal(thick.n, 0);
	assert_error(root->ctx, "interrupted; ");
	kallmod_tristate_destroy(tristate);
	kallmod_config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(written_as_read),	 rooted_test(read_by_word),
		rooted_test(not_a_list),	 cmocka_unit_test(lists),
		cmocka_unit_test(lists_outside), cmocka_unit_test(top_makefile),
		rooted_test(every_construct),	 rooted_test(other_architecture),
		rooted_test(environment),	 rooted_test(into_a_directory),
		rooted_test(beside_the_tree),	 rooted_test(bad_trees),
		rooted_test(bad_configs),	 rooted_test(other_options),
		rooted_test(no_make),		 rooted_test(endless),
		rooted_test(interrupted),	 rooted_test(pipe_in_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
