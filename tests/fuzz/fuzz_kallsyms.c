// SPDX-License-Identifier: GPL-2.0-only
/* /proc/kallsyms and System.map: tables in order, with lookups that stay inside. */
#include <stdlib.h>

#include "symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct kallmod_symbols *symbols)
{
	size_t count = kallmod_symbols_count(symbols);

	for (size_t i = 0; i < count; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		ptrdiff_t found = kallmod_symbols_find(symbols, symbol->addr);

		if (i && symbol->addr < kallmod_symbols_at(symbols, i - 1)->addr)
			abort();
		if (found < 0 || kallmod_symbols_at(symbols, found)->addr != symbol->addr)
			abort();
		if (!kallmod_symbols_by_name(symbols, symbol->name))
			abort();
		kallmod_symbols_end(symbols, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int extent = KALLMOD_SYMBOLS_ALL; extent <= KALLMOD_SYMBOLS_TEXT; extent++) {
		cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
		struct kallmod_symbols *symbols;

		if (kallmod_reader_memory(&reader, NULL, "fuzz", data, size) ||
		    kallmod_symbols_read(&reader, extent, &symbols))
			continue;
		look_up(symbols);
		kallmod_symbols_destroy(symbols);
	}
	return 0;
}
