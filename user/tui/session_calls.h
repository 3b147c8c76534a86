/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of one module's functions, counted beside the samples: kmodtop's P. */
#ifndef KMODTOP_SESSION_CALLS_H
#define KMODTOP_SESSION_CALLS_H

#include <pthread.h>

#include "probe_table.h"

enum { KMODTOP_CALLS_TEXT = 512 };

struct kmodtop_probe;

struct kmodtop_calls {
	struct kmodtop_probe *probe; /* NULL: closed */
	struct kallmod_probe_table *table;
	char what[KMODTOP_CALLS_TEXT]; /* what is attached */
	pthread_t *closing; /* what was closed goes aside: single probes take their time */
	size_t nclosing, closing_capacity;
};

/*
 * Attaches to all functions of the modules of a set of map, which is copied. On failure the
 * line of text (KMODTOP_CALLS_TEXT bytes) says why, and calls is closed.
 */
int kmodtop_calls_open(struct kmodtop_calls *calls, const struct kallmod_map *map, uint32_t set,
		       char *text);
/* Detaches, in a thread; closed calls are fine. */
void kmodtop_calls_close(struct kmodtop_calls *calls);
/* Waits for the threads, too. */
void kmodtop_calls_deinit(struct kmodtop_calls *calls);
/* Follows modules. */
int kmodtop_calls_service(struct kmodtop_calls *calls);
/* Ends an interval. */
int kmodtop_calls_tick(struct kmodtop_calls *calls);
/* Does not count, or goes on. */
void kmodtop_calls_pause(struct kmodtop_calls *calls, bool paused);

#endif
