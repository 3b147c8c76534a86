// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "file.h"
#include "ko.h"
#include "modlist.h"
#include "module_names.h"
#include "sigfile.h"
#include "signatures_image.h"
#include "sigtest.h"

#define NAME "kallmod signatures"

enum { KEY_JSON = 0x1000, KEY_MODULES };

struct options {
	struct kallmod_ctx *ctx;
	const char *output;
	enum kallmod_sigtest_format format; /* of test */
	char **arguments;
	int narguments;
};

/* ---- build ----------------------------------------------------------------------------- */

/* nftw() takes no argument for its callback. */
static struct {
	struct kallmod_sigbuilder *builder;
	struct kallmod_ctx *ctx;
	int release, module;
	char module_name[256];
	size_t top;	     /* length of DIR */
	bool in_kernel;	     /* DIR is a kernel/ itself */
	char home[PATH_MAX]; /* directory of the file at hand, below kernel/ */
	size_t files, listed, functions;
	int err;
} build;

static int add_function(void *arg, const char *module, const char *function)
{
	(void)arg;
	if (strcmp(module, build.module_name)) {
		snprintf(build.module_name, sizeof(build.module_name), "%s", module);
		build.module = kallmod_sigbuilder_module(build.builder, module, build.home);
		if (build.module < 0)
			return build.module;
	}
	build.functions++;
	return kallmod_sigbuilder_add(build.builder, build.release, build.module, function);
}

/* "fs/ext4/ext4.ko" is of fs/ext4. */
static void set_home(const char *place)
{
	char *slash;

	snprintf(build.home, sizeof(build.home), "%s", place);
	slash = strrchr(build.home, '/');
	*(slash ? slash : build.home) = '\0';
}

/* DIR/kernel/fs/ext4/ext4.ko is fs/ext4/ext4.ko; what is not in DIR's kernel/ is nowhere. */
static const char *place_of(const char *path)
{
	const char *below = path + build.top, *place;

	below += strspn(below, "/");
	if (build.in_kernel)
		return below;
	place = kallmod_modlist_place(below);
	return place == below ? "" : place;
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type != FTW_F || !kallmod_ko_is_path(path))
		return 0;
	set_home(place_of(path));
	build.err = kallmod_ko_functions(build.ctx, path, add_function, NULL);
	build.files++;
	return build.err ? 1 : 0;
}

/*
 * Reads DIRECTORY/name, lines "kernel/PLACE/NAME.ko", where it is there: modules.order has the
 * order of linking, modules.builtin the modules whose functions are in no .ko file. A build
 * tree's modules.order has "PLACE/NAME.o"; such lines are left out.
 */
static int read_list(const char *directory, const char *name, int (*fn)(char *path))
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	cleanup_free char *path = NULL;
	int err, got = 0;
	size_t length;
	char *line;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	err = kallmod_reader_open(&reader, build.ctx, path);
	if (err == -ENOENT)
		return 0;
	while (!err && (got = kallmod_reader_line(&reader, &line, &length)) > 0) {
		const char *place = kallmod_modlist_place(line);

		set_home(place);
		err = place == line ? 0 : fn(line);
	}
	return err ? err : got;
}

static int add_order(char *path)
{
	(void)path;
	return kallmod_sigorder_add(kallmod_sigbuilder_order(build.builder), build.home);
}

static int add_builtin(char *path)
{
	const char *name = kallmod_module_name(path);
	int module = name ? kallmod_sigbuilder_module(build.builder, name, build.home) : 0;

	if (name && module >= 0) {
		kallmod_sigbuilder_exists(build.builder, build.release, module);
		build.listed++;
	}
	return module < 0 ? module : 0;
}

static int add_lists(const char *directory)
{
	int err = kallmod_sigorder_begin(kallmod_sigbuilder_order(build.builder), true);

	if (!err)
		err = read_list(directory, "modules.order", add_order);
	return err ? err : read_list(directory, "modules.builtin", add_builtin);
}

