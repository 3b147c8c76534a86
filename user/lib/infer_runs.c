// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * From the path of the search to runs: what the linker cannot have done is mended, objects that
 * two modules share are found, and each run is given the odds that it is right.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer_priv.h"

enum {
	/* Functions that only a module has, and that part of all such, show that it is there. */
	PRESENT_MIN = 3,
	PRESENT_PART = 20,
	PRESENT_NATS = 10, /* in runs with that much over the core */
	GAP_RUNS = 4,	  /* a module's two parts are at most so many runs apart */
	GAP_SURE = 5,	  /* matched names on either side that make a part sure of itself */
	SHARED_MIN = 8,	  /* functions that modules share before it is taken for an object */
	SHARED_SETS = 64, /* a kernel has a handful */
	/* Of so many known functions a module that is there has one: of all releases, and where
	 * no more than two are there. */
	PART = 25,
	STRAY_PART = 10,
};

/* Nats for a module being in one piece, and more for each that it could have too. */
static const float gap_sure = 30, gap_weak = 4, gap_own = 1;

static size_t run_end(const struct kallmod_infer *infer, size_t from)
{
	size_t to = from + 1;

	while (to < infer->nitems && infer->path[to] == infer->path[from])
		to++;
	return to;
}

static struct kallmod_infer_evidence weigh(const struct kallmod_infer *infer, size_t from,
					   size_t to)
{
	struct kallmod_infer_evidence evidence = {.functions = to - from};
	uint16_t module = infer->path[from];

	for (size_t i = from; i < to; i++) {
		const struct kallmod_infer_item *item = &infer->items[i];
		const struct kallmod_sigset_hit *hit = kallmod_infer_hit(infer, item, module),
						*core = kallmod_infer_hit(infer, item,
									  KALLMOD_INFER_CORE);

		evidence.nats += kallmod_infer_cost(item, KALLMOD_INFER_CORE, core) -
				 kallmod_infer_cost(item, module, hit);
		evidence.matched += hit != NULL;
		evidence.unique += hit && item->nhits == 1;
		evidence.unknown += !item->nhits;
		evidence.guessed += item->guessed;
		evidence.stale += hit && hit->far > item->far;
	}
	return evidence;
}

/* Counts, by module, the path's functions that nothing else has. */
static void count_unique(struct kallmod_infer *infer, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct kallmod_infer_item *item = &infer->items[i];

		if (item->nhits == 1 && infer->hits[item->first_hit].module == infer->path[i])
			infer->unique[infer->path[i]]++;
	}
}

void kallmod_infer_learn(struct kallmod_infer *infer)
{
	memset(infer->unique, 0, kallmod_sigset_modules(infer->set) * sizeof(*infer->unique));
	for (size_t from = 0, to; from < infer->nitems; from = to) {
		to = run_end(infer, from);
		if (infer->path[from] != KALLMOD_INFER_CORE &&
		    weigh(infer, from, to).nats > PRESENT_NATS)
			count_unique(infer, from, to);
	}
	/* A few of many may be another's, which has them now. */
	for (size_t i = 0; i < kallmod_sigset_modules(infer->set); i++)
		infer->present[i] |= infer->unique[i] >= PRESENT_MIN &&
				     infer->unique[i] * PRESENT_PART >=
					     kallmod_sigset_unique(infer->set, i);
}

/* ---- copies ---------------------------------------------------------------------------- */

/* The other module that has the item's name, and is linked before or behind; or CORE. */
static uint16_t find_twin(const struct kallmod_infer *infer, size_t i, bool *before_ret)
{
	const struct kallmod_infer_item *item = &infer->items[i];
	const struct kallmod_sigset_hit *own = kallmod_infer_hit(infer, item, infer->path[i]);

	for (size_t k = 0; own && k < item->nhits; k++) {
		const struct kallmod_sigset_hit *hit = &infer->hits[item->first_hit + k];

		if (hit == own || hit->far != own->far || !infer->present[hit->module])
			continue;
		*before_ret = hit->place.high <= own->place.low;
		return hit->module;
	}
	return KALLMOD_INFER_CORE;
}

