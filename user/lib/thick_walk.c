// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * An object of a built-in module is one that Kbuild links into the kernel as it is configured
 * (obj-y), and would make a module of if all tristate symbols were m (obj-m). So each
 * directory is read once as configured, and, if it links in any object, once more with m.
 * Kernels before 5.6 had scripts/Makefile.modbuiltin, which read them once, with Y for
 * tristate symbols (obj-Y); conditions on a y in Kbuild files did not hold then.
 *
 * modules.builtin also has objects that could never be modules, but have a MODULE_LICENSE(). No
 * Kbuild file says which, so they are listed where a modules.builtin is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "pathset.h"
#include "thick_lists.h"
#include "thick_make.h"
#include "thick_makefile.h"
#include "thick_walk.h"

enum {
	MAX_DIRS = 20000, /* Linux 6.12 has 3,500 */
	MAX_MAKEFILE = 4 << 20,
};
static const size_t max_output = 256 << 20; /* of all; 2 MB where all is built in */

struct task {
	size_t dir;
	bool modular;
};

struct walk {
	struct kallmod_ctx *ctx;
	const struct kallmod_thick_tree *tree;
	struct kallmod_thick *out;
	struct kallmod_make *make;
	struct kallmod_pathset seen;
	struct dir {
		char *path; /* owned */
		struct kallmod_thick_lists lists;
	} *dirs;
	size_t ndirs, dir_capacity;
	struct task *tasks;
	size_t ntasks, task_capacity, started, done;
	size_t output;
	const char *arch; /* the makefile with the architecture's lists */
};

static int no_memory(const struct walk *walk)
{
	return kallmod_fail(walk->ctx, -ENOMEM, "%s: out of memory", walk->tree->srctree);
}

/* ---- the makefiles --------------------------------------------------------------------- */

/*
 * A file of the tree; *text_ret is NULL where there is none. To open a pipe would be to wait, so
 * only files are read.
 */
static int read_file(struct walk *walk, const char *name, char **text_ret)
{
	cleanup_free char *path = NULL;
	struct stat st;
	size_t size;

	*text_ret = NULL;
	if (asprintf(&path, "%s/%s", walk->tree->srctree, name) < 0) {
		path = NULL;
		return no_memory(walk);
	}
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	return kallmod_file_read(walk->ctx, path, MAX_MAKEFILE, text_ret, &size);
}

/* As scripts/Makefile.build sets it: until 6.9 relative to the tree, and found with -I. */
static bool is_src_relative(struct walk *walk)
{
	cleanup_free char *text = NULL;

	return read_file(walk, "scripts/Makefile.build", &text) || !text ||
	       strstr(text, "\nsrc := $(obj)\n");
}

static int write_makefile(struct walk *walk)
{
	const char *arch = walk->tree->srcarch;
	FILE *file = kallmod_make_file(walk->make, "kallmod.mk");

	if (!file)
		return -EIO;
	fprintf(file,
		"srctree := source\n"
		"objtree := .\n"
		"SRCARCH := %s\n"
		"ARCH := %s\n"
		"SUBARCH := %s\n"
		"UTS_MACHINE := %s\n"
		"CC := false\n"
		"LD := false\n"
		"NM := false\n"
		"OBJCOPY := false\n"
		"CONFIG_SHELL := sh\n"
		"KBUILD_BUILTIN := 1\n"
		"KBUILD_MODULES := 1\n"
		"export srctree objtree SRCARCH ARCH SUBARCH UTS_MACHINE CC LD NM OBJCOPY\n"
		"src := %s$(obj)\n",
		arch, arch, strcmp(arch, "um") ? arch : "x86", arch,
		is_src_relative(walk) ? "" : "$(srctree)/");
	fputs(kallmod_thick_makefile, file);
	return kallmod_make_file_close(walk->make, file);
}

static int write_configs(struct walk *walk)
{
	FILE *file = kallmod_make_file(walk->make, "include/config/auto.conf");
	int err;

	if (!file)
		return -EIO;
	kallmod_config_write_auto(walk->tree->config, file);
	err = kallmod_make_file_close(walk->make, file);
	if (err)
		return err;
	file = kallmod_make_file(walk->make, "modular.mk");
	if (!file)
		return -EIO;
	kallmod_config_write_modular(walk->tree->config, walk->tree->tristate, file);
	return kallmod_make_file_close(walk->make, file);
}

