// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A map knows addresses and not sections. Those that symbols bound are found by these; other
 * text is taken for .exit.text, which x86 does not bound, other data among what is freed after
 * boot for .init.data, and the rest stays out.
 */
#include <errno.h>

#include "ranges_export.h"
#include "ranges_sidecar.h"
#include "symbols.h"

/* A section, and the pairs of symbols that can stand around it. */
struct section {
	const char *name;
	enum kallmod_section kind;
	const char *bounds[2][2];
};

static const struct section sections[] = {
	{ ".text", KALLMOD_SECTION_TEXT, { { "_text", "_etext" }, { "_stext", "_etext" } } },
	{ ".rodata", KALLMOD_SECTION_DATA, { { "__start_rodata", "__end_rodata" } } },
	{ ".printk_index", KALLMOD_SECTION_DATA,
	  { { "__start_printk_index", "__stop_printk_index" } } },
	{ ".data", KALLMOD_SECTION_DATA, { { "_sdata", "_edata" } } },
	{ ".init.text", KALLMOD_SECTION_INIT, { { "_sinittext", "_einittext" } } },
	{ ".altinstructions", KALLMOD_SECTION_DATA,
	  { { "__alt_instructions", "__alt_instructions_end" } } },
	{ ".exit.text", KALLMOD_SECTION_INIT, { { "__exittext_begin", "__exittext_end" } } },
	{ ".smp_locks", KALLMOD_SECTION_DATA, { { "__smp_locks", "__smp_locks_end" } } },
	{ ".bss", KALLMOD_SECTION_DATA, { { "__bss_start", "__bss_stop" } } },
	{ ".init.data", KALLMOD_SECTION_DATA, { { NULL, NULL } } },
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]), EXIT_TEXT = 6, INIT_DATA = 9 };

/* A section at its place. */
struct placed {
	const struct section *section;
	const char *anchor; /* a symbol's name; NULL: not here */
	uint64_t start, end;
	bool written; /* its anchor is */
};

struct writer {
	struct kallmod_ctx *ctx;
	const struct kallmod_map *map;
	const struct kallmod_ranges_export *export;
	const struct kallmod_symbols *symbols;
	struct placed placed[SECTIONS];
	size_t count, left_out;
};

static void place(struct writer *writer, size_t index)
{
	struct placed *placed = &writer->placed[index];

	placed->section = &sections[index];
	for (size_t i = 0; i < 2 && sections[index].bounds[i][0]; i++) {
		const struct kallmod_symbol *start, *end;

		start = kallmod_symbols_by_name(writer->symbols, sections[index].bounds[i][0]);
		end = kallmod_symbols_by_name(writer->symbols, sections[index].bounds[i][1]);
		if (!start || (end && start->addr >= end->addr))
			continue;
		placed->anchor = start->name;
		placed->start = start->addr;
		placed->end = end ? end->addr : UINT64_MAX;
		return;
	}
}

/* The start of the next section behind addr. */
static uint64_t next_start(const struct writer *writer, uint64_t addr)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < SECTIONS; i++) {
		const struct placed *placed = &writer->placed[i];

		if (placed->anchor && placed->start > addr && placed->start < next)
			next = placed->start;
	}
	return next;
}

static void place_all(struct writer *writer)
{
	for (size_t i = 0; i < SECTIONS; i++)
		place(writer, i);
	for (size_t i = 0; i < SECTIONS; i++)
		if (writer->placed[i].end == UINT64_MAX)
			writer->placed[i].end = next_start(writer, writer->placed[i].start);
}

/*
 * A symbol of code, or of data, at or below addr whose name is that of no other: the reader
 * takes the first of a name.
 */
static const struct kallmod_symbol *find_anchor(const struct writer *writer, bool text,
						uint64_t addr)
{
	ptrdiff_t i = kallmod_symbols_find(writer->symbols, addr);
	const struct kallmod_symbol *symbol, *first;

	/* That is the one with the best name; others may stand behind it. */
	while ((symbol = kallmod_symbols_at(writer->symbols, i + 1)) && symbol->addr <= addr)
		i++;
	for (; i >= 0; i--) {
		symbol = kallmod_symbols_at(writer->symbols, i);

		if (symbol->module || kallmod_symbol_is_text(symbol) != text)
			continue;
		first = kallmod_symbols_by_name(writer->symbols, symbol->name);
		if (first && first->addr == symbol->addr)
			return symbol;
	}
	return NULL;
}

static struct placed *placed_around(struct writer *writer, const struct kallmod_range *range)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		struct placed *placed = &writer->placed[i];

		if (placed->anchor && placed->section->kind == range->section &&
		    range->start >= placed->start && range->end <= placed->end)
			return placed;
	}
	return NULL;
}