/* From the item on, what the path has as one module and could as well be the other's, is. */
static void give_to_twin(struct kallmod_infer *infer, size_t from, size_t end, uint16_t twin)
{
	uint16_t module = infer->path[from];

	for (size_t i = from; i < end && infer->path[i] == module; i++)
		if (infer->items[i].nhits && !kallmod_infer_hit(infer, &infer->items[i], twin))
			break;
		else
			infer->path[i] = twin;
}

/* A module has its functions once: the second copy is another's, of the same source. */
static void part_copies(struct kallmod_infer *infer)
{
	for (size_t i = 0; i < infer->nitems; i++) {
		size_t first = infer->items[i].again;
		uint16_t twin;
		bool before;

		if (!first-- || infer->path[i] == KALLMOD_INFER_CORE ||
		    infer->path[first] != infer->path[i])
			continue;
		twin = find_twin(infer, i, &before);
		if (twin != KALLMOD_INFER_CORE)
			give_to_twin(infer, before ? first : i, before ? i : infer->nitems, twin);
	}
}

/* ---- one piece ------------------------------------------------------------------------- */

/* What it costs more to have the items as module than as what they are. */
static float price(const struct kallmod_infer *infer, size_t from, size_t to, uint16_t module)
{
	float sum = 0;

	for (size_t i = from; i < to; i++) {
		const struct kallmod_infer_item *item = &infer->items[i];
		uint16_t now = infer->path[i];

		/* Nothing but the module can be there: what is not known speaks for nobody. */
		if (item->nhits)
			sum += kallmod_infer_cost(item, module,
						  kallmod_infer_hit(infer, item, module)) -
			       kallmod_infer_cost(item, now, kallmod_infer_hit(infer, item, now));
	}
	return sum;
}

/* How many of another module's items the module has too. */
static size_t count_own(const struct kallmod_infer *infer, size_t from, size_t to, uint16_t module)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += infer->path[i] != KALLMOD_INFER_CORE &&
		     kallmod_infer_hit(infer, &infer->items[i], module);
	return n;
}

/* Where the module's next part begins, or 0: none soon. */
static size_t next_part(const struct kallmod_infer *infer, size_t from, uint16_t module)
{
	for (size_t runs = 0; runs < GAP_RUNS && from < infer->nitems; runs++) {
		if (infer->path[from] == module)
			return from;
		from = run_end(infer, from);
	}
	return 0;
}

void kallmod_infer_mend(struct kallmod_infer *infer)
{
	part_copies(infer);
	for (size_t from = 0, to; from < infer->nitems; from = to) {
		uint16_t module = infer->path[from];
		size_t part;
		float limit;
		bool sure;

		to = run_end(infer, from);
		part = module == KALLMOD_INFER_CORE ? 0 : next_part(infer, to, module);
		if (!part)
			continue;
		sure = weigh(infer, from, to).matched >= GAP_SURE &&
		       weigh(infer, part, run_end(infer, part)).matched >= GAP_SURE;
		limit = sure ? gap_sure + gap_own * count_own(infer, to, part, module) : gap_weak;
		if (price(infer, to, part, module) > limit)
			continue;
		for (size_t i = to; i < part; i++)
			infer->path[i] = module;
		to = from; /* and on from here: there may be a third part */
	}
}

/* ---- shared objects -------------------------------------------------------------------- */

/*
 * An object that two modules have is linked once when both are built in. Its functions are known
 * of both, and each is in the kernel once; static functions of a header are there twice.
 */
struct shared {
	uint16_t modules[KALLMOD_INFER_SET];
	size_t n;
};

struct sets {
	struct shared at[SHARED_SETS];
	size_t n;
	uint32_t *names; /* of functions that several modules have, sorted */
	size_t nnames;
	uint8_t *labels; /* by item: 1 + its set, or 0 */
};

