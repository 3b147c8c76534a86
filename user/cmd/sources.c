// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"
#include "simple.h"

/* Begins with the first row, so that a failure prints nothing. */
struct table {
	const struct kallmod_out_sources *out;
	const char *release;
	bool begun;
};

static void print_report(void *arg, const struct kallmod_source_report *report)
{
	struct table *table = arg;

	if (!table->begun)
		table->out->begin(table->release);
	table->begun = true;
	table->out->row(report);
}

static int sources(struct kallmod_ctx *ctx, bool json, int n, char **arguments)
{
	struct table table = {
		.out = json ? &kallmod_out_sources_json : &kallmod_out_sources_text,
		.release = kallmod_ctx_release(ctx),
	};
	int err = kallmod_sources_probe(ctx, print_report, &table);

	(void)n, (void)arguments;
	if (!err)
		table.out->end();
	return err;
}

static int run(int argc, char **argv)
{
	static const struct kallmod_simple simple = {
		.name = "kallmod sources",
		.doc = "Print what each source of module ranges found, why not, and what to do about it.",
		.fn = sources,
		.json = true,
	};

	return kallmod_simple_run(&simple, argc, argv);
}

const struct kallmod_command kallmod_command_sources = {
	.name = "sources",
	.summary = "what each source of module ranges found, and what to do",
	.run = run,
};
