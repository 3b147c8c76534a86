/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Inside of the inference: what the search leaves, and what is made of it. */
#ifndef KALLMOD_INFER_PRIV_H
#define KALLMOD_INFER_PRIV_H

#include "infer.h"
#include "symbols.h"

/* What a run of functions says for its module. */
struct kallmod_infer_evidence {
	uint32_t functions; /* in all */
	uint32_t matched;   /* that the module has in a known release */
	uint32_t unique;    /* and nothing else has */
	uint32_t unknown;   /* that nothing has */
	uint32_t guessed;   /* matched, by likeness to the module's name alone */
	uint32_t stale;	    /* matched, but elsewhere in a nearer release */
	float nats;	    /* over what they say for the core */
};

/* A symbol address and the evidence there. */
struct kallmod_infer_item {
	uint64_t start;
	uint64_t end; /* of the function, 0: not known */
	uint32_t name;	    /* its hash */
	uint32_t symbol;    /* of that name, or the first one there: its index */
	uint32_t first_hit; /* into hits */
	uint32_t again;	    /* 1 + the first item of functions that are here a second time; or 0 */
	uint16_t nhits;
	uint16_t nmodules; /* that have the name in all, the core not counted */
	uint16_t far;	   /* of the nearest hit */
	bool core;	   /* the core has the name too */
	bool doubtful;	   /* only modules have it that nearer releases lack */
	bool guessed;	   /* nothing has the name: by its likeness to a module's, and the list */
};

/* A step of the best path to a state, for going back. */
struct kallmod_infer_node {
	uint32_t previous; /* node of the symbol before */
	uint16_t module;
};

/* A run of the path: items [from, to). */
struct kallmod_infer_piece {
	size_t from, to;
	uint32_t matched; /* of its functions those that its module has */
};

struct kallmod_infer {
	struct kallmod_ctx *ctx;
	const struct kallmod_sigset *set;
	bool *present;	 /* by module: known to be in this kernel */
	uint32_t *found; /* by module: functions of it, in the text so far */
	uint32_t *unique; /* by module: those that nothing else has; for learning */
	struct kallmod_infer_piece *largest; /* by module: of its pieces, by what is matched */
	struct kallmod_infer_item *items;
	size_t nitems, item_capacity;
	struct kallmod_sigset_hit *hits;
	size_t nhits, hit_capacity;
	struct kallmod_infer_node *nodes;
	size_t nnodes, node_capacity;
	uint16_t *path;	 /* nitems: the module of each */
};

enum { KALLMOD_INFER_MAX_ITEMS = 1 << 20 }; /* functions; the largest kernels have 400,000 */

/* Grows an array for n elements, by doubling. -ENOMEM. */
int kallmod_infer_reserve(void **array, size_t *capacity, size_t n, size_t size);
/* Fills items and hits from the symbols in [start, end), up to one more than the most. -ENOMEM. */
int kallmod_infer_collect(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
			  uint64_t start, uint64_t end);
/* The item's hit of the module or the core, or NULL. */
const struct kallmod_sigset_hit *kallmod_infer_hit(const struct kallmod_infer *infer,
						   const struct kallmod_infer_item *item,
						   uint16_t module);
/* What it costs that the item is of the module or the core; hit: its hit there, or NULL. */
float kallmod_infer_cost(const struct kallmod_infer_item *item, uint16_t module,
			 const struct kallmod_sigset_hit *hit);
/* Modules that the path is sure of are in this kernel: noted in present. */
void kallmod_infer_learn(struct kallmod_infer *infer);
/* Makes the path whole: what is linked from one module's objects is in one piece. */
void kallmod_infer_mend(struct kallmod_infer *infer);
/*
 * Finds the largest piece of every module, and takes out of the path the smaller ones that lie away
 * from its place.
 */
void kallmod_infer_drop_strays(struct kallmod_infer *infer);
/*
 * Behind that: finds modules that are listed and that no release has, where the list says that they are. Changes
 * items, hits and the path. -ENOMEM.
 */
int kallmod_infer_fill_gaps(struct kallmod_infer *infer, const struct kallmod_symbols *symbols);
/* Gives the path's runs of modules up to end. */
int kallmod_infer_give(struct kallmod_infer *infer, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg);

#endif
