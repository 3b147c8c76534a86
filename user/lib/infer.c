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

#include "infer_priv.h"

enum { MAX_ACTIVE = 96 };

/* What there must be to go by. */
enum {
	FEW = 200,	     /* too few functions to judge a kernel by */
	KNOWN_PART = 10,     /* of so many functions at least one has a known name */
	ORDER_PART = 5,	     /* of so many steps at most one goes back in the order of linking */
};

static const struct {
	float enter;	     /* into a module not known to be in this kernel */
	float enter_present; /* into one that is */
	float leave;	     /* to the core; a direct change of modules costs both */
	float unknown;	     /* a name that nothing has, in a module */
	float foreign;	     /* a name that another module has and this one does not */
	float foreign_core;  /* a name that the core has and this module does not */
	float core_unique;   /* a name that one module has and the core has not, in the core */
	float core_common;   /* the same of a name that a dozen modules have */
	float core_weak;     /* one that the core has where a listed module may have it now */
	float core_doubtful; /* the same of one that only modules have that nearer releases lack */
	float old;	     /* where the name is, but a nearer release has it elsewhere */
	float back;	     /* to what is linked earlier */
	float doubtful;	     /* into one that nearer releases do not have */
} costs = {
	.enter = 4, .enter_present = 2.5, .leave = 3, .unknown = 1.2, .foreign = 8,
	.foreign_core = 6, .core_unique = 8, .core_common = .5, .core_weak = 1.5,
	.core_doubtful = 1.6, .old = .6, .back = 4, .doubtful = 8,
};

