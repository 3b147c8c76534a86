// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A linker places the functions of an object file, and the objects of a module, next to each
 * other. So the address-ordered symbols of a kernel are a sequence of stretches, each of one
 * module or of the core, and the names are noisy evidence of which: a Viterbi search finds the
 * stretches that explain all names at the least cost. Costs are negative logarithms, in nats.
 *
 * The states at a symbol are the core, the modules that define its name, and those that are
 * still cheap from the symbols before. Two passes: what the first one finds with certainty is
 * known to be in this kernel, and easier to enter in the second (init text, moved cold parts,
 * modules of two functions).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "sigfile.h"
#include "symbols.h"

enum { MAX_ACTIVE = 96 };

static const struct {
	float enter;	     /* into a module not known to be in this kernel */
	float enter_present; /* into one that is */
	float leave;	     /* to the core; a direct change of modules costs both */
	float unknown;	     /* a name that no module has, in a module */
	float foreign;	     /* a name that others have and this module does not */
	float core_unique;   /* a name that one module has, in the core */
	float core_common;   /* a name that a dozen modules have, in the core */
	float old;	     /* a module that does not have the name in the nearest release */
	float prune;	     /* states this much worse than the best are dropped */
} costs = {
	.enter = 6, .enter_present = 4, .leave = 4, .unknown = 2.5, .foreign = 8,
	.core_unique = 4.5, .core_common = .5, .old = .4, .prune = 14,
};

/* A symbol address and the evidence there. */
struct item {
	uint64_t start;
	uint32_t first_hit; /* into hits */
	uint16_t nhits;
	uint16_t nmodules; /* that have the name in all; hits are at most as many */
};

/* A step of the best path to a state, for going back. */
struct node {
	uint32_t previous; /* node of the symbol before */
	uint16_t module;
};

struct active {
	uint16_t module;
	float cost;
	uint32_t node;
};

struct kallmod_infer {
	struct kallmod_ctx *ctx;
	const struct kallmod_sigset *set;
	bool *present;	 /* by module: known to be in this kernel */
	struct item *items;
	size_t nitems, item_capacity;
	struct kallmod_sigset_hit *hits;
	size_t nhits, hit_capacity;
	struct node *nodes;
	size_t nnodes, node_capacity;
	uint16_t *path;	 /* nitems: the module of each */
};

int kallmod_infer_create(struct kallmod_ctx *ctx, const struct kallmod_sigset *set,
			 struct kallmod_infer **ret)
{
	struct kallmod_infer *infer = calloc(1, sizeof(*infer));

	if (!infer)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	infer->ctx = ctx;
	infer->set = set;
	infer->present = calloc(kallmod_sigset_modules(set) + 1, sizeof(*infer->present));
	if (!infer->present) {
		free(infer);
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < kallmod_sigset_modules(set); i++)
		infer->present[i] = kallmod_sigset_listed(set, i);
	*ret = infer;
	return 0;
}

void kallmod_infer_destroy(struct kallmod_infer *infer)
{
	if (!infer)
		return;
	free(infer->present);
	free(infer->items);
	free(infer->hits);
	free(infer->nodes);
	free(infer->path);
	free(infer);
}

/* Makes room for one more element of an array that doubles. */
static int reserve(void **array, size_t *capacity, size_t n, size_t size)
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

/* ---- evidence -------------------------------------------------------------------------- */

static int add_item(struct kallmod_infer *infer, uint64_t start)
{
	if (reserve((void **)&infer->items, &infer->item_capacity, infer->nitems + 1,
		    sizeof(*infer->items)))
		return -ENOMEM;
	infer->items[infer->nitems++] =
		(struct item){.start = start, .first_hit = infer->nhits};
	return 0;
}

/* Adds a name's modules to the last item. Aliases of one address: the rarest name counts. */
static int add_evidence(struct kallmod_infer *infer, const char *name)
{
	struct item *item = &infer->items[infer->nitems - 1];
	size_t n;

	if (reserve((void **)&infer->hits, &infer->hit_capacity,
		    infer->nhits + KALLMOD_SIGSET_MAX_HITS, sizeof(*infer->hits)))
		return -ENOMEM;
	n = kallmod_sigset_find(infer->set, name, infer->hits + infer->nhits);
	if (!n || (item->nmodules && item->nmodules <= n))
		return 0;
	item->first_hit = infer->nhits;
	item->nmodules = n < UINT16_MAX ? n : UINT16_MAX;
	item->nhits = n < KALLMOD_SIGSET_MAX_HITS ? n : KALLMOD_SIGSET_MAX_HITS;
	infer->nhits += item->nhits;
	return 0;
}

/*
 * The padding symbol before a function (__pfx_, since 6.3) is the start of its item: the
 * function behind it joins the item.
 */
