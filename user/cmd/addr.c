// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ctx.h"
#include "out.h"
#include "resolve.h"
#include "simple.h"

struct job {
	struct kallmod_ctx *ctx;
	struct kallmod_resolver resolver;
	const struct kallmod_out_addr *out;
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

static int addr(struct kallmod_ctx *ctx, bool json, int n, char **arguments)
{
	struct job job = {.ctx = ctx,
			  .out = json ? &kallmod_out_addr_json : &kallmod_out_addr_text};
	int err = kallmod_resolver_init(&job.resolver, ctx);

	if (!err) {
		job.out->begin();
		for (int i = 0; i < n; i++)
			print_address(&job, arguments[i]);
		if (!n)
			err = print_stdin(&job);
		job.out->end();
	}
	kallmod_resolver_deinit(&job.resolver);
	return err ? err : job.err;
}

static int run(int argc, char **argv)
{
	static const struct kallmod_simple simple = {
		.name = "kallmod addr",
		.args_doc = "[ADDR…]",
		.doc = "Print the symbol and the module of kernel addresses, given as arguments or one per line on standard input.",
		.arguments = true,
		.fn = addr,
		.json = true,
	};

	return kallmod_simple_run(&simple, argc, argv);
}

const struct kallmod_command kallmod_command_addr = {
	.name = "addr",
	.summary = "address to symbol and module",
	.run = run,
};
