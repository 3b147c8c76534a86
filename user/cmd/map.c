// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "cleanup.h"
#include "cmd.h"
#include "explain.h"
#include "out.h"

#define NAME "kallmod map"

enum { KEY_FORMAT = 0x1000, KEY_DATA, KEY_JSON, KEY_EXPLAIN };

struct options {
	struct kallmod_ctx *ctx;
	const struct kallmod_out_map *out;
	bool data, explain;
	char **modules; /* patterns */
	int n;
};

static const struct kallmod_out_map *const outputs[] = {
	&kallmod_out_map_text, &kallmod_out_map_json, &kallmod_out_map_ranges};

static const struct kallmod_out_map *find_output(struct argp_state *state, const char *name)
{
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
		if (!strcmp(outputs[i]->name, name))
			return outputs[i];
	argp_error(state, "--format %s: one of text, json and ranges is wanted", name);
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_FORMAT:
		options->out = find_output(state, arg);
		return 0;
	case KEY_JSON:
		options->out = &kallmod_out_map_json;
		return 0;
	case KEY_EXPLAIN:
		options->explain = true;
		return 0;
	case KEY_DATA:
		options->data = true;
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* all at once, below */
	case ARGP_KEY_ARGS:
		options->modules = state->argv + state->next;
		options->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (options->explain && options->out != &kallmod_out_map_text)
			argp_error(state, "--explain is text for people; give it without --json or --format");
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, options->ctx);
	}
}

static int print_chosen(struct options *options, const struct kallmod_map *map)
{
	cleanup_free bool *sets = NULL;
	int err = kallmod_choose_sets(options->ctx, map, options->data, options->n,
				      options->modules, &sets);
	struct kallmod_out_choice choice = {.data = options->data, .sets = sets};

	if (err)
		return err;
	return options->explain ? kallmod_explain_sets(options->ctx, map, sets) :
				  options->out->write(options->ctx, map, &choice);
}

static int print_map(void *input)
{
	struct options *options = input;
	struct kallmod_map *map;
	int err = kallmod_map_build(options->ctx, &map);

	if (err)
		return err;
	err = print_chosen(options, map);
	kallmod_map_destroy(map);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"format", KEY_FORMAT, "FORMAT", 0, "text (default), json, or ranges: as modules.builtin.ranges", 0},
		{"json", KEY_JSON, NULL, 0, "The same as --format json", 0},
		{"explain", KEY_EXPLAIN, NULL, 0, "Print what each inferred range rests on, function by function", 0},
		{"data", KEY_DATA, NULL, 0, "Data ranges too, where the source has them", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = kallmod_cmd_children,
		.args_doc = "[MODULE…]",
		.doc = "Print which module each range of kernel addresses belongs to; of MODULEs alone, where any are named (patterns, as for files).\v"
		       "Text has a line per range: START-END, modules or - for the core kernel, source, trust and, where the map is inferred, confidence."};
	struct options options = {.ctx = kallmod_cmd_context(NAME), .out = &kallmod_out_map_text};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, print_map, &options);
}

const struct kallmod_command kallmod_command_map = {
	.name = "map",
	.summary = "print the ranges of kernel addresses and their modules",
	.run = run,
};