static int collect(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
		   uint64_t start, uint64_t end)
{
	size_t count = kallmod_symbols_count(symbols);
	bool padding = false;

	infer->nitems = infer->nhits = 0;
	for (size_t i = 0; i < count; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		bool is_padding = !strncmp(symbol->name, "__pfx_", 6);
		struct item *last = infer->nitems ? &infer->items[infer->nitems - 1] : NULL;
		int err = 0;

		if (symbol->addr < start || symbol->module || !kallmod_symbol_is_text(symbol))
			continue;
		if (symbol->addr >= end)
			break;
		if (!last || (last->start != symbol->addr && !padding))
			err = add_item(infer, symbol->addr);
		if (!err && !is_padding)
			err = add_evidence(infer, symbol->name);
		if (err)
			return err;
		padding = is_padding;
	}
	return 0;
}

/* ---- costs ----------------------------------------------------------------------------- */

/* How much a name that n modules have speaks: 1 for one, towards 0 for a dozen and more. */
static float rarity(size_t n)
{
	return n ? 1.f / n : 0;
}

static float core_cost(const struct item *item)
{
	if (!item->nmodules)
		return 0;
	return costs.core_common + (costs.core_unique - costs.core_common) *
					   rarity(item->nmodules);
}

static float module_cost(const struct kallmod_infer *infer, const struct item *item,
			 uint16_t module)
{
	const struct kallmod_sigset_hit *hits = &infer->hits[item->first_hit];

	for (size_t i = 0; i < item->nhits; i++)
		if (hits[i].module == module)
			return hits[i].nearest ? 0 : costs.old;
	if (!item->nmodules)
		return costs.unknown;
	/* A name that everybody has says little when a module does not have it. */
	return costs.unknown + (costs.foreign - costs.unknown) * rarity(item->nmodules);
}

static float item_cost(const struct kallmod_infer *infer, const struct item *item,
		       uint16_t module)
{
	return module == KALLMOD_INFER_CORE ? core_cost(item) : module_cost(infer, item, module);
}

static float enter_cost(const struct kallmod_infer *infer, uint16_t module)
{
	if (module == KALLMOD_INFER_CORE)
		return 0;
	return infer->present[module] ? costs.enter_present : costs.enter;
}

static float leave_cost(uint16_t module)
{
	return module == KALLMOD_INFER_CORE ? 0 : costs.leave;
}

/* ---- search ---------------------------------------------------------------------------- */

/* The states at one item. */
struct front {
	struct active states[MAX_ACTIVE];
	size_t n;
	uint8_t *places; /* by module: 1 + its index in states; 0: not there */
};

static const struct active *front_find(const struct front *front, uint16_t module)
{
	uint8_t place = front->places[module];

	return place ? &front->states[place - 1] : NULL;
}

static void front_clear(struct front *front)
{
	for (size_t i = 0; i < front->n; i++)
		front->places[front->states[i].module] = 0;
	front->n = 0;
}

/* The cheapest state to leave for another module. */
static const struct active *cheapest_exit(const struct front *front)
{
	const struct active *best = &front->states[0];

	for (size_t i = 1; i < front->n; i++)
		if (front->states[i].cost + leave_cost(front->states[i].module) <
		    best->cost + leave_cost(best->module))
			best = &front->states[i];
	return best;
}

/* Adds the state to the next front: the cheaper of staying in it and coming to it. */
static int step(struct kallmod_infer *infer, const struct front *from, struct front *to,
		const struct item *item, uint16_t module, const struct active *leaving)
{
	const struct active *stay = front_find(from, module), *best = stay;
	float coming = leaving->cost + leave_cost(leaving->module) + enter_cost(infer, module);
	float cost = stay ? stay->cost : INFINITY;

	if (to->n == MAX_ACTIVE || front_find(to, module))
		return 0;
	if (coming < cost) {
		cost = coming;
		best = leaving;
	}
	if (reserve((void **)&infer->nodes, &infer->node_capacity, infer->nnodes + 1,
		    sizeof(*infer->nodes)))
		return -ENOMEM;
	infer->nodes[infer->nnodes] = (struct node){best->node, module};
	to->states[to->n++] = (struct active){module, cost + item_cost(infer, item, module),
					      infer->nnodes++};
	to->places[module] = to->n;
	return 0;
}

/* Drops what cannot win any more, the core excepted. */
static void prune(struct front *front)
{
	float best = INFINITY;
	size_t n = 0;

	for (size_t i = 0; i < front->n; i++)
		best = front->states[i].cost < best ? front->states[i].cost : best;
	for (size_t i = 0; i < front->n; i++) {
		struct active *state = &front->states[i];

		front->places[state->module] = 0;
		if (state->cost > best + costs.prune && state->module != KALLMOD_INFER_CORE)
			continue;
		front->states[n] = *state;
		front->states[n++].cost -= best; /* keeps floats small, and so exact */
		front->places[front->states[n - 1].module] = n;
	}
	front->n = n;
}

static int advance(struct kallmod_infer *infer, const struct item *item,
		   const struct front *from, struct front *to)
{
	const struct active *leaving = cheapest_exit(from);
	int err = step(infer, from, to, item, KALLMOD_INFER_CORE, leaving);

	for (size_t i = 0; !err && i < item->nhits; i++)
		err = step(infer, from, to, item, infer->hits[item->first_hit + i].module,
			   leaving);
	for (size_t i = 0; !err && i < from->n; i++)
		err = step(infer, from, to, item, from->states[i].module, leaving);
	prune(to);
	return err;
}

