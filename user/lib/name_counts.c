// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "name_counts.h"
#include "symbols.h"

struct kallmod_name_counts {
	struct kallmod_name_count *slots; /* open hash; without name: free */
	size_t mask;
};

static bool same_module(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The slot of a name, or the free one where it belongs. */
static struct kallmod_name_count *find_slot(struct kallmod_name_counts *counts,
					    const char *name, const char *module)
{
	uint64_t hash = kallmod_hash_text(KALLMOD_HASH_START, module ? module : "");
	size_t i;

	hash = kallmod_hash_text(hash, name);
	i = (hash ^ hash >> 29) & counts->mask;

	while (counts->slots[i].name && (strcmp(counts->slots[i].name, name) ||
					 !same_module(counts->slots[i].module, module)))
		i = (i + 1) & counts->mask;
	return &counts->slots[i];
}

static void count_symbol(struct kallmod_name_counts *counts,
			 const struct kallmod_symbol *symbol, const char *module)
{
	struct kallmod_name_count *slot = find_slot(counts, symbol->name, module);

	if (slot->name && slot->last == symbol->addr)
		return;
	slot->name = symbol->name;
	slot->module = module;
	slot->last = symbol->addr;
	slot->symbols++;
}

int kallmod_name_counts_create(const struct kallmod_symbols *symbols, bool by_module,
			       struct kallmod_name_counts **ret)
{
	struct kallmod_name_counts *counts = calloc(1, sizeof(*counts));
	size_t n = kallmod_symbols_count(symbols), slots = 1024;

	while (slots < 2 * n)
		slots *= 2;
	if (counts)
		counts->slots = calloc(slots, sizeof(*counts->slots));
	if (!counts || !counts->slots) {
		free(counts);
		return -ENOMEM;
	}
	counts->mask = slots - 1;
	for (size_t i = 0; i < n; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);

		/* A third of all: and nobody asks for them. */
		if (kallmod_symbol_is_text(symbol) && strncmp(symbol->name, "__pfx_", 6))
			count_symbol(counts, symbol, by_module ? symbol->module : NULL);
	}
	*ret = counts;
	return 0;
}

void kallmod_name_counts_destroy(struct kallmod_name_counts *counts)
{
	if (!counts)
		return;
	free(counts->slots);
	free(counts);
}

struct kallmod_name_count *kallmod_name_counts_find(struct kallmod_name_counts *counts,
						    const char *name, const char *module)
{
	struct kallmod_name_count *slot = find_slot(counts, name, module);

	return slot->name ? slot : NULL;
}
