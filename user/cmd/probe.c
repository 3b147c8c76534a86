// SPDX-License-Identifier: GPL-2.0-only
/* Functions by module: their list, or, in probe_live.c, what they do. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "grow.h"
#include "number.h"
#include "probe_list.h"
#include "probe_live.h"

#define NAME "kallmod probe"

enum { KEY_LIST = 0x1000, KEY_FORMAT, KEY_LIMIT, KEY_MECHANISM };

struct options {
	struct kallmod_ctx *ctx;
	struct kallmod_function_query query;
	struct kallmod_probe_live_options live;
	const struct kallmod_out_probe_list *out;
	const char **excludes; /* the query's; owned */
	size_t excludes_max;
	bool list;
};

const struct kallmod_out_probe_list *const kallmod_out_probe_lists[] = {
	&kallmod_out_probe_list_text,	   &kallmod_out_probe_list_json,
	&kallmod_out_probe_list_bpftrace,  &kallmod_out_probe_list_ftrace,
	&kallmod_out_probe_list_trace_cmd, &kallmod_out_probe_list_perf,
	&kallmod_out_probe_list_retsnoop,  NULL};

static const struct kallmod_out_probe_list *find_output(struct argp_state *state,
							const char *name)
{
	char names[128] = "";
	size_t used = 0;

	for (size_t i = 0; kallmod_out_probe_lists[i]; i++) {
		if (!strcmp(kallmod_out_probe_lists[i]->name, name))
			return kallmod_out_probe_lists[i];
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 kallmod_out_probe_lists[i]->name);
	}
	argp_error(state, "--format %s: one of %s is wanted", name, names);
	return NULL;
}

static enum kallmod_mechanism find_mechanism(struct argp_state *state, const char *name)
{
	static const enum kallmod_mechanism all[] = {
		KALLMOD_MECHANISM_BEST, KALLMOD_MECHANISM_MULTI, KALLMOD_MECHANISM_KPROBE,
		KALLMOD_MECHANISM_FENTRY};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(name, kallmod_mechanism_name(all[i])))
			return all[i];
	argp_error(state, "--mechanism %s: one of best, multi, kprobe, fentry is wanted", name);
	return KALLMOD_MECHANISM_BEST;
}

static void add_exclude(struct options *options, struct argp_state *state, const char *spec)
{
	if (kallmod_grow(&options->excludes, &options->excludes_max, options->query.nexcludes,
			 sizeof(*options->excludes)))
		argp_failure(state, KALLMOD_EXIT_FAILED, 0, "out of memory");
	options->excludes[options->query.nexcludes++] = spec;
	options->query.excludes = options->excludes;
}

static void check_end(const struct options *options, struct argp_state *state)
{
	if (!options->query.nspecs)
		argp_error(state, "a spec is wanted, MODULE:FUNCTION; 'ext4:*' is all functions of ext4");
	if (options->out && !options->list)
		argp_error(state, "--format is for --list; the views have --json");
	if (options->list && options->live.view_given)
		argp_error(state, "--list attaches to nothing; leave out the view or --list");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->live;
		state->child_inputs[1] = options->ctx;
		return 0;
	case KEY_LIST:
		options->list = true;
		return 0;
	case KEY_FORMAT:
		options->out = find_output(state, arg);
		return 0;
	case 'x':
		add_exclude(options, state, arg);
		return 0;
	case KEY_LIMIT:
		options->query.limit = kallmod_arg_count(state, "--limit", arg, 1, SIZE_MAX);
		return 0;
	case KEY_MECHANISM:
		options->query.mechanism = find_mechanism(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* all at once, below */
	case ARGP_KEY_ARGS:
		options->query.specs = (const char *const *)state->argv + state->next;
		options->query.nspecs = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		check_end(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int print_functions(const struct options *options, const struct kallmod_map *map,
			   const struct kallmod_functions *functions)
{
	const struct kallmod_out_probe_list *out = options->out;
	struct kallmod_probe_list list = {
		options->ctx, map, kallmod_functions_array(functions),
		kallmod_functions_count(functions)};
	size_t left = 0;
	int err;

	if (!out)
		out = options->live.json ? &kallmod_out_probe_list_json :
					   &kallmod_out_probe_list_text;
	err = out->write(&list, &left);
	if (!err && left) {
		fflush(stdout); /* behind the list, where both are seen */
		fprintf(stderr, NAME ": %zu of %zu functions left out: %s\n", left, list.n,
			out->left);
	}
	return err;
}

static int print_list(struct options *options)
{
	struct kallmod_functions *functions = NULL;
	struct kallmod_map *map = NULL;
	int err = kallmod_map_build(options->ctx, &map);

	/* Nothing is attached: there is no harm in many. */
	if (!options->query.limit)
		options->query.limit = SIZE_MAX;
	if (!err)
		err = kallmod_functions_find(options->ctx, map, &options->query, &functions);
	if (!err)
		err = print_functions(options, map, functions);
	kallmod_functions_destroy(functions);
	kallmod_map_destroy(map);
	return err;
}

static int probe(void *input)
{
	struct options *options = input;
	int err;

	if (options->list)
		err = print_list(options);
	else if (kallmod_ctx_live(options->ctx))
		err = kallmod_probe_live(options->ctx, &options->query, &options->live);
	else
		err = kallmod_fail(options->ctx, -EINVAL,
				   "--root, --release, --kallsyms and --vmlinux name another kernel, which can be listed (--list) and not probed");
	free(options->excludes);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&kallmod_probe_live_argp, 0, NULL, 0}, {&kallmod_shared_argp, 0, NULL, 0}, {}};
	static const struct argp_option argp_options[] = {
		{"list", KEY_LIST, NULL, 0, "Print the functions and what can probe them; attach to nothing", 1},
		{"format", KEY_FORMAT, "FORMAT", 0, "With --list: text (default), json, or a list for another tool: bpftrace, ftrace, trace-cmd, perf, retsnoop", 1},
		{"exclude", 'x', "SPEC", 0, "Leave these functions out; may be given again", 1},
		{"limit", KEY_LIMIT, "N", 0, "More functions are an error: 20,000, without a limit for --list", 1},
		{"mechanism", KEY_MECHANISM, "NAME", 0, "best (default), or only this: multi (kprobe.multi), kprobe, fentry", 1},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = children,
		.args_doc = "SPEC…",
		.doc = "Attach to functions by their module, built in or loaded, and show what they do.\v"
		       "A SPEC is MODULE:FUNCTION, each with wildcards ('ext4:*_write*') or between slashes a regular expression ('/^xfs$/:/_(read|write)/'). core: is the kernel proper, a FUNCTION alone is that of any module."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, probe, &options);
}

const struct kallmod_command kallmod_command_probe = {
	.name = "probe",
	.summary = "attach to functions by module: list, count, latency, stacks, events",
	.run = run,
};