/* The modules that a name is of in the nearest release, in order, if several, all in the kernel. */
static size_t item_modules(const struct kallmod_infer *infer,
			   const struct kallmod_infer_item *item, uint16_t *modules)
{
	const struct kallmod_sigset_hit *hits = &infer->hits[item->first_hit];
	size_t n = 0;

	if (item->core || item->nmodules < 2)
		return 0;
	for (size_t i = 0; i < item->nhits; i++) {
		size_t k = n;

		if (hits[i].far != item->far)
			continue;
		if (n++ == KALLMOD_INFER_SET || !infer->present[hits[i].module])
			return 0;
		for (; k && modules[k - 1] > hits[i].module; k--)
			modules[k] = modules[k - 1];
		modules[k] = hits[i].module;
	}
	return n < 2 ? 0 : n;
}

static int compare_names(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool is_once(const struct sets *sets, uint32_t name)
{
	const uint32_t *at = bsearch(&name, sets->names, sets->nnames, sizeof(name), compare_names);

	return at && (at == sets->names || at[-1] != name) &&
	       (at + 1 == sets->names + sets->nnames || at[1] != name);
}

/* 1 + the number of the set, added when new; 0: no room. */
static uint8_t label_of(struct sets *sets, const uint16_t *modules, size_t n)
{
	size_t i = 0;

	while (i < sets->n && (sets->at[i].n != n ||
			       memcmp(sets->at[i].modules, modules, n * sizeof(*modules))))
		i++;
	if (i == SHARED_SETS)
		return 0;
	if (i == sets->n) {
		memcpy(sets->at[i].modules, modules, n * sizeof(*modules));
		sets->at[sets->n++].n = n;
	}
	return i + 1;
}

/* Counts what each module has of its functions. */
static void count_found(struct kallmod_infer *infer)
{
	for (size_t i = 0; i < infer->nitems; i++) {
		uint16_t module = infer->path[i];

		if (module != KALLMOD_INFER_CORE &&
		    kallmod_infer_hit(infer, &infer->items[i], module))
			infer->found[module]++;
	}
}

static int find_names(const struct kallmod_infer *infer, struct sets *sets)
{
	uint16_t modules[KALLMOD_INFER_SET];

	sets->names = calloc(infer->nitems + 1, sizeof(*sets->names));
	sets->labels = calloc(infer->nitems + 1, sizeof(*sets->labels));
	if (!sets->names || !sets->labels)
		return -ENOMEM;
	for (size_t i = 0; i < infer->nitems; i++)
		if (item_modules(infer, &infer->items[i], modules))
			sets->names[sets->nnames++] = infer->items[i].name;
	qsort(sets->names, sets->nnames, sizeof(*sets->names), compare_names);
	return 0;
}

/* Labels the items of a run that are shared; short stretches prove nothing. */
static void label_run(const struct kallmod_infer *infer, struct sets *sets, size_t from, size_t to)
{
	size_t start = from, matched = 0;
	uint8_t label = 0;

	for (size_t i = from; i <= to; i++) {
		uint16_t modules[KALLMOD_INFER_SET];
		const struct kallmod_infer_item *item = &infer->items[i];
		size_t n = i < to ? item_modules(infer, item, modules) : 0;
		uint8_t here = n && is_once(sets, item->name) ? label_of(sets, modules, n) : 0;

		if (i < to && label && (here == label || !item->nhits)) {
			matched += here == label;
			continue;
		}
		if (label && matched >= SHARED_MIN)
			memset(sets->labels + start, label, i - start);
		label = here;
		start = i;
		matched = 1;
	}
}

/* ---- confidence ------------------------------------------------------------------------ */

/*
 * Of runs with so many nats over the core, how many were right where the truth is known and the
 * kernel's own releases were left out; between them in proportion. What comes of it, in bins of
 * confidence, is the table in docs/ACCURACY.md.
 */
static const struct {
	float nats, confidence;
} reliability[] = {{0, .4f},	{4, .6f},    {8, .92f},	  {12, .965f},
		   {20, .98f},	{40, .985f}, {80, .992f}, {200, .9993f}};

enum { NRELIABILITY = sizeof(reliability) / sizeof(reliability[0]) };

static float look_up(float nats)
{
	size_t i = 1;

	if (nats <= 0)
		return reliability[0].confidence;
	while (i < NRELIABILITY && reliability[i].nats < nats)
		i++;
	if (i == NRELIABILITY)
		return reliability[i - 1].confidence;
	return reliability[i - 1].confidence +
	       (reliability[i].confidence - reliability[i - 1].confidence) *
		       (nats - reliability[i - 1].nats) /
		       (reliability[i].nats - reliability[i - 1].nats);
}

/* Of a module that is there, most is there; a name or two of many are another's. */
static bool is_stray(const struct kallmod_infer *infer, uint16_t module)
{
	size_t found = infer->found[module];

	return !kallmod_sigset_listed(infer->set, module) &&
	       found * (found < 3 ? STRAY_PART : PART) <
		       kallmod_sigset_functions(infer->set, module);
}

/* The odds that the run is right. */
static float confidence_of(const struct kallmod_infer *infer, uint16_t module,
			   const struct kallmod_infer_evidence *evidence)
{
	float error = 1 - look_up(evidence->nats);

	/* A name that others have too says little, however many there are. */
	if (!evidence->unique && evidence->nats < 200)
		error = fmaxf(error, evidence->nats < 8 ? .55f : .3f);
	/* What has moved on since may have moved before. */
	if (evidence->stale * 3 > evidence->matched)
		error = fmaxf(error, .1f);
	if (is_stray(infer, module))
		error = fmaxf(error, .7f);
	/* In a year or two modules are renamed, and become part of the core, or the other way. */
	if (kallmod_sigset_is_far(infer->set) && !kallmod_sigset_listed(infer->set, module))
		error = fmaxf(error, .015f);
	/* A modules.builtin that lists it takes half of the ways to be wrong away. */
	if (kallmod_sigset_listed(infer->set, module))
		error /= 2;
	if (evidence->guessed * 2 > evidence->matched)
		error = fmaxf(error, .02f);
	return 1 - error;
}

/* ---- giving ---------------------------------------------------------------------------- */

/* Where the items before to end: the last function where that is known, else the next one. */
static uint64_t items_end(const struct kallmod_infer *infer, size_t to, uint64_t end)
{
	uint64_t known = infer->items[to - 1].end;

	if (to < infer->nitems)
		end = infer->items[to].start;
	return known && known < end ? known : end;
}

/* Before this item more than padding: what the linker put there is nobody's function. */
static bool is_hole(const struct kallmod_infer *infer, size_t i)
{
	uint64_t end = infer->items[i - 1].end;

	return end && infer->items[i].start > end + KALLMOD_PADDING_MAX;
}

/* Gives a run, in parts where some of it is shared, or nothing of it is for a while. */
static int give_run(struct kallmod_infer *infer, const struct sets *sets, size_t from, size_t to,
		    uint64_t end, int (*fn)(void *arg, const struct kallmod_infer_run *run),
		    void *arg)
{
	struct kallmod_infer_evidence evidence = weigh(infer, from, to);
	float confidence = confidence_of(infer, infer->path[from], &evidence);
	int err = 0;

	/* More likely wrong than right: the core's, as all that is not known. */
	if (confidence < .5f)
		return 0;

	for (size_t at = from, next; !err && at < to; at = next) {
		struct kallmod_infer_run run = {.modules = {infer->path[from]},
						.nmodules = 1,
						.confidence = confidence};

		for (next = at + 1; next < to && sets->labels[next] == sets->labels[at] &&
				    !is_hole(infer, next);)
			next++;
		run.start = infer->items[at].start;
		run.end = items_end(infer, next, end);
		if (sets->labels[at]) {
			const struct shared *shared = &sets->at[sets->labels[at] - 1];

			memcpy(run.modules, shared->modules, sizeof(run.modules));
			run.nmodules = shared->n;
		}
		err = fn(arg, &run);
	}
	return err;
}

int kallmod_infer_give(struct kallmod_infer *infer, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg)
{
	struct sets sets = {};
	int err = find_names(infer, &sets);

	count_found(infer);
	for (size_t from = 0, to; !err && from < infer->nitems; from = to) {
		to = run_end(infer, from);
		if (infer->path[from] == KALLMOD_INFER_CORE)
			continue;
		label_run(infer, &sets, from, to);
		err = give_run(infer, &sets, from, to, end, fn, arg);
	}
	free(sets.names);
	free(sets.labels);
	return err;
}
