// SPDX-License-Identifier: GPL-2.0-only
/* What the commands share: the options of a map, the context, the end of the output. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmd.h"
#include "number.h"

enum { KEY_FIRST = 0x2000 };

/* In the order of enum kallmod_option. */
static const struct argp_option shared_options[] = {
	{NULL, 0, NULL, 0, "Where the map comes from:", 10},
	{"root", KEY_FIRST + KALLMOD_OPT_ROOT, "DIR", 0,
	 "Work on the kernel whose proc, sys, lib/modules and boot are below DIR", 10},
	{"release", KEY_FIRST + KALLMOD_OPT_RELEASE, "REL", 0, "Kernel release to work on", 10},
	{"source", KEY_FIRST + KALLMOD_OPT_SOURCE, "NAME", 0,
	 "Use this source only; 'kallmod sources' lists them", 10},
	{"kallsyms", KEY_FIRST + KALLMOD_OPT_KALLSYMS, "FILE", 0,
	 "Symbols, as in /proc/kallsyms or System.map", 10},
	{"ranges", KEY_FIRST + KALLMOD_OPT_RANGES, "FILE", 0, "A modules.builtin.ranges", 10},
	{"vmlinux", KEY_FIRST + KALLMOD_OPT_VMLINUX, "FILE", 0, "A kernel image", 10},
	{"objtree", KEY_FIRST + KALLMOD_OPT_OBJTREE, "DIR", 0, "A kernel build tree", 10},
	{"modules-builtin", KEY_FIRST + KALLMOD_OPT_MODULES_BUILTIN, "FILE", 0,
	 "A modules.builtin: no other module can be built in", 10},
	{"exclude-release", KEY_FIRST + KALLMOD_OPT_EXCLUDE_RELEASE, "PREFIX", 0,
	 "Leave out the signatures of releases that begin so", 10},
	{"signatures", KEY_FIRST + KALLMOD_OPT_SIGNATURES, "DIR", 0, "Directory of *.sig files", 10},
	{"debuginfod", KEY_FIRST + KALLMOD_OPT_DEBUGINFOD, NULL, 0,
	 "Ask the servers of DEBUGINFOD_URLS for the kernel's debug information", 10},
	{"min-confidence", KEY_FIRST + KALLMOD_OPT_MIN_CONFIDENCE, "X", 0,
	 "Hide what is inferred with less confidence, 0 to 1", 10},
	{},
};

static error_t parse_shared(int key, char *arg, struct argp_state *state)
{
	struct kallmod_ctx *ctx = state->input;

	if (key < KEY_FIRST || key >= KEY_FIRST + KALLMOD_OPT_COUNT)
		return ARGP_ERR_UNKNOWN;
	if (key == KEY_FIRST + KALLMOD_OPT_MIN_CONFIDENCE)
		kallmod_arg_number(state, "--min-confidence", arg, 0, 1);
	if (kallmod_ctx_set(ctx, key - KEY_FIRST, arg ? arg : "yes"))
		argp_failure(state, KALLMOD_EXIT_FAILED, 0, "%s", kallmod_ctx_error(ctx));
	return 0;
}

const struct argp kallmod_shared_argp = {.options = shared_options, .parser = parse_shared};

const struct argp_child kallmod_cmd_children[] = {{&kallmod_shared_argp, 0, NULL, 0}, {}};

error_t kallmod_cmd_parse_rest(int key, const char *arg, struct argp_state *state,
			       struct kallmod_ctx *ctx)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = ctx;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no argument is wanted", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int kallmod_cmd_run(const char *name, const struct argp *argp, int argc, char **argv,
		    struct kallmod_ctx *ctx, int (*fn)(void *input), void *input)
{
	int status;

	argp_parse(argp, argc, argv, 0, NULL, input);
	status = fn(input) ? kallmod_cmd_failed(name, ctx) : kallmod_cmd_finish(name);
	kallmod_ctx_destroy(ctx);
	return status;
}

static void print_log(void *name, enum kallmod_log_level level, const char *line)
{
	if (level == KALLMOD_LOG_WARN)
		fprintf(stderr, "%s: warning: %s\n", (const char *)name, line);
	else if (getenv("KALLMOD_DEBUG"))
		fprintf(stderr, "%s: %s\n", (const char *)name, line);
}

static bool has_signatures(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (length > 4 && !strcmp(entry->d_name + length - 4, ".sig"))
			return true;
	}
	return false;
}

/* The signatures of a build tree stand beside the directory that we were built in. */
static void find_signatures(struct kallmod_ctx *ctx)
{
	static const char *const places[] = {"/../signatures", "/signatures", "/../../signatures"};
	const char *wanted = getenv("KALLMOD_SIGNATURES");
	char exe[4096] = "", path[4200];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash = strrchr(exe, '/');

	if (wanted && *wanted) {
		kallmod_ctx_set(ctx, KALLMOD_OPT_SIGNATURES, wanted);
		return;
	}
	if (length <= 0 || !slash)
		return;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", exe, places[i]);
		if (has_signatures(path)) {
			kallmod_ctx_set(ctx, KALLMOD_OPT_SIGNATURES, path);
			return;
		}
	}
}

struct kallmod_ctx *kallmod_cmd_context(const char *name)
{
	struct kallmod_ctx *ctx;

	if (kallmod_ctx_create(&ctx)) {
		fprintf(stderr, "%s: no memory\n", name);
		exit(KALLMOD_EXIT_FAILED);
	}
	kallmod_ctx_set_log(ctx, print_log, (void *)name);
	find_signatures(ctx);
	return ctx;
}

int kallmod_cmd_check_live(const char *name, const struct kallmod_ctx *ctx)
{
	if (kallmod_ctx_live(ctx))
		return KALLMOD_EXIT_OK;
	fprintf(stderr, "%s: --root, --release, --kallsyms and --vmlinux name another kernel; only the running one can be sampled\n",
		name);
	return KALLMOD_EXIT_USAGE;
}

int kallmod_cmd_failed(const char *name, const struct kallmod_ctx *ctx)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", name, kallmod_ctx_error(ctx));
	return KALLMOD_EXIT_FAILED;
}

int kallmod_cmd_finish(const char *name)
{
	if (!ferror(stdout) && !fflush(stdout))
		return KALLMOD_EXIT_OK;
	fprintf(stderr, "%s: standard output: %s\n", name, strerror(errno));
	return KALLMOD_EXIT_FAILED;
}
