// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "map.h"
#include "module_names.h"
#include "symbolize.h"
#include "symbols.h"

int kallmod_symbolizer_init(struct kallmod_symbolizer *symbolizer, struct kallmod_ctx *ctx)
{
	*symbolizer = (struct kallmod_symbolizer){};
	return kallmod_names_init(&symbolizer->names, ctx);
}

void kallmod_symbolizer_deinit(struct kallmod_symbolizer *symbolizer)
{
	kallmod_names_deinit(&symbolizer->names);
}

/* "nf-nat" and "nf_nat" are one module. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (kallmod_module_letter(*a) != kallmod_module_letter(*b))
			return false;
	return *a == *b;
}

/* Modules come and go: a symbol that was another's, or the core's, is not this one's. */
static bool belongs(const struct kallmod_symbol *symbol, const struct kallmod_map *map,
		    uint32_t set)
{
	const char *name = kallmod_map_set_name(map, set);

	if (!name)
		return false; /* unresolved: nobody knows */
	switch (kallmod_map_set_kind(map, set)) {
	case KALLMOD_KIND_LOADABLE:
		return symbol->module && same_module(symbol->module, name);
	case KALLMOD_KIND_PSEUDO:
		return symbol->module != NULL;
	default:
		return true;
	}
}

static const struct kallmod_symbol *find_symbol(const struct kallmod_symbols *symbols,
						const struct kallmod_map *map, uint32_t set,
						uint64_t addr)
{
	uint64_t end;
	ptrdiff_t index = kallmod_symbols_around(symbols, addr, &end);
	const struct kallmod_symbol *symbol;

	if (index < 0)
		return NULL;
	symbol = kallmod_symbols_at(symbols, index);
	if (!symbol->addr || !kallmod_symbol_is_text(symbol))
		return NULL;
	return belongs(symbol, map, set) ? symbol : NULL;
}

static const char *module_name(const struct kallmod_map *map, uint32_t set)
{
	if (set == KALLMOD_SET_UNRESOLVED)
		return "unresolved";
	return set == KALLMOD_SET_CORE ? NULL : kallmod_map_set_name(map, set);
}

static bool is_irq(const struct kallmod_map *map, uint64_t addr)
{
	for (size_t i = 0; i < kallmod_map_mark_count(map); i++) {
		const struct kallmod_mark *mark = kallmod_map_mark(map, i);

		if (mark->kind == KALLMOD_MARK_IRQ && addr >= mark->start && addr < mark->end)
			return true;
	}
	return false;
}

/*
 * back: 1 for a return address, since the call is before it. Returns false when the frame is a
 * loadable module's and has no name.
 */
static bool make_frame(const struct kallmod_symbols *symbols, const struct kallmod_map *map,
		       uint64_t ip, uint32_t set, unsigned int back,
		       struct kallmod_recording_frame *ret)
{
	const struct kallmod_symbol *symbol;

	/* Marks within the core; see kallmod_tables.h. */
	if (set >= KALLMOD_SET_RESERVED && set != KALLMOD_SET_UNRESOLVED)
		set = KALLMOD_SET_CORE;
	symbol = find_symbol(symbols, map, set, ip - back);
	*ret = (struct kallmod_recording_frame){
		.ip = ip,
		.symbol = symbol ? symbol->name : NULL,
		.offset = symbol ? ip - symbol->addr : 0,
		.module = module_name(map, set),
		.irq = set == KALLMOD_SET_CORE && is_irq(map, ip - back),
	};
	return symbol || !ret->module || set == KALLMOD_SET_UNRESOLVED ||
	       kallmod_map_set_kind(map, set) != KALLMOD_KIND_LOADABLE;
}

/* True when every frame of a loadable module has a name. */
static bool make_frames(struct kallmod_symbolizer *symbolizer, const struct kallmod_map *map,
			const struct kallmod_record *record, size_t n)
{
	const __u64 *ips = (const __u64 *)(record + 1);
	const __u16 *sets = (const __u16 *)(ips + record->nframes);
	const struct kallmod_symbols *symbols = kallmod_names_symbols(&symbolizer->names);
	bool named = true;

	if (!n)
		return make_frame(symbols, map, record->ip, record->set, 0,
				  &symbolizer->frames[0]);
	for (size_t i = 0; i < n; i++)
		named &= make_frame(symbols, map, ips[i], sets[i], i ? 1 : 0,
				    &symbolizer->frames[i]);
	return named;
}

void kallmod_symbolize(struct kallmod_symbolizer *symbolizer, const struct kallmod_map *map,
		       const struct kallmod_record *record,
		       struct kallmod_recording_sample *ret)
{
	size_t n = record->nframes < KALLMOD_MAX_FRAMES ? record->nframes : KALLMOD_MAX_FRAMES;

	*ret = (struct kallmod_recording_sample){.record = record, .frames = symbolizer->frames,
						 .nframes = n ? n : 1, .stack = n > 0};
	if (record->mode == KALLMOD_SAMPLE_USER) {
		symbolizer->frames[0] = (struct kallmod_recording_frame){.ip = record->ip};
		ret->nframes = 1;
		ret->stack = false;
		return;
	}
	if (!make_frames(symbolizer, map, record, n))
		kallmod_names_refresh(&symbolizer->names);
	if (record->charged < KALLMOD_SET_RESERVED || record->charged == KALLMOD_SET_UNRESOLVED)
		ret->charged = module_name(map, record->charged);
}
