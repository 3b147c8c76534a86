/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Symbol tables: the parser of /proc/kallsyms and System.map, and tables made with it. */
#ifndef KALLMOD_SYMBOLS_H
#define KALLMOD_SYMBOLS_H

#include "file.h"

/*
 * Streams "ADDR TYPE NAME[<tab>[MODULE]]" lines: fn gets each symbol; its strings live for the
 * call only. fn returns 0 to go on, > 0 to stop early (which is returned), or a negative
 * errno. Names that the kernel's own limit leaves out (over 511 bytes) are skipped.
 */
int kallmod_symbols_stream(struct kallmod_reader *reader,
			   int (*fn)(void *arg, const struct kallmod_symbol *symbol), void *arg);

enum kallmod_symbols_extent {
	KALLMOD_SYMBOLS_ALL,
	/*
	 * May end at _etext, where the file is in address order up to there: reading the rest
	 * of /proc/kallsyms costs as much again, and text alone does not need it.
	 */
	KALLMOD_SYMBOLS_TEXT,
};

/*
 * Reads a table; *ret is owned by the caller. -EPERM when all text is at zero; -ENODATA for the
 * stub that Debian ships as System.map; -EINVAL.
 */
int kallmod_symbols_read(struct kallmod_reader *reader, enum kallmod_symbols_extent extent,
			 struct kallmod_symbols **ret);
void kallmod_symbols_destroy(struct kallmod_symbols *symbols);
static inline void kallmod_symbols_cleanup(struct kallmod_symbols **symbols)
{
	kallmod_symbols_destroy(*symbols);
}
#define cleanup_symbols __attribute__((cleanup(kallmod_symbols_cleanup)))
/* Tables from elsewhere: create, add (strings are copied), then sort. -ENOMEM, -EFBIG. */
int kallmod_symbols_create(struct kallmod_symbols **ret);
int kallmod_symbols_add(struct kallmod_symbols *symbols, const struct kallmod_symbol *symbol);
int kallmod_symbols_sort(struct kallmod_symbols *symbols);
/* Sets the size of the symbol at index, which must be below the count. */
void kallmod_symbols_set_size(struct kallmod_symbols *symbols, size_t index, uint64_t size);

/*
 * As kallmod_ctx_symbols(), for those who need the kernel's text only: in a text-only context
 * (kallmod_ctx_set_text_only) the table may end at _etext.
 */
int kallmod_ctx_text_symbols(struct kallmod_ctx *ctx, const struct kallmod_symbols **ret);
/* All symbols where they have been read already, else NULL: never reads. */
const struct kallmod_symbols *kallmod_ctx_symbols_at_hand(const struct kallmod_ctx *ctx);

/*
 * The symbol whose code addr is in, and where that ends: by its size where that is known, else
 * with the next symbol, else with the page. -1: none; addr is padding, say, or what remains of
 * a function that lost to another.
 */
ptrdiff_t kallmod_symbols_around(const struct kallmod_symbols *symbols, uint64_t addr,
				 uint64_t *end_ret);
/* The next higher symbol address after symbol index: where it ends at most; 0 for the last. */
uint64_t kallmod_symbols_end(const struct kallmod_symbols *symbols, size_t index);
/* Is addr the address of a text symbol of the kernel proper? */
bool kallmod_symbols_text_at(const struct kallmod_symbols *symbols, uint64_t addr);
/* Bytes between two functions of an object or module: what compilers and linkers align to, at most. */
enum { KALLMOD_PADDING_MAX = 64 };

/* Is it text: a function or a label in code? */
static inline bool kallmod_symbol_is_text(const struct kallmod_symbol *symbol)
{
	char type = symbol->type | 0x20;

	return type == 't' || type == 'w';
}

#endif
