// SPDX-License-Identifier: GPL-2.0-only
/*
 * The format of modules.builtin.ranges: per section an anchor, "SECT OFF-OFF = SYMBOL", and
 * the module ranges as offsets from the section's start. Text sections only: the others have
 * no anchor among the symbols of a stock kernel.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctx.h"
#include "out.h"

/* A section, and the symbols that stand at its start. */
struct section {
	const char *name;
	const char *anchors[2];
	enum kallmod_section kind;
};

static const struct section sections[] = {
	{".text", {"_text", "_stext"}, KALLMOD_SECTION_TEXT},
	{".init.text", {"_sinittext", NULL}, KALLMOD_SECTION_INIT},
};

/* The extent of that kind. */
static bool find_extent(const struct kallmod_map *map, enum kallmod_section kind,
			uint64_t *start_ret, uint64_t *end_ret)
{
	size_t n = kallmod_map_range_count(map);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		enum kallmod_kind of = kallmod_map_set_kind(map, range->set);

		if (range->section != kind || (of != KALLMOD_KIND_CORE && of != KALLMOD_KIND_BUILTIN))
			continue;
		if (!found)
			*start_ret = range->start;
		*end_ret = range->end;
		found = true;
	}
	return found;
}

/* The anchor symbol nearest below start, which is where the section is taken to begin. */
static const struct kallmod_symbol *find_anchor(const struct kallmod_symbols *symbols,
						const struct section *section, uint64_t start)
{
	for (size_t i = 0; i < 2 && section->anchors[i]; i++) {
		const struct kallmod_symbol *symbol =
			kallmod_symbols_by_name(symbols, section->anchors[i]);

		if (symbol && symbol->addr <= start)
			return symbol;
	}
	return NULL;
}

static void write_modules(const struct kallmod_map *map, uint32_t set)
{
	const char *names[256];
	size_t n = kallmod_map_set_modules(map, set, names, 256);

	for (size_t i = 0; i < n && i < 256; i++)
		printf(" %s", names[i]);
	putchar('\n');
}

static void write_section(const struct kallmod_map *map, const struct section *section,
			  const struct kallmod_symbol *anchor,
			  const struct kallmod_out_choice *choice)
{
	printf("%s %08x-%08x = %s\n", section->name, 0, 0, anchor->name);
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (range->section != section->kind || range->set == KALLMOD_SET_CORE ||
		    kallmod_map_set_kind(map, range->set) != KALLMOD_KIND_BUILTIN ||
		    range->start < anchor->addr || !kallmod_out_chosen(choice, range))
			continue;
		printf("%s %08" PRIx64 "-%08" PRIx64, section->name, range->start - anchor->addr,
		       range->end - anchor->addr);
		write_modules(map, range->set);
	}
}

static int write_map(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		     const struct kallmod_out_choice *choice)
{
	const struct kallmod_symbols *symbols;
	int err = kallmod_ctx_symbols(ctx, &symbols);

	for (size_t i = 0; !err && i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct kallmod_symbol *anchor;
		uint64_t start = 0, end = 0;

		if (!find_extent(map, sections[i].kind, &start, &end))
			continue;
		anchor = find_anchor(symbols, &sections[i], start);
		if (!anchor)
			return kallmod_fail(ctx, -ENODATA,
					    "no symbol %s to anchor the ranges of %s to; give --kallsyms with a whole table",
					    sections[i].anchors[0], sections[i].name);
		write_section(map, &sections[i], anchor, choice);
	}
	return err;
}

const struct kallmod_out_map kallmod_out_map_ranges = {.name = "ranges", .write = write_map};
