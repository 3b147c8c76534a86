// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Whose code an address is in: by sizes, where they are known. */
#include "symbols.h"

/* Symbols that are looked at to find one around an address. */
enum { AROUND_MAX = 16 };

/* Of several symbols at one address a label may have no size, which the function has. */
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
 * Where the last symbol has ended, one before it may still go on: a function with another
 * inside (a label with a size). -1: none does, addr is padding or the remains of a function
 * that lost.
 */
static ptrdiff_t find_around(const struct kallmod_symbols *symbols, ptrdiff_t index,
			     uint64_t addr)
{
	for (ptrdiff_t i = index; i >= 0 && index - i < AROUND_MAX; i--) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);

		if (symbol->size && addr - symbol->addr < symbol->size)
			return i;
	}
	return -1;
}

ptrdiff_t kallmod_symbols_around(const struct kallmod_symbols *symbols, uint64_t addr,
				 uint64_t *end_ret)
{
	ptrdiff_t index = kallmod_symbols_find(symbols, addr);
	uint64_t end = index < 0 ? 0 : symbol_end(symbols, index);

	if (index >= 0 && addr >= end) {
		index = find_around(symbols, index, addr);
		end = index < 0 ? 0 : symbol_end(symbols, index);
	}
	if (index >= 0)
		*end_ret = end;
	return index;
}
