// SPDX-License-Identifier: GPL-2.0-only
#include "resolve.h"

int kallmod_resolver_init(struct kallmod_resolver *resolver, struct kallmod_ctx *ctx)
{
	int err;

	*resolver = (struct kallmod_resolver){};
	/* Symbols first: the map of a live kernel then has the trampolines' names too. */
	err = kallmod_ctx_symbols(ctx, &resolver->symbols);
	return err ? err : kallmod_map_build(ctx, &resolver->map);
}

void kallmod_resolver_deinit(struct kallmod_resolver *resolver)
{
	kallmod_map_destroy(resolver->map);
	*resolver = (struct kallmod_resolver){};
}

/*
 * Where the symbol at index ends: its size, else the next higher symbol, else a page's end.
 * The last per-CPU symbol, which stands near zero, does not reach up to the kernel's text.
 */
static uint64_t symbol_end(const struct kallmod_symbols *symbols, size_t index)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, index);

	if (symbol->size)
		return symbol->addr + symbol->size;
	for (size_t i = index + 1; i < kallmod_symbols_count(symbols); i++) {
		uint64_t next = kallmod_symbols_at(symbols, i)->addr;

		if (next > symbol->addr && next >> 63 != symbol->addr >> 63)
			break;
		if (next > symbol->addr)
			return next;
	}
	return (symbol->addr | 4095) + 1;
}

void kallmod_resolve(const struct kallmod_resolver *resolver, uint64_t addr,
		     struct kallmod_place *ret)
{
	ptrdiff_t index = kallmod_symbols_find(resolver->symbols, addr);

	*ret = (struct kallmod_place){.range = kallmod_map_find(resolver->map, addr)};
	if (ret->range && ret->range->set != KALLMOD_SET_CORE)
		ret->module = kallmod_map_set_name(resolver->map, ret->range->set);
	if (index >= 0) {
		const struct kallmod_symbol *symbol =
			kallmod_symbols_at(resolver->symbols, index);
		uint64_t end = symbol_end(resolver->symbols, index);

		/* A user address is far above the per-CPU symbols at zero: no symbol has it. */
		if (addr >= end || !symbol->addr != !addr)
			return;
		ret->symbol = symbol->name;
		ret->start = symbol->addr;
		ret->size = end - symbol->addr;
		if (!ret->module && !ret->range)
			ret->module = symbol->module;
	}
}
