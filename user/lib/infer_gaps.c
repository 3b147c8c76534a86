// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A modules.builtin has its modules in the order in which they are linked (since 5.6 it is made of
 * the linked image). So a module of the list that no release has, a vendor's or a new one, lies
 * between the two that are listed before and behind it; and there functions that no release has and
 * that are called like the module are its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "infer_priv.h"
#include "module_names.h"
#include "sigfile.h"

enum {
	ANCHOR = 2,	  /* matched names that make sure where a module is */
	ANCHORS = 8,	  /* with fewer, nobody knows whether the list is in that order */
	DISORDER = 20,	  /* of so many anchors one may be out of it */
	GAP_MAX = 1 << 14, /* functions between two modules */
	ALIKE = 4,	  /* letters that a function's and its module's name have in common, */
	ALIKE_PART = 2,	  /* and that part of the module's */
	LONG = 9,	  /* letters that are enough, however long it is */
	FILLED = 16,	  /* functions between two that are called like one of several modules */
	COMPARED_MAX = 1 << 17, /* pairs of names; a hostile list could have any number */
};

struct gaps {
	struct kallmod_infer *infer;
	const struct kallmod_symbols *symbols;
	uint16_t *listed;	/* modules by line of the list; owned */
	size_t nlisted;
	size_t compared; /* pairs of names so far */
};

static int compare_lines(const void *a, const void *b, void *set)
{
	size_t x = kallmod_sigset_line(set, *(const uint16_t *)a);
	size_t y = kallmod_sigset_line(set, *(const uint16_t *)b);

	return (x > y) - (x < y);
}

static void sort_listed(struct gaps *gaps)
{
	const struct kallmod_sigset *set = gaps->infer->set;

	for (size_t i = 0; i < kallmod_sigset_modules(set); i++)
		if (kallmod_sigset_listed(set, i))
			gaps->listed[gaps->nlisted++] = i;
	qsort_r(gaps->listed, gaps->nlisted, sizeof(*gaps->listed), compare_lines, (void *)set);
}

/* Is the list in the order of linking? */
static bool is_ordered(const struct gaps *gaps)
{
	size_t anchors = 0, back = 0, last = 0;

	for (size_t i = 0; i < gaps->nlisted; i++) {
		const struct kallmod_infer_piece *anchor =
			&gaps->infer->largest[gaps->listed[i]];

		if (anchor->matched < ANCHOR)
			continue;
		back += anchors && anchor->from < last;
		anchors++;
		last = anchor->from;
	}
	return anchors >= ANCHORS && back * DISORDER <= anchors;
}

/* Of n modules the first one that the function's name is most like; n: it is like none. */
static size_t find_alike(struct gaps *gaps, size_t item, const uint16_t *modules, size_t n)
{
	const char *function;
	size_t best = 0, found = n;
	bool cold;

	kallmod_sig_normalise(
		kallmod_symbols_at(gaps->symbols, gaps->infer->items[item].symbol)->name,
		&function, &cold);
	for (size_t i = 0; i < n && gaps->compared++ < COMPARED_MAX; i++) {
		const char *name = kallmod_sigset_module(gaps->infer->set, modules[i]);
		size_t alike = kallmod_module_names_alike(function, name);

		if (alike <= best || alike < ALIKE ||
		    (alike < LONG && alike * ALIKE_PART < strlen(name)))
			continue;
		best = alike;
		found = i;
	}
	return found;
}

static int give(struct kallmod_infer *infer, size_t item, uint16_t module)
{
	if (kallmod_infer_reserve((void **)&infer->hits, &infer->hit_capacity, infer->nhits + 1,
				  sizeof(*infer->hits)))
		return -ENOMEM;
	infer->items[item].first_hit = infer->nhits;
	infer->items[item].nhits = infer->items[item].nmodules = 1;
	infer->items[item].far = 0;
	infer->items[item].guessed = true;
	infer->hits[infer->nhits++] =
		(struct kallmod_sigset_hit){module, 0, false, KALLMOD_SIGPLACE_ANYWHERE};
	infer->path[item] = module;
	return 0;
}

static bool is_unknown(const struct kallmod_infer *infer, size_t item)
{
	return !infer->items[item].nhits && infer->path[item] == KALLMOD_INFER_CORE;
}

/*
 * The functions [from, to) are known of nobody. From the first that is called like one of the n
 * modules up to the last, each is of the one that was named last, for the modules are in order; but
 * not where that are many, and several modules may have them.
 */
static int give_stretch(struct gaps *gaps, size_t from, size_t to, const uint16_t *modules,
			size_t n, size_t *at)
{
	size_t start = from, module = n;
	int err = 0;

	for (size_t i = from; !err && i < to; i++) {
		size_t k = *at + find_alike(gaps, i, modules + *at, n - *at);

		if (k == n)
			continue;
		if (module != k || (n > 1 && i - start > FILLED))
			start = i;
		for (; !err && start <= i; start++)
			err = give(gaps->infer, start, modules[k]);
		module = *at = k;
	}
	return err;
}

/* The n modules are listed between what ends at from and what begins at to. */
static int fill_gap(struct gaps *gaps, size_t from, size_t to, const uint16_t *modules, size_t n)
{
	size_t at = 0;
	int err = 0;

	for (size_t i = from, next; !err && i < to; i = next) {
		next = i + 1;
		if (!is_unknown(gaps->infer, i))
			continue;
		while (next < to && is_unknown(gaps->infer, next))
			next++;
		err = give_stretch(gaps, i, next, modules, n, &at);
	}
	return err;
}

static int fill_gaps(struct gaps *gaps)
{
	const struct kallmod_infer_piece *before = NULL;
	size_t first = 0;
	int err = 0;

	for (size_t i = 0; !err && i < gaps->nlisted; i++) {
		const struct kallmod_infer_piece *anchor =
			&gaps->infer->largest[gaps->listed[i]];

		if (!anchor->matched)
			continue;
		if (before && i > first && before->to < anchor->from &&
		    anchor->from - before->to <= GAP_MAX)
			err = fill_gap(gaps, before->to, anchor->from, gaps->listed + first,
				       i - first);
		before = anchor;
		first = i + 1;
	}
	return err;
}

int kallmod_infer_fill_gaps(struct kallmod_infer *infer, const struct kallmod_symbols *symbols)
{
	size_t nmodules = kallmod_sigset_modules(infer->set);
	struct gaps gaps = {
		.infer = infer,
		.symbols = symbols,
		.listed = calloc(nmodules + 1, sizeof(*gaps.listed)),
	};
	int err = 0;

	if (!gaps.listed)
		return -ENOMEM;
	sort_listed(&gaps);
	if (is_ordered(&gaps))
		err = fill_gaps(&gaps);
	free(gaps.listed);
	return err;
}