/* Does what is freed after boot begin below addr, and end above? */
static bool is_freed(const struct writer *writer, uint64_t addr)
{
	const struct kallmod_symbol *start, *end;

	start = kallmod_symbols_by_name(writer->symbols, "__init_begin");
	end = kallmod_symbols_by_name(writer->symbols, "__init_end");
	return start && end && addr >= start->addr && addr < end->addr;
}

/* The section of its kind that has no bounds, and is not placed yet. */
static struct placed *unplaced(struct writer *writer, const struct kallmod_range *range)
{
	struct placed *placed = NULL;

	if (range->section == KALLMOD_SECTION_INIT)
		placed = &writer->placed[EXIT_TEXT];
	else if (range->section == KALLMOD_SECTION_DATA && is_freed(writer, range->start))
		placed = &writer->placed[INIT_DATA];
	return placed && !placed->anchor ? placed : NULL;
}

/* Places such a section: from the first range of it up to whatever is placed next. */
static struct placed *place_rest(struct writer *writer, const struct kallmod_range *range)
{
	struct placed *placed = unplaced(writer, range);
	const struct kallmod_symbol *anchor;

	if (!placed)
		return NULL;
	anchor = find_anchor(writer, range->section == KALLMOD_SECTION_INIT, range->start);
	if (!anchor)
		return NULL;
	placed->start = anchor->addr;
	placed->end = UINT64_MAX;
	for (size_t i = 0; i < SECTIONS; i++) {
		const struct placed *other = &writer->placed[i];

		if (!other->anchor)
			continue;
		/* Nor may the anchor be one of another section. */
		if (placed->start < other->end && range->start >= other->end)
			return NULL;
		if (other->start >= range->end && other->start < placed->end)
			placed->end = other->start;
	}
	placed->anchor = anchor->name;
	return placed;
}

static void write_modules(const struct writer *writer, uint32_t set)
{
	const char *names[256];
	size_t n = kallmod_map_set_modules(writer->map, set, names, 256);

	for (size_t i = 0; i < n && i < 256; i++)
		fprintf(writer->export->out, " %s", names[i]);
	putc('\n', writer->export->out);
}

static void write_range(struct writer *writer, struct placed *placed,
			const struct kallmod_range *range)
{
	uint64_t start = range->start - placed->start, end = range->end - placed->start;
	FILE *out = writer->export->out;

	if (!placed->written)
		fprintf(out, "%s %08x-%08x = %s\n", placed->section->name, 0, 0, placed->anchor);
	placed->written = true;
	fprintf(out, "%s %08llx-%08llx", placed->section->name, (unsigned long long)start,
		(unsigned long long)end);
	write_modules(writer, range->set);
	if (writer->export->confidences)
		kallmod_sidecar_write_range(writer->export->confidences, placed->section->name,
					    start, end, range->confidence);
	writer->count++;
}

static bool is_wanted(const struct writer *writer, const struct kallmod_range *range)
{
	const struct kallmod_ranges_export *export = writer->export;

	return kallmod_map_set_kind(writer->map, range->set) == KALLMOD_KIND_BUILTIN &&
	       (export->data || range->section != KALLMOD_SECTION_DATA) &&
	       (!export->wanted || export->wanted(export->arg, range));
}

/* Ranges are in the order of their addresses, and with them the sections. */
static int write_ranges(struct writer *writer)
{
	for (size_t i = 0; i < kallmod_map_range_count(writer->map); i++) {
		const struct kallmod_range *range = kallmod_map_range(writer->map, i);
		struct placed *placed;

		if (!is_wanted(writer, range))
			continue;
		placed = placed_around(writer, range);
		if (!placed)
			placed = place_rest(writer, range);
		if (placed)
			write_range(writer, placed, range);
		else if (range->section == KALLMOD_SECTION_TEXT)
			return kallmod_fail(writer->ctx, -ENODATA,
					    "no symbols _text and _etext around the ranges of .text; give --kallsyms with a whole table");
		else
			writer->left_out++;
	}
	return 0;
}

int kallmod_ranges_export(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			  const struct kallmod_ranges_export *export, size_t *count_ret)
{
	struct writer writer = { .ctx = ctx, .map = map, .export = export };
	int err = kallmod_ctx_symbols(ctx, &writer.symbols);

	if (err)
		return err;
	place_all(&writer);
	err = write_ranges(&writer);
	if (!err && writer.left_out)
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "%zu ranges are left out: no symbols say what sections they are in",
			    writer.left_out);
	if (!err && count_ret)
		*count_ret = writer.count;
	return err;
}
