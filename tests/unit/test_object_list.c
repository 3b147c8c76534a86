// SPDX-License-Identifier: GPL-2.0-only
/* Paths of a modules.builtin, and the modules of an object with and without one. */
#include <errno.h>

#include "builtin_paths.h"
#include "cleanup.h"
#include "fake_root.h"
#include "object_list.h"

#define BUILTIN "lib/modules/" RELEASE "/modules.builtin"
#define THICK "lib/modules/" RELEASE "/modules_thick.builtin"

/* ---- paths ----------------------------------------------------------------------------- */

static int read_paths(const struct fake_root *root, const char *text,
		      struct kallmod_builtin_paths *paths)
{
	char file[128];

	fake_root_write(root, "builtin", text);
	snprintf(file, sizeof(file), "%s/builtin", root->path);
	return kallmod_builtin_paths_read(root->ctx, file, paths);
}

static void paths_are_objects_that_are_met(void **state)
{
	cleanup_builtin_paths struct kallmod_builtin_paths paths = {.paths = NULL};

	assert_int_equal(read_paths(*state,
				    "kernel/net/unix/unix.ko\nkernel/a/x-y.ko\nkernel/a/x_y.ko\n"
				    "kernel/kernel/core.ko\nodd/x.ko\n",
				    &paths),
			 0);
	assert_int_equal(paths.n, 4);
	assert_true(kallmod_builtin_paths_meet(&paths, "net/unix/unix.o"));
	assert_true(kallmod_builtin_paths_meet(&paths, "kernel/core.o"));
	assert_true(kallmod_builtin_paths_meet(&paths, "a/x_y.o"));
	assert_true(kallmod_builtin_paths_meet(&paths, "a/x-y.o"));
	assert_false(kallmod_builtin_paths_meet(&paths, "core.o"));
	assert_false(kallmod_builtin_paths_meet(&paths, "net/unix/unix"));
	assert_false(kallmod_builtin_paths_meet(&paths, "net/unix/unix.o.o"));
	for (size_t i = 0; i < paths.n; i++)
		assert_int_equal(paths.paths[i].met, !!strcmp(paths.paths[i].object, "odd/x.o"));
}

static void an_empty_list_has_nothing(void **state)
{
	cleanup_builtin_paths struct kallmod_builtin_paths paths = {.paths = NULL};

	assert_int_equal(read_paths(*state, "", &paths), 0);
	assert_int_equal(paths.n, 0);
	assert_false(kallmod_builtin_paths_meet(&paths, "a.o"));
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const texts[] = {
		"kernel/a.ko\nkernel/a.o: kernel/b.o\n", "kernel/.ko\n", "kernel/a/.ko\n", ".ko\n",
		"\n", "kernel/\n", "kernel/a.ko.xz\n"};
	struct fake_root *root = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct kallmod_builtin_paths paths = {.paths = NULL};

		assert_int_equal(read_paths(root, texts[i], &paths), -EINVAL);
		assert_error(root->ctx, "is not 'kernel/PLACE/NAME.ko'; give a modules.builtin");
		assert_null(paths.paths);
	}
	assert_int_not_equal(read_paths(root, "kernel/a.ko\nkernel/b.k",
					&(struct kallmod_builtin_paths){.paths = NULL}),
			     0);
}

static void a_list_has_bounds(void **state)
{
	struct kallmod_builtin_paths paths = {.paths = NULL};
	struct fake_root *root = *state;
	cleanup_free char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	for (int i = 0; i <= 100000; i++)
		fprintf(file, "kernel/%d.ko\n", i);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(read_paths(root, text, &paths), -EFBIG);
	assert_error(root->ctx, "more modules than a kernel has");
}

/* ---- the modules of an object ---------------------------------------------------------- */