/* Reads what is below the directory; it may be named by a symbolic link, none below is followed. */
static int add_directory(struct kallmod_ctx *ctx, const char *path)
{
	cleanup_free char *directory = realpath(path, NULL);

	build.err = 0;
	build.files = build.listed = build.functions = 0;
	build.module_name[0] = '\0';
	build.top = directory ? strlen(directory) : 0;
	build.in_kernel = build.top > 7 && !strcmp(directory + build.top - 7, "/kernel");
	if (!directory || (nftw(directory, add_file, 32, FTW_PHYS) < 0 && !build.err))
		return kallmod_fail(ctx, -errno, "%s: %s", path, strerror(errno));
	if (!build.err)
		build.err = add_lists(directory);
	if (!build.err && !build.files && !build.listed)
		return kallmod_fail(ctx, -ENOENT,
				    "%s: no .ko, .ko.xz, .ko.zst or .ko.gz below it, and no modules.builtin",
				    path);
	return build.err;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* One argument: RELEASE=DIR or RELEASE=VMLINUX. */
static int add_release(struct kallmod_ctx *ctx, const char *argument)
{
	const char *equals = strchr(argument, '=');
	cleanup_free char *release = NULL;
	int err;

	if (!equals || equals == argument || !equals[1])
		return kallmod_fail(ctx, -EINVAL,
				    "%s: write it RELEASE=DIR, a directory with that kernel's .ko files, or RELEASE=VMLINUX",
				    argument);
	release = strndup(argument, equals - argument);
	if (!release)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	build.release = kallmod_sigbuilder_release(build.builder, release);
	if (build.release < 0)
		return build.release;
	if (is_file(equals + 1)) {
		build.files = 1;
		err = kallmod_signatures_add_image(ctx, build.builder, equals + 1, build.release,
						   release, &build.functions);
	} else {
		err = add_directory(ctx, equals + 1);
	}
	if (!err)
		fprintf(stderr, "%s: %s: %zu files, %zu functions\n", NAME, release,
			build.files, build.functions);
	return err;
}

static int run_build(struct options *options)
{
	int err;

	if (!options->output || !options->narguments)
		return kallmod_fail(options->ctx, -EINVAL,
				    "usage: kallmod signatures build -o FILE RELEASE=DIR|VMLINUX…");
	build.ctx = options->ctx;
	err = kallmod_sigbuilder_create(options->ctx, &build.builder);
	for (int i = 0; !err && i < options->narguments; i++)
		err = add_release(options->ctx, options->arguments[i]);
	if (!err)
		err = kallmod_sigbuilder_write(build.builder, options->output);
	kallmod_sigbuilder_destroy(build.builder);
	return err == -ENOMEM ? kallmod_fail(options->ctx, err, "out of memory") : err;
}

/* ---- list ------------------------------------------------------------------------------ */

static int list_file(struct kallmod_ctx *ctx, const char *path)
{
	__attribute__((cleanup(kallmod_sigfile_close))) struct kallmod_sigfile file = {};
	int err = kallmod_sigfile_open(ctx, path, &file);

	if (err)
		return err;
	printf("%s\t%zu bytes\t%u modules\t%u names\n", path, file.size, file.header->nmodules,
	       file.header->nnames);
	for (size_t i = 0; i < file.header->nreleases; i++) {
		size_t facts = 0;

		for (size_t k = 0; k < file.header->nposts; k++)
			facts += file.posts[k] >> 16 >> i & 1;
		printf("\t%s\t%zu functions\n", kallmod_sigfile_release(&file, i), facts);
	}
	return 0;
}

static int run_list(struct options *options)
{
	char pattern[4096];
	glob_t found;
	int err = 0;

	snprintf(pattern, sizeof(pattern), "%s/*.sig", kallmod_ctx_signatures(options->ctx));
	if (options->narguments) {
		for (int i = 0; !err && i < options->narguments; i++)
			err = list_file(options->ctx, options->arguments[i]);
		return err;
	}
	if (glob(pattern, 0, NULL, &found))
		return kallmod_fail(options->ctx, -ENOENT, "%s: no signature files; give --signatures DIR",
				    pattern);
	for (size_t i = 0; !err && i < found.gl_pathc; i++)
		err = list_file(options->ctx, found.gl_pathv[i]);
	globfree(&found);
	return err;
}

/* ---- command --------------------------------------------------------------------------- */

static int run_test(struct options *options)
{
	return kallmod_sigtest(options->ctx, options->format);
}

static const struct {
	const char *name;
	int (*run)(struct options *options);
} verbs[] = {{"build", run_build}, {"list", run_list}, {"test", run_test}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options->ctx;
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case KEY_JSON:
		options->format = KALLMOD_SIGTEST_JSON;
		return 0;
	case KEY_MODULES:
		options->format = KALLMOD_SIGTEST_MODULES;
		return 0;
	case ARGP_KEY_ARGS:
		options->arguments = state->argv + state->next;
		options->narguments = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "one of build, list and test is wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run_verb(struct options *options, struct argp *argp)
{
	const char *verb = options->arguments[0];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].name))
			continue;
		options->arguments++;
		options->narguments--;
		return verbs[i].run(options) ? kallmod_cmd_failed(NAME, options->ctx) :
					       kallmod_cmd_finish(NAME);
	}
	fprintf(stderr, "%s: %s: one of build, list and test is wanted\n", NAME, verb);
	argp_help(argp, stderr, ARGP_HELP_SEE, (char *)NAME);
	return KALLMOD_EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"output", 'o', "FILE", 0, "build: the signature file to write", 0},
		{"json", KEY_JSON, NULL, 0, "test: print JSON", 0},
		{"modules", KEY_MODULES, NULL, 0, "test: print each trial's modules too, the worst first", 0},
		{},
	};
	static struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "build -o FILE RELEASE=DIR|VMLINUX…\nlist [FILE…]\ntest",
		.children = kallmod_cmd_children,
		.doc = "Make, list and test the function signatures that inference uses.\v"
		       "build reads every .ko, .ko.xz, .ko.zst and .ko.gz below DIR, and the modules.order and modules.builtin there; of a VMLINUX with debug information (or a modules.builtin.ranges beside it) the built-in modules and the kernel proper; newest releases first. test infers the map of a kernel whose modules are known (--kallsyms and --ranges, --vmlinux with debug information, or the running one) with each release family left out in turn, and prints precision and recall."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = run_verb(&options, &argp);
	kallmod_ctx_destroy(options.ctx);
	return status;
}

const struct kallmod_command kallmod_command_signatures = {
	.name = "signatures",
	.summary = "make, list and test the signatures that inference uses",
	.run = run,
};
