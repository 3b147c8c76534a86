// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "objtree.h"
#include "savefile.h"

#define NAME "kallmod build"

enum { KEY_OBJMODS = 0x1000 };

/* Shorter work is over before anybody has read how far it is. */
#define PROGRESS_AFTER 0.5

struct options {
	struct kallmod_ctx *ctx;
	const char *tree;
	const char *directory; /* NULL: tree */
	const char *objmods;   /* NULL: the tree's own */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->directory = arg;
		return 0;
	case KEY_OBJMODS:
		options->objmods = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (options->tree)
			argp_error(state, "one kernel build tree is wanted");
		options->tree = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name the tree that a kernel was built in");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- progress ------------------------------------------------------------------------- */

struct progress {
	struct timespec start;
	bool shown;
};

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec + (now.tv_nsec - start->tv_nsec) / 1e9;
}

static void show_progress(void *arg, const char *path, size_t done, size_t total)
{
	struct progress *progress = arg;
	const char *slash = strrchr(path, '/');

	if (!total || seconds_since(&progress->start) < PROGRESS_AFTER)
		return;
	fprintf(stderr, "\r\033[K%s: %3u %%", slash ? slash + 1 : path,
		(unsigned int)(100.0 * done / total));
	progress->shown = true;
}

/* Only a terminal has a line that can be written again. */
static void start_progress(struct progress *progress, struct kallmod_ranges_input *input)
{
	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &progress->start);
	input->progress = show_progress;
	input->arg = progress;
}

static void end_progress(const struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

/* ---- the files ------------------------------------------------------------------------ */

/* Unlike recordings, what is made of a build is for everybody. */
static void open_to_all(const struct kallmod_savefile *save)
{
	mode_t mask = umask(0);

	umask(mask);
	if (save->partial)
		fchmod(fileno(save->file), 0666 & ~mask);
}

static int make_directory(struct kallmod_ctx *ctx, const char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	return kallmod_fail(ctx, -errno, "%s: cannot be made: %s; name another directory with -o",
			    path, strerror(errno));
}

static int write_ranges(struct options *options, const struct kallmod_objtree *tree,
			const char *path, struct kallmod_ranges_report *report)
{
	cleanup_savefile struct kallmod_savefile save = KALLMOD_SAVEFILE_EMPTY;
	struct kallmod_ranges_input input = kallmod_objtree_input(tree);
	struct progress progress = {.shown = false};
	int err = kallmod_savefile_open(&save, options->ctx, path);

	if (err)
		return err;
	start_progress(&progress, &input);
	err = kallmod_ranges_make(options->ctx, &input, save.file, report);
	end_progress(&progress);
	if (err)
		return err;
	open_to_all(&save);
	return kallmod_savefile_commit(&save);
}

static int build(void *arg)
{
	cleanup_objtree struct kallmod_objtree tree = KALLMOD_OBJTREE_EMPTY;
	struct options *options = arg;
	struct kallmod_ranges_report report;
	cleanup_free char *path = NULL;
	int err = kallmod_objtree_open(&tree, options->ctx, options->tree, options->objmods);

	if (err)
		return err;
	if (!options->directory)
		options->directory = options->tree;
	if (asprintf(&path, "%s/modules.builtin.ranges", options->directory) < 0) {
		path = NULL;
		return kallmod_fail(options->ctx, -ENOMEM, "out of memory");
	}
	err = make_directory(options->ctx, options->directory);
	if (!err)
		err = write_ranges(options, &tree, path, &report);
	if (!err)
		printf("%s: %zu ranges in %zu sections, from %s of %s\n", path, report.ranges,
		       report.sections, report.o_map ? "vmlinux.o.map" : "vmlinux.map",
		       report.lld ? "lld" : "GNU ld");
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"output", 'o', "DIR", 0, "Write into DIR instead of OBJTREE", 0},
		{"objmods", KEY_OBJMODS, "FILE", 0,
		 "Take the modules of each object from FILE, lines of OBJECT and KBUILD_MODFILE or a modules_thick.builtin, instead of the tree's .cmd files",
		 0},
		{}};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .args_doc = "OBJTREE",
		.doc = "Writes modules.builtin.ranges, which says where the built-in modules are, from the tree that a kernel was built in."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, build, &options);
}

const struct kallmod_command kallmod_command_build = {
	"build", "make module ranges from a kernel's build tree", run};