/* The lists of directories in a Makefile of the tree, where it has one. */
static int write_lists(struct walk *walk, const char *from, const char *to)
{
	cleanup_free char *text = NULL;
	FILE *file;
	int err = read_file(walk, from, &text);

	if (err || !text)
		return err;
	file = kallmod_make_file(walk->make, to);
	if (!file)
		return -EIO;
	kallmod_thick_extract(text, file);
	return kallmod_make_file_close(walk->make, file);
}

static int write_files(struct walk *walk)
{
	cleanup_free char *arch = NULL;
	int err;

	if (asprintf(&arch, "arch/%s/Makefile", walk->tree->srcarch) < 0) {
		arch = NULL;
		return no_memory(walk);
	}
	err = write_makefile(walk);
	if (!err)
		err = write_configs(walk);
	if (!err)
		err = write_lists(walk, "Makefile", "top.mk");
	return err ? err : write_lists(walk, arch, "arch.mk");
}

/* ---- the walk -------------------------------------------------------------------------- */

static int add_task(struct walk *walk, size_t dir, bool modular)
{
	if (kallmod_grow(&walk->tasks, &walk->task_capacity, walk->ntasks, sizeof(*walk->tasks)))
		return no_memory(walk);
	walk->tasks[walk->ntasks++] = (struct task){dir, modular};
	return 0;
}

static int add_dir(struct walk *walk, const char *path)
{
	int added = kallmod_pathset_add(&walk->seen, path);
	struct dir dir = {.path = NULL};

	if (added <= 0)
		return added ? no_memory(walk) : 0;
	if (walk->ndirs == MAX_DIRS)
		return kallmod_fail(walk->ctx, -EFBIG,
				    "%s: has more directories than a kernel; give a kernel source tree",
				    walk->tree->srctree);
	dir.path = strdup(path);
	if (!dir.path ||
	    kallmod_grow(&walk->dirs, &walk->dir_capacity, walk->ndirs, sizeof(dir))) {
		free(dir.path);
		return no_memory(walk);
	}
	walk->dirs[walk->ndirs] = dir;
	return add_task(walk, walk->ndirs++, false);
}

static int start_task(struct walk *walk)
{
	const struct task *task = &walk->tasks[walk->started];
	const char *arguments[5] = {NULL};
	cleanup_free char *obj = NULL, *arch = NULL;
	size_t n = 0;

	if (asprintf(&obj, "obj=%s", walk->dirs[task->dir].path) < 0) {
		obj = NULL;
		return no_memory(walk);
	}
	arguments[n++] = obj;
	if (asprintf(&arch, "arch=%s", walk->arch) < 0) {
		arch = NULL;
		return no_memory(walk);
	}
	arguments[n++] = arch;
	arguments[n++] = "lists=top.mk";
	arguments[n++] = task->modular ? "modular=modular.mk" : "modular=";
	return kallmod_make_start(walk->make, walk->started++, arguments);
}

/* A task that went wrong: what make said first says why. */
static int task_fail(struct walk *walk, const struct dir *dir, const char *error)
{
	const char *srctree = walk->tree->srctree;

	if (dir->lists.none)
		return kallmod_fail(walk->ctx, -ENOENT,
				    "%s/%s: has no Kbuild file; give a whole kernel source tree",
				    srctree, dir->path);
	return kallmod_fail(walk->ctx, -EINVAL,
			    "%s/%s: make cannot read its Kbuild file: %s; repair the tree",
			    srctree, dir->path, *error ? error : "make ended early");
}

static bool is_listed(const struct walk *walk, const struct dir *dir, const char *object)
{
	struct kallmod_builtin_paths *builtin = walk->tree->builtin;
	bool met = builtin && kallmod_builtin_paths_meet(builtin, object);

	return met || kallmod_thick_lists_able(&dir->lists, object);
}

/* Objects that are linked in, and could be modules or are said to be: with their parts. */
static int take_modules(struct walk *walk, struct dir *dir)
{
	int err = 0;

	for (size_t i = 0; !err && i < dir->lists.objects.n; i++) {
		const struct kallmod_thick_module *module = &dir->lists.objects.modules[i];

		if (!is_listed(walk, dir, module->name))
			continue;
		err = kallmod_thick_add(walk->out, module->name, strlen(module->name));
		for (size_t j = 0; !err && j < module->n; j++)
			err = kallmod_thick_add_object(walk->out, module->objects[j],
						       strlen(module->objects[j]));
	}
	kallmod_thick_lists_deinit(&dir->lists);
	return err ? no_memory(walk) : 0;
}

