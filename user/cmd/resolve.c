// SPDX-License-Identifier: GPL-2.0-only
#include "resolve.h"
#include "symbols_sizes.h"

/* Symbols that are looked at to find one around an address. */
enum { AROUND_MAX = 16 };

int kallmod_resolver_init(struct kallmod_resolver *resolver, struct kallmod_ctx *ctx)
{
	int err;

	*resolver = (struct kallmod_resolver){};
	/* Symbols first: the map of a live kernel then has the trampolines' names too. */
	err = kallmod_ctx_symbol_sizes(ctx);
	if (!err)
		err = kallmod_ctx_symbols(ctx, &resolver->symbols);
	return err ? err : kallmod_map_build(ctx, &resolver->map);
}

void kallmod_resolver_deinit(struct kallmod_resolver *resolver)
{
	kallmod_map_destroy(resolver->map);
	*resolver = (struct kallmod_resolver){};
}

/* Of several symbols at one address a label may have no size, and the function behind it has. */
static uint64_t size_at(const struct kallmod_symbols *symbols, size_t index)
{
	uint64_t addr = kallmod_symbols_at(symbols, index)->addr, size = 0;
	const struct kallmod_symbol *symbol;

	while (index > 0 && kallmod_symbols_at(symbols, index - 1)->addr == addr)
		index--;
	while ((symbol = kallmod_symbols_at(symbols, index++)) && symbol->addr == addr)
		size = symbol->size > size ? symbol->size : size;
	return size;
}

/*
 * Where the symbol at index ends: its size, else the next higher symbol, else a page's end.
 * The last per-CPU symbol, which stands near zero, does not reach up to the kernel's text.
 */
static uint64_t symbol_end(const struct kallmod_symbols *symbols, size_t index)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, index);
	uint64_t size = size_at(symbols, index);

	if (size)
		return symbol->addr + size;
	for (size_t i = index + 1; i < kallmod_symbols_count(symbols); i++) {
		uint64_t next = kallmod_symbols_at(symbols, i)->addr;

		if (next > symbol->addr && next >> 63 != symbol->addr >> 63)
			break;
		if (next > symbol->addr)
			return next;
	}
	return (symbol->addr | 4095) + 1;
}

/*
 * Where the last symbol has ended, one before it may still go on: a function with another inside
 * (a label with a size). -1: none does, addr is padding or the remains of a function that lost.
 */
static ptrdiff_t find_around(const struct kallmod_symbols *symbols, ptrdiff_t index, uint64_t addr)
{
	for (ptrdiff_t i = index; i >= 0 && index - i < AROUND_MAX; i--) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);

		if (symbol->size && addr - symbol->addr < symbol->size)
			return i;
	}
	return -1;
}

void kallmod_resolve(const struct kallmod_resolver *resolver, uint64_t addr,
		     struct kallmod_place *ret)
{
	ptrdiff_t index = kallmod_symbols_find(resolver->symbols, addr);

	if (index >= 0 && addr >= symbol_end(resolver->symbols, index))
		index = find_around(resolver->symbols, index, addr);
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
