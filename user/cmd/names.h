/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of functions for those who sample: symbols that are read again, in a thread of its own,
 * when modules have come since. Reading takes a tenth of a second, and meanwhile the sampler
 * has to be served, or what is in the module area stays unresolved.
 */
#ifndef KALLMOD_NAMES_H
#define KALLMOD_NAMES_H

#include <pthread.h>

#include "kallmod.h"

struct kallmod_names {
	const struct kallmod_symbols *symbols; /* of the first context, or of again */
	struct kallmod_ctx *again;	       /* owned */
	uint64_t read_ns, wait_ns; /* when reading began last; how long until it may again */
	bool live;		   /* the running kernel: symbols may change */
	/* The thread's, while there is one: */
	pthread_t thread;
	bool reading;
	int done; /* atomic */
	struct kallmod_ctx *coming;
	const struct kallmod_symbols *coming_symbols;
};

/* Reads the symbols of ctx, which must outlive names. An error leaves names without symbols. */
int kallmod_names_init(struct kallmod_names *names, struct kallmod_ctx *ctx);
void kallmod_names_deinit(struct kallmod_names *names);
/* The newest symbols, or NULL; valid until the next call. */
const struct kallmod_symbols *kallmod_names_symbols(struct kallmod_names *names);
/* Some were missing: has them read again, but not too often. */
void kallmod_names_refresh(struct kallmod_names *names);

#endif
