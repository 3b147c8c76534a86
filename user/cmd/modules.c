// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "cleanup.h"
#include "ctx.h"
#include "out.h"
#include "simple.h"

static bool is_text(const struct kallmod_symbol *symbol)
{
	return strchr("tTwW", symbol->type) != NULL;
}

/* Adds ranges to their sets' rows. */
static void add_ranges(const struct kallmod_map *map, struct kallmod_out_module *rows)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		struct kallmod_out_module *row = &rows[range->set];
		uint64_t bytes = range->end - range->start;

		if (range->section == KALLMOD_SECTION_DATA)
			continue;
		row->bytes += bytes;
		row->confidence += (double)range->confidence * bytes;
		row->source = kallmod_source_name(range->source);
		row->trust = kallmod_trust_name(range->trust);
	}
}

/* Counts functions: text symbols at different addresses, padding symbols left out. */
static void add_functions(const struct kallmod_map *map, const struct kallmod_symbols *symbols,
			  struct kallmod_out_module *rows)
{
	uint64_t last = 0;

	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		const struct kallmod_range *range;

		if (!is_text(symbol) || symbol->addr == last ||
		    !strncmp(symbol->name, "__pfx_", 6))
			continue;
		range = kallmod_map_find(map, symbol->addr);
		if (range && range->section != KALLMOD_SECTION_DATA)
			rows[range->set].functions++;
		last = symbol->addr;
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct kallmod_out_module *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->name && y->name ? strcmp(x->name, y->name) : 0;
}

/* The rows of sets, or of all without; the largest first. */
static int print_modules(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			 const bool *sets, const struct kallmod_out_modules *out)
{
	size_t n = kallmod_map_set_count(map);
	cleanup_free struct kallmod_out_module *rows = calloc(n, sizeof(*rows));
	const struct kallmod_symbols *symbols;

	if (!rows)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	for (size_t i = 0; i < n; i++) {
		rows[i].name = kallmod_map_set_name(map, i);
		rows[i].kind = kallmod_map_set_kind(map, i);
	}
	add_ranges(map, rows);
	/* Without symbols there is a table all the same, without its count of functions. */
	if (!kallmod_ctx_symbols(ctx, &symbols))
		add_functions(map, symbols, rows);
	for (size_t i = 0; sets && i < n; i++)
		if (!sets[i])
			rows[i].bytes = 0;
	qsort(rows, n, sizeof(*rows), compare_rows);
	out->begin();
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].bytes)
			continue;
		rows[i].confidence /= rows[i].bytes;
		out->row(&rows[i]);
	}
	out->end();
	return 0;
}

static int modules(struct kallmod_ctx *ctx, bool json, int n, char **arguments)
{
	cleanup_free bool *sets = NULL;
	struct kallmod_map *map;
	int err = kallmod_map_build(ctx, &map);

	if (err)
		return err;
	err = kallmod_choose_sets(ctx, map, false, n, arguments, &sets);
	if (!err)
		err = print_modules(ctx, map, sets,
				    json ? &kallmod_out_modules_json : &kallmod_out_modules_text);
	kallmod_map_destroy(map);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct kallmod_simple simple = {
		.name = "kallmod modules",
		.doc = "Print the modules of the kernel, built in and loaded, largest first; MODULEs alone, where any are named (patterns, as for files).",
		.args_doc = "[MODULE…]",
		.arguments = true,
		.fn = modules,
		.json = true,
	};

	return kallmod_simple_run(&simple, argc, argv);
}

const struct kallmod_command kallmod_command_modules = {
	.name = "modules",
	.summary = "the kernel's modules: kind, functions, bytes, source, trust",
	.run = run,
};