static void walk_back(struct kallmod_infer *infer, const struct front *front)
{
	const struct active *best = cheapest_exit(front);
	uint32_t node = best->node;

	for (size_t i = infer->nitems; i-- > 0;) {
		infer->path[i] = infer->nodes[node].module;
		node = infer->nodes[node].previous;
	}
}

/* Finds the cheapest path through the items, from the front of the core alone. */
static int search_from(struct kallmod_infer *infer, struct front fronts[2])
{
	infer->nnodes = 0;
	if (reserve((void **)&infer->nodes, &infer->node_capacity, 1, sizeof(*infer->nodes)))
		return -ENOMEM;
	infer->nodes[infer->nnodes++] = (struct node){0, KALLMOD_INFER_CORE};
	fronts[0].states[0] = (struct active){KALLMOD_INFER_CORE, 0, 0};
	fronts[0].places[KALLMOD_INFER_CORE] = fronts[0].n = 1;
	for (size_t i = 0; i < infer->nitems; i++) {
		struct front *to = &fronts[(i + 1) & 1];

		front_clear(to);
		if (advance(infer, &infer->items[i], &fronts[i & 1], to))
			return -ENOMEM;
	}
	walk_back(infer, &fronts[infer->nitems & 1]);
	return 0;
}

static int search(struct kallmod_infer *infer)
{
	uint16_t *path = reallocarray(infer->path, infer->nitems + 1, sizeof(*path));
	uint8_t *places = calloc(2, UINT16_MAX + 1);
	struct front fronts[2] = {{.places = places}};
	int err = -ENOMEM;

	if (path)
		infer->path = path;
	if (path && places) {
		fronts[1].places = places + UINT16_MAX + 1;
		err = search_from(infer, fronts);
	}
	free(places);
	return err;
}

/* ---- runs ------------------------------------------------------------------------------ */

/* What the items [from, to) say for their module: nats over the core, and how many match. */
struct strength {
	float nats;
	size_t matched, unique;
};

static struct strength run_strength(const struct kallmod_infer *infer, size_t from, size_t to)
{
	struct strength strength = {};
	uint16_t module = infer->path[from];

	for (size_t i = from; i < to; i++) {
		const struct item *item = &infer->items[i];
		const struct kallmod_sigset_hit *hits = &infer->hits[item->first_hit];

		strength.nats += core_cost(item) - module_cost(infer, item, module);
		for (size_t k = 0; k < item->nhits; k++) {
			if (hits[k].module != module)
				continue;
			strength.matched++;
			strength.unique += item->nmodules == 1;
		}
	}
	return strength;
}

/*
 * The odds that the run is right: the evidence over the core's, less what it takes to be
 * there at all, as a probability that stays below what names alone can prove.
 */
static float confidence_of(const struct kallmod_infer *infer, size_t from, size_t to)
{
	struct strength strength = run_strength(infer, from, to);
	bool present = infer->present[infer->path[from]];
	float matched = (float)strength.matched / (to - from);
	float odds = strength.nats * .5f + (present ? 3 : 0) + (strength.unique ? 1 : -2) - 3;
	float confidence = 1 / (1 + expf(-odds));

	return fminf(confidence, .9f + .0995f * matched);
}

static size_t run_end(const struct kallmod_infer *infer, size_t from)
{
	size_t to = from + 1;

	while (to < infer->nitems && infer->path[to] == infer->path[from])
		to++;
	return to;
}

/* Modules that the path is sure of are in this kernel. */
static void learn_present(struct kallmod_infer *infer)
{
	for (size_t from = 0, to; from < infer->nitems; from = to) {
		struct strength strength;

		to = run_end(infer, from);
		if (infer->path[from] == KALLMOD_INFER_CORE)
			continue;
		strength = run_strength(infer, from, to);
		if (strength.unique >= 3 && strength.nats > costs.enter + costs.leave)
			infer->present[infer->path[from]] = true;
	}
}

static int give_runs(const struct kallmod_infer *infer, uint64_t end,
		     int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg)
{
	for (size_t from = 0, to; from < infer->nitems; from = to) {
		struct kallmod_infer_run run;
		int err;

		to = run_end(infer, from);
		if (infer->path[from] == KALLMOD_INFER_CORE)
			continue;
		run = (struct kallmod_infer_run){
			.start = infer->items[from].start,
			.end = to < infer->nitems ? infer->items[to].start : end,
			.module = infer->path[from],
			.confidence = confidence_of(infer, from, to),
		};
		err = fn(arg, &run);
		if (err)
			return err;
	}
	return 0;
}

int kallmod_infer_text(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
		       uint64_t start, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg)
{
	int err = collect(infer, symbols, start, end);

	if (!err)
		err = search(infer);
	if (!err) {
		learn_present(infer);
		err = search(infer);
	}
	if (err)
		return kallmod_fail(infer->ctx, err, "out of memory");
	return give_runs(infer, end, fn, arg);
}
