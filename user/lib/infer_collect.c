// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The functions of a text in address order, and what the signatures know of their names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "infer_priv.h"

enum {
	/* Functions that come again are those of another module: so many, and that part of all. */
	COPIES = 3,
	COPY_PART = 4,
	COPY_WHOLE = 5,
	COPY_MAX = 4096, /* functions of one copy */
};

int kallmod_infer_reserve(void **array, size_t *capacity, size_t n, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 4096;
	void *at;

	if (n <= *capacity)
		return 0;
	while (wanted < n)
		wanted *= 2;
	at = reallocarray(*array, wanted, size);
	if (!at)
		return -ENOMEM;
	*array = at;
	*capacity = wanted;
	return 0;
}

static int add_item(struct kallmod_infer *infer, uint64_t start, uint32_t symbol)
{
	if (kallmod_infer_reserve((void **)&infer->items, &infer->item_capacity, infer->nitems + 1,
		    sizeof(*infer->items)))
		return -ENOMEM;
	infer->items[infer->nitems++] =
		(struct kallmod_infer_item){.start = start, .symbol = symbol,
					    .first_hit = infer->nhits};
	return 0;
}

/* Adds what has a name to the last item. Aliases of one address: the rarest name counts. */
static int add_evidence(struct kallmod_infer *infer, const char *name, uint32_t symbol)
{
	struct kallmod_infer_item *item = &infer->items[infer->nitems - 1], found = *item;
	struct kallmod_sigset_hit *hits;
	size_t n;

	if (kallmod_infer_reserve((void **)&infer->hits, &infer->hit_capacity,
		    infer->nhits + KALLMOD_SIGSET_MAX_HITS, sizeof(*infer->hits)))
		return -ENOMEM;
	hits = infer->hits + infer->nhits;
	n = kallmod_sigset_find(infer->set, name, hits, &found.name);
	if (!n || (item->nhits && (size_t)item->nmodules + item->core <= n))
		return 0;
	found.symbol = symbol;
	found.first_hit = infer->nhits;
	found.nhits = n < KALLMOD_SIGSET_MAX_HITS ? n : KALLMOD_SIGSET_MAX_HITS;
	found.core = false;
	found.doubtful = true;
	found.far = UINT16_MAX;
	for (size_t i = 0; i < found.nhits; i++) {
		found.core |= hits[i].module == KALLMOD_INFER_CORE;
		found.far = hits[i].far < found.far ? hits[i].far : found.far;
		found.doubtful &= hits[i].module != KALLMOD_INFER_CORE &&
				  kallmod_sigset_doubtful(infer->set, hits[i].module);
	}
	n -= found.core;
	found.nmodules = n < UINT16_MAX ? n : UINT16_MAX;
	*item = found;
	infer->nhits += found.nhits;
	return 0;
}

/*
 * Do nearly all functions between the first one of item i's name and item i come again behind it?
 * A few do in any module: static ones of headers.
 */
static bool is_copy(const struct kallmod_infer *infer, size_t i, const uint32_t *earlier)
{
	size_t first = earlier[i] - 1, end = i + 2 * (i - first), known = 0, again = 0;

	if (i - first > COPY_MAX)
		return false;
	for (size_t k = first; k < i; k++)
		known += infer->items[k].nmodules >= 2;
	for (size_t k = i; k < infer->nitems && k < end; k++)
		again += earlier[k] > first && earlier[k] <= i;
	return again >= COPIES && again * COPY_WHOLE >= known * COPY_PART;
}

/*
 * A module has a function once. Two that are made of one source, as binfmt_elf and
 * compat_binfmt_elf are, have all of their names in common; the second begins where the names come
 * again.
 */
static int find_copies(struct kallmod_infer *infer)
{
	enum { SLOTS = 1 << 14 }; /* of the last items; one that is pushed out is not found */
	uint32_t *last = calloc(SLOTS, sizeof(*last));
	uint32_t *earlier = calloc(infer->nitems + 1, sizeof(*earlier));
	size_t begun = 0;

	for (size_t i = 0; last && earlier && i < infer->nitems; i++) {
		const struct kallmod_infer_item *item = &infer->items[i];
		uint32_t *slot = &last[item->name & (SLOTS - 1)];

		if (item->nmodules < 2 || item->core)
			continue;
		if (*slot && infer->items[*slot - 1].name == item->name)
			earlier[i] = *slot;
		*slot = i + 1;
	}
	for (size_t i = 0; last && earlier && i < infer->nitems; i++) {
		if (earlier[i] <= begun || !is_copy(infer, i, earlier))
			continue;
		infer->items[i].again = earlier[i];
		begun = i + 1;
	}
	free(earlier);
	free(last);
	return last && earlier ? 0 : -ENOMEM;
}

/*
 * The padding symbol before a function (__pfx_, since 6.3) is the start of its item: the
 * function behind it joins the item.
 */
int kallmod_infer_collect(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
			  uint64_t start, uint64_t end)
{
	size_t count = kallmod_symbols_count(symbols);
	bool padding = false;

	infer->nitems = infer->nhits = 0;
	for (size_t i = 0; i < count && infer->nitems <= KALLMOD_INFER_MAX_ITEMS; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		bool is_padding = !strncmp(symbol->name, "__pfx_", 6) ||
				  !strncmp(symbol->name, "__cfi_", 6);
		struct kallmod_infer_item *last = infer->nitems ? &infer->items[infer->nitems - 1] : NULL;
		int err = 0;

		if (symbol->addr < start || symbol->module || !kallmod_symbol_is_text(symbol))
			continue;
		if (symbol->addr >= end)
			break;
		if (!last || (last->start != symbol->addr && !padding))
			err = add_item(infer, symbol->addr, i);
		if (!err && !is_padding)
			err = add_evidence(infer, symbol->name, i);
		if (err)
			return err;
		last = &infer->items[infer->nitems - 1];
		if (!is_padding && symbol->size && symbol->addr + symbol->size > last->end)
			last->end = symbol->addr + symbol->size;
		padding = is_padding;
	}
	return find_copies(infer);
}