struct active {
	uint16_t module;
	uint16_t position; /* the linker is at least here */
	float cost;
	uint32_t node;
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
	infer->found = calloc(kallmod_sigset_modules(set) + 1, sizeof(*infer->found));
	infer->unique = calloc(kallmod_sigset_modules(set) + 1, sizeof(*infer->unique));
	infer->largest = calloc(kallmod_sigset_modules(set) + 1, sizeof(*infer->largest));
	if (!infer->present || !infer->found || !infer->unique || !infer->largest) {
		kallmod_infer_destroy(infer);
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
	free(infer->found);
	free(infer->unique);
	free(infer->largest);
	free(infer->items);
	free(infer->hits);
	free(infer->nodes);
	free(infer->path);
	free(infer);
}

/* ---- costs ----------------------------------------------------------------------------- */

/* How much a name that n modules have speaks: 1 for one, towards 0 for a dozen and more. */
static float rarity(size_t n)
{
	return n ? 1.f / n : 0;
}

/* The item's hit of the module or the core, or NULL. */
const struct kallmod_sigset_hit *kallmod_infer_hit(const struct kallmod_infer *infer,
						 const struct kallmod_infer_item *item, uint16_t module)
{
	const struct kallmod_sigset_hit *hits = &infer->hits[item->first_hit];

	for (size_t i = 0; i < item->nhits; i++)
		if (hits[i].module == module)
			return &hits[i];
	return NULL;
}

/* What it costs that the item is of the module or the core; hit: its hit there, or NULL. */
float kallmod_infer_cost(const struct kallmod_infer_item *item, uint16_t module,
		       const struct kallmod_sigset_hit *hit)
{
	if (hit)
		return (hit->far > item->far ? costs.old : 0) +
		       (hit->weak && module == KALLMOD_INFER_CORE ? costs.core_weak : 0);
	if (module == KALLMOD_INFER_CORE && item->doubtful)
		return costs.core_doubtful;
	if (module == KALLMOD_INFER_CORE)
		return item->nmodules ? costs.core_common + (costs.core_unique - costs.core_common) *
								    rarity(item->nmodules) :
					0;
	if (item->core)
		return costs.foreign_core;
	/* A name that everybody has says little when a module does not have it. */
	return costs.unknown + (costs.foreign - costs.unknown) * rarity(item->nmodules);
}

static float enter_cost(const struct kallmod_infer *infer, uint16_t module)
{
	if (module == KALLMOD_INFER_CORE)
		return 0;
	return (infer->present[module] ? costs.enter_present : costs.enter) +
	       (kallmod_sigset_doubtful(infer->set, module) ? costs.doubtful : 0);
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
		const struct kallmod_infer_item *item, uint16_t module,
		const struct active *leaving)
{
	const struct active *best = front_find(from, module);
	const struct kallmod_sigset_hit *hit = kallmod_infer_hit(infer, item, module);
	float coming = leaving->cost + leave_cost(leaving->module) + enter_cost(infer, module);
	struct active state = {.module = module, .cost = best ? best->cost : INFINITY};

	if (to->n == MAX_ACTIVE || front_find(to, module))
		return 0;
	if (coming < state.cost) {
		state.cost = coming;
		best = leaving;
	}
	state.cost += kallmod_infer_cost(item, module, hit);
	state.position = best->position;
	if (hit && hit->place.high <= state.position) {
		state.cost += costs.back;
		state.position = hit->place.low;
	} else if (hit && hit->place.low > state.position) {
		state.position = hit->place.low;
	}
	if (kallmod_infer_reserve((void **)&infer->nodes, &infer->node_capacity, infer->nnodes + 1,
		    sizeof(*infer->nodes)))
		return -ENOMEM;
	infer->nodes[infer->nnodes] = (struct kallmod_infer_node){best->node, module};
	state.node = infer->nnodes++;
	to->states[to->n++] = state;
	to->places[module] = to->n;
	return 0;
}

/*
 * Drops what cannot win any more, the core excepted: a state that is dearer than to come back to it
 * later.
 */
static void prune(const struct kallmod_infer *infer, struct front *front)
{
	float best = INFINITY;
	uint16_t position = 0;
	size_t n = 0;

	for (size_t i = 0; i < front->n; i++) {
		if (front->states[i].cost >= best)
			continue;
		best = front->states[i].cost;
		position = front->states[i].position;
	}
	for (size_t i = 0; i < front->n; i++) {
		struct active *state = &front->states[i];

		front->places[state->module] = 0;
		if (state->module != KALLMOD_INFER_CORE &&
		    state->cost > best + costs.leave + enter_cost(infer, state->module) +
					  (state->position < position ? costs.back : 0))
			continue;
		front->states[n] = *state;
		front->states[n++].cost -= best; /* keeps floats small, and so exact */
		front->places[front->states[n - 1].module] = n;
	}
	front->n = n;
}

static int advance(struct kallmod_infer *infer, const struct kallmod_infer_item *item,
		   const struct front *from, struct front *to)
{
	const struct active *leaving = cheapest_exit(from);
	int err = step(infer, from, to, item, KALLMOD_INFER_CORE, leaving);

	for (size_t i = 0; !err && i < item->nhits; i++)
		err = step(infer, from, to, item, infer->hits[item->first_hit + i].module,
			   leaving);
	for (size_t i = 0; !err && i < from->n; i++)
		err = step(infer, from, to, item, from->states[i].module, leaving);
	prune(infer, to);
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
	if (kallmod_infer_reserve((void **)&infer->nodes, &infer->node_capacity, 1, sizeof(*infer->nodes)))
		return -ENOMEM;
	infer->nodes[infer->nnodes++] = (struct kallmod_infer_node){0, KALLMOD_INFER_CORE};
	fronts[0].states[0] = (struct active){.module = KALLMOD_INFER_CORE};
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

/* ---- is there anything to go by? --------------------------------------------------------- */

/* Steps between functions whose place is known, and those that go back. */
static void count_steps(const struct kallmod_infer *infer, size_t *steps_ret, size_t *back_ret)
{
	struct kallmod_sigplace last = KALLMOD_SIGPLACE_ANYWHERE;
	size_t steps = 0, back = 0;

	for (size_t i = 0; i < infer->nitems; i++) {
		const struct kallmod_sigset_hit *hit = &infer->hits[infer->items[i].first_hit];

		if (infer->items[i].nhits != 1 || hit->place.high == UINT16_MAX)
			continue;
		steps++;
		back += hit->place.high < last.low;
		last = hit->place;
	}
	*steps_ret = steps;
	*back_ret = back;
}

/* Names that are hashed or made up, and functions in a random order, give nonsense: say so. */
static int check_evidence(const struct kallmod_infer *infer)
{
	size_t known = 0, steps, back;

	if (infer->nitems > KALLMOD_INFER_MAX_ITEMS)
		return kallmod_fail(infer->ctx, -ENODATA,
				    "%zu functions are more than a kernel has; give the symbols of a kernel",
				    infer->nitems);
	for (size_t i = 0; i < infer->nitems; i++)
		known += infer->items[i].nhits > 0;
	if (infer->nitems > FEW && known * KNOWN_PART < infer->nitems)
		return kallmod_fail(infer->ctx, -ENODATA,
				    "only %zu of %zu functions have names that the signatures know (%s): the names are hashed or stripped, or this is another kind of kernel",
				    known, infer->nitems, kallmod_sigset_summary(infer->set));
	count_steps(infer, &steps, &back);
	if (steps > FEW && back * ORDER_PART > steps)
		return kallmod_fail(infer->ctx, -ENODATA,
				    "the functions are not in the order in which a kernel is linked (%zu of %zu steps go back); shuffled at boot or by the compiler, they tell nothing",
				    back, steps);
	return 0;
}

int kallmod_infer_text(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
		       uint64_t start, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg)
{
	int err = kallmod_infer_collect(infer, symbols, start, end);

	if (err)
		return kallmod_fail(infer->ctx, err, "out of memory");
	err = check_evidence(infer);
	if (err)
		return err;
	err = search(infer);
	if (!err) {
		kallmod_infer_learn(infer);
		err = search(infer);
	}
	if (!err) {
		kallmod_infer_mend(infer);
		kallmod_infer_drop_strays(infer);
		err = kallmod_infer_fill_gaps(infer, symbols);
	}
	if (err)
		return kallmod_fail(infer->ctx, err, "out of memory");
	return kallmod_infer_give(infer, end, fn, arg);
}
