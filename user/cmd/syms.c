// SPDX-License-Identifier: GPL-2.0-only
/* The text of /proc/kallmodsyms, for any kernel. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "symbols_sizes.h"

#define NAME "kallmod syms"

enum { KEY_SIZE = 0x1000 };

struct options {
	struct kallmod_ctx *ctx;
	bool size;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_SIZE:
		options->size = true;
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, options->ctx);
	}
}

/* Bytes to the next symbol that stands higher; 0 for the last ones, also of the lower half. */
static uint64_t estimate_size(const struct kallmod_symbols *symbols, size_t i)
{
	uint64_t addr = kallmod_symbols_at(symbols, i)->addr;

	for (size_t k = i + 1; k < kallmod_symbols_count(symbols); k++) {
		uint64_t next = kallmod_symbols_at(symbols, k)->addr;

		if (next > addr)
			return next >> 63 == addr >> 63 ? next - addr : 0;
	}
	return 0;
}

static void print_modules(const struct kallmod_map *map, uint32_t set)
{
	const char *names[256];
	size_t n = kallmod_map_set_modules(map, set, names, 256);

	for (size_t i = 0; i < n && i < 256; i++)
		printf("%s[%s]", i ? " " : "\t", names[i]);
}

static void print_symbol(const struct kallmod_map *map, const struct kallmod_symbols *symbols,
			 size_t i, bool size)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
	const struct kallmod_range *range = kallmod_map_find(map, symbol->addr);
	bool module = range && range->set != KALLMOD_SET_CORE;
	char type = symbol->type;

	/* As kallmodsyms has it: what belongs to a module is not the kernel's global symbol. */
	if (module && kallmod_map_set_kind(map, range->set) == KALLMOD_KIND_BUILTIN)
		type = tolower((unsigned char)type);
	printf("%016" PRIx64, symbol->addr);
	if (size && symbol->size)
		printf(" %" PRIx64, symbol->size);
	else if (size)
		printf(" %" PRIx64 "~", estimate_size(symbols, i));
	printf(" %c %s", type, symbol->name);
	if (module)
		print_modules(map, range->set);
	else if (symbol->module)
		printf("\t[%s]", symbol->module);
	putchar('\n');
}

static int print_all(void *input)
{
	struct options *options = input;
	const struct kallmod_symbols *symbols;
	struct kallmod_map *map = NULL;
	int err = kallmod_map_build(options->ctx, &map);

	if (!err && options->size)
		err = kallmod_ctx_symbol_sizes(options->ctx);
	if (!err)
		err = kallmod_ctx_symbols(options->ctx, &symbols);
	for (size_t i = 0; !err && i < kallmod_symbols_count(symbols); i++)
		print_symbol(map, symbols, i, options->size);
	kallmod_map_destroy(map);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"size", KEY_SIZE, NULL, 0, "Print sizes too (hex): those of the kernel's image, else, marked with ~, the distance to the next symbol", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = kallmod_cmd_children,
		.doc = "Print all symbols with their modules, as /proc/kallmodsyms does."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, print_all, &options);
}

const struct kallmod_command kallmod_command_syms = {
	.name = "syms",
	.summary = "kallmodsyms text: symbols with their modules, for any kernel",
	.run = run,
};
