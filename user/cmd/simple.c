// SPDX-License-Identifier: GPL-2.0-only
#include "simple.h"

enum { KEY_JSON = 0x1000 };

struct input {
	const struct kallmod_simple *simple;
	struct kallmod_ctx *ctx;
	bool json;
	char **argv;
	int first; /* argument */
	int n;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case KEY_JSON:
		input->json = true;
		return 0;
	case ARGP_KEY_ARG:
		/* All at once, below. */
		if (input->simple->arguments)
			return ARGP_ERR_UNKNOWN;
		break;
	case ARGP_KEY_ARGS:
		input->first = state->next;
		input->n = state->argc - state->next;
		return 0;
	}
	return kallmod_cmd_parse_rest(key, arg, state, input->ctx);
}

static int call(void *arg)
{
	struct input *input = arg;

	return input->simple->fn(input->ctx, input->json, input->n, input->argv + input->first);
}

int kallmod_simple_run(const struct kallmod_simple *simple, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"json", KEY_JSON, NULL, 0, "Print JSON", 0}, {}};
	const struct argp argp = {.options = simple->json ? options : NULL, .parser = parse,
				  .children = kallmod_cmd_children, .doc = simple->doc,
				  .args_doc = simple->args_doc};
	struct input input = {.simple = simple, .ctx = kallmod_cmd_context(simple->name),
			      .argv = argv};

	return kallmod_cmd_run(simple->name, &argp, argc, argv, input.ctx, call, &input);
}
