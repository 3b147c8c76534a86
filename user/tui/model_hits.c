// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "model_hits.h"
#include "symbols.h"

void kmodtop_hits_deinit(struct kmodtop_hits *hits)
{
	free(hits->at);
	*hits = (struct kmodtop_hits){};
}

static int compare_hits(const void *a, const void *b)
{
	const struct kmodtop_hit *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static void merge(struct kmodtop_hits *hits)
{
	size_t n = 0;

	for (size_t i = 0; i < hits->n; i++) {
		if (n && !compare_hits(&hits->at[n - 1], &hits->at[i])) {
			hits->at[n - 1].self += hits->at[i].self;
			hits->at[n - 1].charged += hits->at[i].charged;
		} else {
			hits->at[n++] = hits->at[i];
		}
	}
	hits->n = n;
}

static void sort_and_merge(struct kmodtop_hits *hits)
{
	if (hits->n)
		qsort(hits->at, hits->n, sizeof(*hits->at), compare_hits);
	merge(hits);
}

/* A long interval sees the same addresses again and again: merge before growing. */
static bool make_room(struct kmodtop_hits *hits)
{
	size_t capacity = hits->capacity ? hits->capacity * 2 : 1024;
	struct kmodtop_hit *at;

	sort_and_merge(hits);
	if (hits->n < hits->capacity / 2)
		return true;
	at = reallocarray(hits->at, capacity, sizeof(*at));
	if (!at)
		return hits->n < hits->capacity;
	hits->at = at;
	hits->capacity = capacity;
	return true;
}

void kmodtop_hits_add(struct kmodtop_hits *hits, const struct kallmod_profile_hit *hit)
{
	struct kmodtop_hit *at;

	if (hits->n == hits->capacity && !make_room(hits))
		return;
	at = &hits->at[hits->n++];
	*at = (struct kmodtop_hit){.set = hit->set, .tgid = hit->tgid, .function = hit->ip,
				   .self = hit->self, .charged = hit->charged};
	memcpy(at->comm, hit->comm, sizeof(at->comm));
	at->comm[sizeof(at->comm) - 1] = '\0';
	/* A process names itself as it likes; the terminal shall not obey it. */
	for (char *c = at->comm; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

size_t kmodtop_hits_finish(struct kmodtop_hits *hits, const struct kallmod_symbols *symbols,
			   bool (*fits)(const void *arg, uint32_t set,
					const struct kallmod_symbol *symbol),
			   const void *arg)
{
	size_t unnamed = 0;

	for (size_t i = 0; symbols && i < hits->n; i++) {
		struct kmodtop_hit *hit = &hits->at[i];
		ptrdiff_t index = kallmod_symbols_find(symbols, hit->function);
		const struct kallmod_symbol *symbol =
			index < 0 ? NULL : kallmod_symbols_at(symbols, index);
		uint64_t end;

		if (!symbol || !fits(arg, hit->set, symbol)) {
			unnamed++;
			continue;
		}
		/* Past the end of all functions there it has no name, however often it is read. */
		if (symbol->size) {
			index = kallmod_symbols_around(symbols, hit->function, &end);
			if (index < 0)
				continue;
			symbol = kallmod_symbols_at(symbols, index);
		}
		hit->name = symbol->name;
		hit->function = symbol->addr;
	}
	sort_and_merge(hits);
	return unnamed;
}

size_t kmodtop_hits_first(const struct kmodtop_hits *hits, uint32_t set)
{
	size_t low = 0, high = hits->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->at[middle].set < set)
			low = middle + 1;
		else
			high = middle;
	}
	return low < hits->n && hits->at[low].set == set ? low : hits->n;
}