static void assert_modules(const struct kallmod_object_list *list, const char *object,
			   const char *wanted)
{
	const char *const *modules;
	char found[256] = "";
	size_t n = kallmod_object_list_find(list, object, &modules);

	for (size_t i = 0; i < n; i++) {
		strcat(found, i ? " " : "");
		strcat(found, modules[i]);
	}
	assert_string_equal(found, wanted);
}

static void write_thick(const struct fake_root *root)
{
	fake_root_write(root, THICK,
			"fs/ext4/ext4.o: fs/ext4/inode.o fs/ext4/super.o\n"
			"drivers/old/moved.o:\n"
			"drivers/a/dash-ed.o:\n"
			"drivers/m/not-in.o: drivers/m/not_main.o\n");
}

static void only_the_list_without_a_modules_builtin(void **state)
{
	struct kallmod_object_list list;
	struct fake_root *root = *state;

	write_thick(root);
	assert_int_equal(kallmod_object_list_open(root->ctx, &list), 0);
	assert_int_equal(list.count, 5);
	assert_modules(&list, "fs/ext4/super.o", "ext4");
	assert_modules(&list, "drivers/m/not_main.o", "not_in");
	assert_modules(&list, "net/unix/unix.o", "");
	kallmod_object_list_deinit(&list);
}

static void what_only_modules_builtin_has_is_one_object(void **state)
{
	struct kallmod_object_list list;
	struct fake_root *root = *state;

	write_thick(root);
	fake_root_write(root, BUILTIN,
			"kernel/fs/ext4/ext4.ko\nkernel/net/unix/unix.ko\nkernel/drivers/new/moved.ko\n"
			"kernel/drivers/a/dash_ed.ko\nkernel/lib/some-thing.ko\n");
	assert_int_equal(kallmod_object_list_open(root->ctx, &list), 0);
	assert_int_equal(list.count, 7);
	assert_modules(&list, "fs/ext4/inode.o", "ext4");
	/* The list has its objects: it is no object itself. */
	assert_modules(&list, "fs/ext4/ext4.o", "");
	assert_modules(&list, "net/unix/unix.o", "unix");
	assert_modules(&list, "lib/some-thing.o", "some_thing");
	assert_modules(&list, "drivers/a/dash-ed.o", "dash_ed");
	assert_modules(&list, "drivers/a/dash_ed.o", "");
	assert_modules(&list, "drivers/old/moved.o", "moved");
	assert_modules(&list, "drivers/new/moved.o", "moved");
	assert_modules(&list, "drivers/m/not_main.o", "");
	kallmod_object_list_deinit(&list);
}

static void a_given_list_is_needed_and_whole(void **state)
{
	struct kallmod_object_list list;
	struct fake_root *root = *state;
	char file[128];

	write_thick(root);
	snprintf(file, sizeof(file), "%s/given", root->path);
	kallmod_ctx_set(root->ctx, KALLMOD_OPT_MODULES_BUILTIN, file);
	assert_int_equal(kallmod_object_list_open(root->ctx, &list), -EINVAL);
	assert_error(root->ctx, "/given: not found");
	fake_root_write(root, "given", "this is none\n");
	assert_int_equal(kallmod_object_list_open(root->ctx, &list), -EINVAL);
	assert_error(root->ctx, "/given: line 1: is not 'kernel/PLACE/NAME.ko'");
	fake_root_write(root, "given", "kernel/net/unix/unix.ko\n");
	assert_int_equal(kallmod_object_list_open(root->ctx, &list), 0);
	assert_int_equal(list.count, 1);
	assert_modules(&list, "net/unix/unix.o", "unix");
	kallmod_object_list_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(paths_are_objects_that_are_met),
		rooted_test(an_empty_list_has_nothing),
		rooted_test(what_is_no_list_is_refused),
		rooted_test(a_list_has_bounds),
		rooted_test(only_the_list_without_a_modules_builtin),
		rooted_test(what_only_modules_builtin_has_is_one_object),
		rooted_test(a_given_list_is_needed_and_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
