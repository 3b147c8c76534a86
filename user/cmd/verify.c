// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "comparison.h"
#include "ctx.h"
#include "mapfile.h"
#include "number.h"

#define NAME "kallmod verify"

enum { KEY_JSON = 0x1000, KEY_PRECISION, KEY_RECALL };

struct options {
	struct kallmod_ctx *ctx;
	const struct kallmod_out_verify *out;
	const char *truth, *map;
	double min_precision, min_recall;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_JSON:
		options->out = &kallmod_out_verify_json;
		return 0;
	case KEY_PRECISION:
		options->min_precision = kallmod_arg_number(state, "--min-precision", arg, 0, 1);
		return 0;
	case KEY_RECALL:
		options->min_recall = kallmod_arg_number(state, "--min-recall", arg, 0, 1);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			options->truth = arg;
		else if (state->arg_num == 1)
			options->map = arg;
		else
			argp_error(state, "two maps are wanted: TRUTH and MAP");
		return 0;
	case ARGP_KEY_END:
		if (!options->map)
			argp_error(state, "two maps are wanted: TRUTH and MAP");
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, options->ctx);
	}
}

/* ---- the maps -------------------------------------------------------------------------- */

static int read_file(struct kallmod_ctx *ctx, const char *path,
		     int (*read)(struct kallmod_reader *reader, struct kallmod_map **ret),
		     struct kallmod_map **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, path);

	return err ? err : read(&reader, ret);
}

/* A ranges file at its addresses: through its source, and so through the symbols. */
static int place_ranges(struct kallmod_ctx *ctx, const char *path, struct kallmod_map **ret)
{
	int err = kallmod_ctx_set(ctx, KALLMOD_OPT_RANGES, path);

	if (!err)
		err = kallmod_ctx_set(ctx, KALLMOD_OPT_SOURCE, "ranges");
	return err ? err : kallmod_map_build(ctx, ret);
}

/* Two ranges files are compared by offset; one beside a text map needs the symbols. */
static int read_maps(struct options *options, struct kallmod_map *maps[2])
{
	const char *paths[2] = {options->truth, options->map};
	bool ranges[2];
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++)
		err = kallmod_mapfile_is_ranges(options->ctx, paths[i], &ranges[i]);
	for (size_t i = 0; !err && i < 2; i++) {
		if (!ranges[i])
			err = read_file(options->ctx, paths[i], kallmod_mapfile_text, &maps[i]);
		else if (ranges[!i])
			err = read_file(options->ctx, paths[i], kallmod_mapfile_ranges, &maps[i]);
		else
			err = place_ranges(options->ctx, paths[i], &maps[i]);
	}
	return err;
}

static int verify(void *input)
{
	struct options *options = input;
	struct kallmod_map *maps[2] = {};
	struct kallmod_tally tally;
	int err = read_maps(options, maps);

	if (!err)
		err = kallmod_comparison_print(options->ctx, options->out, maps[0], maps[1],
					       &tally);
	kallmod_map_destroy(maps[0]);
	kallmod_map_destroy(maps[1]);
	if (!err && (kallmod_tally_precision(&tally) < options->min_precision ||
		     kallmod_tally_recall(&tally) < options->min_recall))
		err = kallmod_fail(options->ctx, -ERANGE,
				   "precision %.4f or recall %.4f is below what was asked for",
				   kallmod_tally_precision(&tally), kallmod_tally_recall(&tally));
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"json", KEY_JSON, NULL, 0, "Print JSON", 0},
		{"min-precision", KEY_PRECISION, "X", 0, "Exit with 1 below this precision (0 to 1)", 0},
		{"min-recall", KEY_RECALL, "X", 0, "Exit with 1 below this recall (0 to 1)", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = kallmod_cmd_children,
		.args_doc = "TRUTH MAP",
		.doc = "Compare two maps: bytes of module text that agree, are wrong, missed or extra, by module.\v"
		       "A map is the text of 'kallmod map' or a modules.builtin.ranges. Two of the latter are compared by section and offset; one beside a text map needs the kernel's symbols (--kallsyms)."};
	struct options options = {.ctx = kallmod_cmd_context(NAME),
				  .out = &kallmod_out_verify_text};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, verify, &options);
}

const struct kallmod_command kallmod_command_verify = {
	.name = "verify",
	.summary = "compare two maps: bytes agreed, wrong, missed, by module",
	.run = run,
};
