// SPDX-License-Identifier: GPL-2.0-only
#include "simple.h"

enum { KEY_JSON = 0x1000 };

struct input {
	const struct kallmod_simple *simple;
	struct kallmod_ctx *ctx;
	bool json;
	int first; /* argument */
	int n;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->ctx;
		return 0;
	case KEY_JSON:
		input->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!input->simple->arguments)
			argp_error(state, "%s: no argument is wanted", arg);
		return ARGP_ERR_UNKNOWN;
	case ARGP_KEY_ARGS:
		input->first = state->next;
		input->n = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int kallmod_simple_run(const struct kallmod_simple *simple, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"json", KEY_JSON, NULL, 0, "Print JSON", 0}, {}};
	static const struct argp_child children[] = {{&kallmod_shared_argp, 0, NULL, 0}, {}};
	const struct argp argp = {.options = simple->json ? options : NULL, .parser = parse,
				  .children = children, .doc = simple->doc,
				  .args_doc = simple->args_doc};
	struct input input = {.simple = simple, .ctx = kallmod_cmd_context(simple->name)};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (simple->fn(input.ctx, input.json, input.n, argv + input.first))
		status = kallmod_cmd_failed(simple->name, input.ctx);
	else
		status = kallmod_cmd_finish(simple->name);
	kallmod_ctx_destroy(input.ctx);
	return status;
}
