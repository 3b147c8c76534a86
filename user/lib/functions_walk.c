// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Which symbols are functions: each address once, under its best name. */
#include <string.h>

#include "functions_priv.h"
#include "symbols.h"

struct walk {
	const struct kallmod_map *map;
	const struct kallmod_symbols *symbols;
	const struct kallmod_range *range; /* found last: the next is mostly the same */
	bool sized; /* the symbols have sizes: those without are labels */
};

/* Where sections begin and end, which no function is. */
static bool is_landmark(const char *name)
{
	static const char *const fixed[] = {"_text", "_stext", "_etext", "_sinittext",
					    "_einittext"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (!strcmp(name, fixed[i]))
			return true;
	return name[0] == '_' && name[1] == '_' &&
	       ((length > 11 && !strcmp(name + length - 11, "_text_start")) ||
		(length > 9 && !strcmp(name + length - 9, "_text_end")));
}

/* Room before functions, hashes of types, leftovers, local labels, arm64's mapping symbols. */
static bool is_name(const char *name)
{
	static const char *const prefixes[] = {
		"__pfx_", "__cfi_", "__ftrace_invalid_address___", "__kcfi_typeid_", ".L", "$",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return false;
	return *name && (*name != '_' || !is_landmark(name));
}

static bool have_sizes(const struct kallmod_symbols *symbols)
{
	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++)
		if (kallmod_symbols_at(symbols, i)->size)
			return true;
	return false;
}

static void add_alias(struct kallmod_alias_list *list, const struct kallmod_symbol *symbol)
{
	if (!kallmod_symbol_is_text(symbol) || !is_name(symbol->name))
		return;
	if (symbol->size > list->size)
		list->size = symbol->size;
	/* Best are global ones, of these the first: the rule of kallmod_symbols_find(). */
	if (list->n == KALLMOD_ALIASES)
		return;
	list->names[list->n] = symbol->name;
	if (list->n && symbol->type < 'a' && list->best_local) {
		list->names[list->n] = list->names[0];
		list->names[0] = symbol->name;
	}
	if (!list->n || symbol->type < 'a')
		list->best_local = symbol->type >= 'a';
	list->n++;
}

/* Sizes reach to the next symbol at most, and no function out of its object. */
static uint64_t clamp_size(uint64_t addr, uint64_t size, uint64_t next, uint64_t range_end)
{
	uint64_t end = next && next >> 63 == addr >> 63 ? next : 0;

	if (size && (!end || size < end - addr))
		end = addr + size;
	if (end > range_end)
		end = range_end;
	return end > addr ? end - addr : 0;
}

/* Gathers the symbols from index on that have its address; returns the index behind them. */
static size_t gather(struct walk *walk, size_t index, struct kallmod_alias_list *list)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_at(walk->symbols, index);

	list->n = 0;
	list->size = 0;
	list->addr = symbol->addr;
	for (; symbol && symbol->addr == list->addr;
	     symbol = kallmod_symbols_at(walk->symbols, ++index))
		add_alias(list, symbol);
	if (!list->n || (walk->sized && !list->size)) {
		list->n = 0;
		return index;
	}
	if (!walk->range || list->addr < walk->range->start || list->addr >= walk->range->end)
		walk->range = kallmod_map_find(walk->map, list->addr);
	list->range = walk->range;
	if (!list->range || list->range->section == KALLMOD_SECTION_DATA)
		list->n = 0;
	else
		list->size = clamp_size(list->addr, list->size, symbol ? symbol->addr : 0,
					list->range->end);
	return index;
}

int kallmod_functions_walk(const struct kallmod_map *map,
			   const struct kallmod_symbols *symbols,
			   int (*fn)(void *arg, const struct kallmod_alias_list *function),
			   void *arg)
{
	struct walk walk = {map, symbols, NULL, have_sizes(symbols)};
	struct kallmod_alias_list list;
	int err = 0;

	for (size_t i = 0; !err && i < kallmod_symbols_count(symbols);) {
		i = gather(&walk, i, &list);
		if (list.n)
			err = fn(arg, &list);
	}
	return err;
}