static int take_first(struct walk *walk, size_t index)
{
	struct kallmod_thick_lists *lists = &walk->dirs[index].lists;
	int err = 0;

	for (size_t i = 0; !err && i < lists->ndirs; i++) {
		err = add_dir(walk, lists->dirs[i]);
		/* It may have moved. */
		lists = &walk->dirs[index].lists;
	}
	if (err || lists->objects.n)
		return err ? err : add_task(walk, index, true);
	kallmod_thick_lists_deinit(lists);
	return 0;
}

static int take_result(struct walk *walk, const struct kallmod_make_result *result)
{
	struct task task = walk->tasks[result->tag];
	struct dir *dir = &walk->dirs[task.dir];
	int err;

	walk->done++;
	walk->output += result->size;
	if (walk->output > max_output)
		return kallmod_fail(walk->ctx, -EFBIG,
				    "%s: lists more than a kernel has; give a kernel source tree",
				    walk->tree->srctree);
	dir->lists.ended = dir->lists.none = false;
	err = result->output ?
		      kallmod_thick_lists_take(&dir->lists, dir->path, result->output) : 0;
	if (err == -EINVAL)
		return kallmod_fail(walk->ctx, err,
				    "%s/%s: lists what is outside the tree; give a kernel source tree",
				    walk->tree->srctree, dir->path);
	if (err)
		return no_memory(walk);
	if (!dir->lists.ended && !task.dir && !strcmp(walk->arch, "arch.mk"))
		return task_fail(walk, dir, result->error);
	if (!dir->lists.ended && !task.dir) {
		/* The architecture's Makefile wants more than we have: its lists as they stand. */
		walk->arch = "arch.mk";
		kallmod_thick_lists_deinit(&dir->lists);
		return add_task(walk, task.dir, task.modular);
	}
	if (!dir->lists.ended)
		return task_fail(walk, dir, result->error);
	return task.modular ? take_modules(walk, dir) : take_first(walk, task.dir);
}

static int wait_task(struct walk *walk)
{
	const struct kallmod_thick_tree *tree = walk->tree;
	struct kallmod_make_result result;
	int err = kallmod_make_wait(walk->make, &result);

	if (!err)
		err = take_result(walk, &result);
	else if (err == -ETIMEDOUT)
		kallmod_fail(walk->ctx, err, "%s: make runs for minutes; give a kernel source tree",
			     tree->srctree);
	else if (err == -EFBIG)
		kallmod_fail(walk->ctx, err, "%s: make prints without end; give a kernel source tree",
			     tree->srctree);
	else if (err != -EINTR)
		kallmod_fail(walk->ctx, err, "%s: make: %s; try again", tree->srctree, strerror(-err));
	if (err && err != -EINTR)
		return err;
	if (!tree->progress || tree->progress(tree->arg, walk->done, walk->ntasks))
		return 0;
	return kallmod_fail(walk->ctx, -EINTR, "%s: interrupted; nothing was made", tree->srctree);
}

static int walk_all(struct walk *walk)
{
	int err = add_dir(walk, ".");

	while (!err && (walk->started < walk->ntasks || kallmod_make_running(walk->make))) {
		if (walk->started < walk->ntasks &&
		    kallmod_make_running(walk->make) < kallmod_make_slots(walk->make))
			err = start_task(walk);
		else
			err = wait_task(walk);
	}
	if (!err && walk->ndirs == 1)
		err = kallmod_fail(walk->ctx, -EINVAL,
				   "%s: its top Kbuild and Makefile list no directory; give a kernel source tree",
				   walk->tree->srctree);
	return err;
}

int kallmod_thick_walk(struct kallmod_ctx *ctx, const struct kallmod_thick_tree *tree,
		       struct kallmod_thick *thick)
{
	struct walk walk = {.ctx = ctx, .tree = tree, .out = thick};
	cleanup_free char *arch = NULL;
	int err;

	if (asprintf(&arch, "source/arch/%s/Makefile", tree->srcarch) < 0) {
		arch = NULL;
		return no_memory(&walk);
	}
	walk.arch = arch;
	err = kallmod_make_create(ctx, tree->srctree, &walk.make);
	if (!err)
		err = write_files(&walk);
	if (!err)
		err = walk_all(&walk);
	kallmod_make_destroy(walk.make);
	for (size_t i = 0; i < walk.ndirs; i++) {
		free(walk.dirs[i].path);
		kallmod_thick_lists_deinit(&walk.dirs[i].lists);
	}
	free(walk.dirs);
	free(walk.tasks);
	kallmod_pathset_deinit(&walk.seen);
	if (err)
		kallmod_thick_deinit(thick);
	else
		kallmod_thick_sort(thick);
	return err;
}
