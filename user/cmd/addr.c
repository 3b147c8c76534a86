// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "explain.h"
#include "out.h"
#include "resolve.h"

#define NAME "kallmod addr"

enum { KEY_JSON = 0x1000, KEY_EXPLAIN };

struct job {
	struct kallmod_ctx *ctx;
	struct kallmod_resolver resolver;
	const struct kallmod_out_addr *out;
	bool explain;
	char **arguments;
	int n;
	int err; /* of lines that were no addresses; the rest is printed all the same */
};

/* Hex digits, "0x" before them or not, blanks around them. */
static bool parse_address(const char *text, uint64_t *ret)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	if (text[0] == '0' && (text[1] | 0x20) == 'x')
		text += 2;
	length = strspn(text, "0123456789abcdefABCDEF");
	if (!length || length > 16 || text[length + strspn(text + length, " \t\r\n")])
		return false;
	*ret = strtoull(text, NULL, 16);
	return true;
}

static void print_explanation(struct job *job, uint64_t addr)
{
	int err = kallmod_explain_address(job->ctx, job->resolver.map, addr);

	job->err = err ? err : job->err;
}

static void print_address(struct job *job, const char *text)
{
	struct kallmod_out_addr_row row = {};
	struct kallmod_place place;

	if (!parse_address(text, &row.addr)) {
		job->err = kallmod_fail(job->ctx, -EINVAL,
					"%.*s: is no address; write it in hex, with or without 0x",
					(int)strcspn(text, "\n"), text);
		return;
	}
	if (job->explain) {
		print_explanation(job, row.addr);
		return;
	}
	kallmod_resolve(&job->resolver, row.addr, &place);
	row.symbol = place.symbol;
	row.offset = row.addr - place.start;
	row.size = place.size;
	row.module = place.module;
	if (place.range) {
		row.source = kallmod_source_name(place.range->source);
		row.trust = kallmod_trust_name(place.range->trust);
		row.confidence = place.range->confidence;
	}
	job->out->row(&row);
}

static int print_stdin(struct job *job)
{
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		if (line[strspn(line, " \t\r\n")])
			print_address(job, line);
		/* A reader that asks and waits for the answer gets it. */
		fflush(stdout);
	}
	return ferror(stdin) ? kallmod_fail(job->ctx, -EIO, "standard input: %s",
					    strerror(errno)) : 0;
}

static int print_addresses(void *input)
{
	struct job *job = input;
	int err = kallmod_resolver_init(&job->resolver, job->ctx);

	if (!err) {
		job->out->begin();
		for (int i = 0; i < job->n; i++)
			print_address(job, job->arguments[i]);
		if (!job->n)
			err = print_stdin(job);
		job->out->end();
	}
	kallmod_resolver_deinit(&job->resolver);
	return err ? err : job->err;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct job *job = state->input;

	switch (key) {
	case KEY_JSON:
		job->out = &kallmod_out_addr_json;
		return 0;
	case KEY_EXPLAIN:
		job->explain = true;
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* all at once, below */
	case ARGP_KEY_ARGS:
		job->arguments = state->argv + state->next;
		job->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (job->explain && job->out == &kallmod_out_addr_json)
			argp_error(state, "--explain is text for people; give it without --json");
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, job->ctx);
	}
}

static int run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"json", KEY_JSON, NULL, 0, "Print JSON", 0},
		{"explain", KEY_EXPLAIN, NULL, 0, "Print what the answer rests on: the range's functions, and who else has their names", 0},
		{},
	};
	static const struct argp argp = {
		.options = options, .parser = parse, .children = kallmod_cmd_children,
		.args_doc = "[ADDR…]",
		.doc = "Print the symbol and the module of kernel addresses, given as arguments or one per line on standard input."};
	struct job job = {.ctx = kallmod_cmd_context(NAME), .out = &kallmod_out_addr_text};

	return kallmod_cmd_run(NAME, &argp, argc, argv, job.ctx, print_addresses, &job);
}

const struct kallmod_command kallmod_command_addr = {
	.name = "addr",
	.summary = "address to symbol and module",
	.run = run,
};
