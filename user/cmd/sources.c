// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"
#include "simple.h"

static void print_report(void *arg, const struct kallmod_source_report *report)
{
	const struct kallmod_out_sources *out = arg;

	out->row(report);
}

static int sources(struct kallmod_ctx *ctx, bool json, int n, char **arguments)
{
	const struct kallmod_out_sources *out =
		json ? &kallmod_out_sources_json : &kallmod_out_sources_text;
	int err;

	(void)n, (void)arguments;
	out->begin(kallmod_ctx_release(ctx));
	err = kallmod_sources_probe(ctx, print_report, (void *)out);
	if (!err)
		out->end();
	return err;
}

static int run(int argc, char **argv)
{
	static const struct kallmod_simple simple = {
		.name = "kallmod sources",
		.doc = "Print what each source of module ranges found, why not, and what to do about it.",
		.fn = sources,
	};

	return kallmod_simple_run(&simple, argc, argv);
}

const struct kallmod_command kallmod_command_sources = {
	.name = "sources",
	.summary = "what each source of module ranges found, and what to do",
	.run = run,
};
