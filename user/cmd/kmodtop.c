// SPDX-License-Identifier: GPL-2.0-only
/* kmodtop: which modules burn the kernel's CPU time, live. */
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "cmd.h"
#include "live.h"
#include "number.h"
#include "sampling.h"

enum {
	KEY_ONCE = 0x1000, KEY_BATCH, KEY_NO_STACKS, KEY_SORT, KEY_JSON,
	KEY_NO_COLOR, MAX_DELAY = 24 * 3600,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What is shown:", 1},
	{"delay", 'd', "SEC", 0, "Seconds between screens, fractions too; default 2", 1},
	{"screens", 'n', "COUNT", 0, "End after so many screens", 1},
	{"once", KEY_ONCE, NULL, 0, "Sample for one delay, print, end", 1},
	{"batch", KEY_BATCH, NULL, 0, "Print screens; so without a terminal", 1},
	{"json", KEY_JSON, NULL, 0, "Print screens as JSON, one object a line", 1},
	{"sort", KEY_SORT, "COLUMN", 0, "charged, self, total, samples or name", 1},
	{"no-color", KEY_NO_COLOR, NULL, 0, "No colours; also with NO_COLOR set", 1},
	{"no-stacks", KEY_NO_STACKS, NULL, 0, "No kernel stacks: SELF alone, cheaper", 1},
	{},
};

struct input {
	struct kallmod_ctx *ctx;
	struct kmodtop_options options;
};

static void parse_sort(struct argp_state *state, const char *arg, struct kmodtop_options *into)
{
	if (!kmodtop_sort_parse(arg, &into->sort))
		argp_error(state, "%s: no column; charged, self, total, samples or name", arg);
	into->sort_given = true;
}

static void check(struct argp_state *state, const struct kmodtop_options *given)
{
	if (!given->stacks && given->sort_given &&
	    (given->sort == KMODTOP_SORT_CHARGED || given->sort == KMODTOP_SORT_TOTAL))
		argp_error(state, "--sort %s needs stacks: leave --no-stacks out",
			   kmodtop_sort_name(given->sort));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;
	struct kmodtop_options *into = &input->options;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &into->sampler;
		state->child_inputs[1] = input->ctx;
		return 0;
	case 'd':
		into->delay = kallmod_arg_number(state, "-d", arg, 0.05, MAX_DELAY);
		return 0;
	case 'n':
		into->screens = kallmod_arg_count(state, "-n", arg, 1, INT_MAX);
		return 0;
	case KEY_ONCE:
		into->screens = 1;
		into->batch = true;
		return 0;
	case KEY_BATCH:
		into->batch = true;
		return 0;
	case KEY_JSON:
		into->json = into->batch = true;
		return 0;
	case KEY_SORT:
		parse_sort(state, arg, into);
		return 0;
	case KEY_NO_STACKS:
		into->stacks = false;
		return 0;
	case KEY_NO_COLOR:
		into->color = false;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no argument is wanted", arg);
		return 0;
	case ARGP_KEY_END:
		check(state, into);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The live view hides rows, and counts them; the map keeps what they stand for. */
static void take_confidence(struct kallmod_ctx *ctx, struct kmodtop_options *into)
{
	const char *text = kallmod_ctx_get(ctx, KALLMOD_OPT_MIN_CONFIDENCE);

	if (!text)
		return;
	into->min_confidence = strtod(text, NULL);
	kallmod_ctx_set(ctx, KALLMOD_OPT_MIN_CONFIDENCE, NULL);
}

static int show(struct kallmod_ctx *ctx, const struct kmodtop_options *given)
{
	struct kmodtop_session session;
	int err = kmodtop_session_open(&session, ctx, given);

	if (err)
		return err;
	if (given->batch)
		err = kmodtop_batch_run(&session, given->json ? &kmodtop_format_json :
							       &kmodtop_format_text);
	else
		err = kmodtop_live_run(&session);
	kmodtop_session_close(&session);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&kallmod_sampling_argp, 0, NULL, 0}, {&kallmod_shared_argp, 0, NULL, 0}, {}};
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.doc = "Which kernel modules burn the CPU, built in or loaded, live."};
	const char *no_color = getenv("NO_COLOR");
	struct input input = {
		.ctx = kallmod_cmd_context("kmodtop"),
		.options = {.delay = 2, .stacks = true, .color = !no_color || !*no_color}};
	int status;

	setlocale(LC_CTYPE, "");
	argp_parse(&argp, argc, argv, 0, NULL, &input);
	take_confidence(input.ctx, &input.options);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		input.options.batch = true;
	status = kallmod_cmd_check_live("kmodtop", input.ctx);
	if (!status && show(input.ctx, &input.options))
		status = kallmod_cmd_failed("kmodtop", input.ctx);
	else if (!status)
		status = kallmod_cmd_finish("kmodtop");
	kallmod_ctx_destroy(input.ctx);
	return status;
}

const struct kallmod_command kallmod_command_kmodtop = {
	"kmodtop", "A live view of the kernel's CPU time by module", run};
