// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "build_list.h"
#include "build_tables.h"
#include "build_thick.h"
#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "objtree.h"
#include "savefile.h"

#define NAME "kallmod build"

enum { KEY_OBJMODS = 0x1000, KEY_THICK, KEY_CONFIG, KEY_ARCH, KEY_BUILTIN };

/* Shorter work is over before anybody has read how far it is. */
#define PROGRESS_AFTER 0.5

struct options {
	struct kallmod_ctx *ctx;
	const char *tree;
	const char *directory; /* NULL: tree */
	const char *objmods;   /* NULL: the tree's own */
	bool thick;	       /* tree is a source tree */
	const char *config, *arch, *builtin;
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
	case KEY_THICK:
		options->thick = true;
		return 0;
	case KEY_CONFIG:
		options->config = arg;
		return 0;
	case KEY_ARCH:
		options->arch = arg;
		return 0;
	case KEY_BUILTIN:
		options->builtin = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (options->tree)
			argp_error(state, "one kernel build tree is wanted");
		options->tree = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name the tree that a kernel was built in");
		return 0;
	case ARGP_KEY_END:
		if ((options->config || options->arch || options->builtin) && !options->thick)
			argp_error(state, "--config, --arch and --builtin are for --thick");
		if (options->objmods && options->thick)
			argp_error(state, "--objmods is for the tree of a build, not for --thick");
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

static int make_directory(struct kallmod_ctx *ctx, const char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	return kallmod_fail(ctx, -errno, "%s: cannot be made: %s; name another directory with -o",
			    path, strerror(errno));
}

/* pieces NULL: nobody wants them. */
static int write_ranges(struct options *options, const struct kallmod_objtree *tree,
			const char *path, struct build_tables *pieces,
			struct kallmod_ranges_report *report)
{
	cleanup_savefile struct kallmod_savefile save = KALLMOD_SAVEFILE_EMPTY;
	struct kallmod_ranges_input input = kallmod_objtree_input(tree);
	struct progress progress = {.shown = false};
	int err = kallmod_savefile_open(&save, options->ctx, path);

	if (err)
		return err;
	if (pieces) {
		input.piece = build_tables_piece;
		input.piece_arg = pieces;
	}
	start_progress(&progress, &input);
	err = kallmod_ranges_make(options->ctx, &input, save.file, report);
	end_progress(&progress);
	if (err)
		return err;
	kallmod_savefile_open_to_all(&save);
	return kallmod_savefile_commit(&save);
}

/* DIRECTORY/name, or NULL. */
static char *join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int make_ranges(struct options *options, const struct kallmod_objtree *tree,
		       struct build_tables *pieces)
{
	cleanup_free char *path = join(options->directory, "modules.builtin.ranges");
	struct kallmod_ranges_report report;
	int err = path ? write_ranges(options, tree, path, pieces, &report) : -ENOMEM;

	if (!err)
		printf("%s: %zu ranges in %zu sections, from %s of %s\n", path, report.ranges,
		       report.sections, report.o_map ? "vmlinux.o.map" : "vmlinux.map",
		       report.lld ? "lld" : "GNU ld");
	return err;
}

static int make_list(struct options *options, const struct kallmod_objtree *tree)
{
	cleanup_free char *path = join(options->directory, "modules_thick.builtin");
	struct build_list_report report;
	int err = path ? build_list_write(options->ctx, tree->objmods, tree->builtin, path,
					  &report) :
			 -ENOMEM;

	if (!err)
		printf("%s: %zu modules of %zu objects\n", path, report.modules, report.objects);
	return err;
}

/* The tables are written as the image has its own: without it there are none. */
static int make_tables(struct options *options, const char *image,
		       struct build_tables *pieces)
{
	struct build_tables_report report;
	int err;

	if (!pieces) {
		printf("%s/kallmodsyms.S: left out, there is no %s\n", options->directory, image);
		return 0;
	}
	err = build_tables_write(options->ctx, pieces, image, options->directory, &report);
	if (!err)
		printf("%s/kallmodsyms.S: %zu entries, %zu bytes (%zu compressed); not optimised %zu, %zu (%zu)\n",
		       options->directory, report.after.entries, report.after.bytes,
		       report.after.compressed, report.before.entries, report.before.bytes,
		       report.before.compressed);
	return err;
}

static int build_tree(struct options *options)
{
	cleanup_objtree struct kallmod_objtree tree = KALLMOD_OBJTREE_EMPTY;
	__attribute__((cleanup(build_tables_deinit))) struct build_tables pieces = {};
	cleanup_free char *image = join(options->tree, "vmlinux");
	bool tables = image && !access(image, F_OK);
	int err = kallmod_objtree_open(&tree, options->ctx, options->tree, options->objmods);

	if (!err && !image)
		err = -ENOMEM;
	if (err)
		return err;
	if (!options->directory)
		options->directory = options->tree;
	err = make_directory(options->ctx, options->directory);
	if (!err)
		err = make_ranges(options, &tree, tables ? &pieces : NULL);
	if (!err)
		err = make_list(options, &tree);
	if (!err)
		err = make_tables(options, image, tables ? &pieces : NULL);
	return err == -ENOMEM ? kallmod_fail(options->ctx, err, "out of memory") : err;
}

static int build(void *arg)
{
	struct options *options = arg;
	struct build_thick_options thick = {
		.srctree = options->tree,
		.config = options->config,
		.arch = options->arch,
		.output = options->directory,
		.builtin = options->builtin,
	};

	return options->thick ? build_thick_run(options->ctx, &thick) : build_tree(options);
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"output", 'o', "DIR", 0, "Write into DIR instead of OBJTREE", 0},
		{"thick", KEY_THICK, NULL, 0,
		 "Only the thick module list, from a source tree and a configuration; nothing needs to be compiled",
		 0},
		{"config", KEY_CONFIG, "FILE", 0,
		 "With --thick: the configuration (default: .config in the tree)", 0},
		{"arch", KEY_ARCH, "ARCH", 0,
		 "With --thick: the architecture, as arch/ has it (default: what the configuration is for)",
		 0},
		{"builtin", KEY_BUILTIN, "FILE", 0,
		 "With --thick: list what FILE, a modules.builtin, has too, though it could not be a module",
		 0},
		{"objmods", KEY_OBJMODS, "FILE", 0,
		 "Take the modules of each object from FILE, lines of OBJECT and KBUILD_MODFILE or a modules_thick.builtin, instead of the tree's .cmd files",
		 0},
		{}};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .args_doc = "OBJTREE\n--thick SRCTREE",
		.doc = "Writes modules.builtin.ranges, which says where the built-in modules are, modules_thick.builtin, and kallmodsyms tables, from the tree that a kernel was built in."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, build, &options);
}

const struct kallmod_command kallmod_command_build = {
	"build", "make module ranges from a kernel's build tree", run};
