/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The prober: finds functions, loads bpf/probe.bpf.c with a map's slot table, attaches, follows
 * loadable modules, and hands out counters and records. What the sampler is to samples, this
 * is to calls. Internal to kallmod's programs.
 */
#ifndef KALLMOD_PROBER_H
#define KALLMOD_PROBER_H

#include <linux/types.h>

#include "event.h"
#include "kallmod.h"
#include "probe.h"

struct kallmod_prober;

/* A function through the whole run. One of a module that comes back is the same row. */
struct kallmod_prober_row {
	const char *function, *module; /* owned by the prober, as long as it lives */
	const char *skipped;	       /* why it is not attached; NULL: it is, or it was */
	uint64_t addr;
	uint32_t set;
	float confidence;
	uint8_t mechanism, trust, kind; /* enums kallmod_mechanism, _trust, _kind */
	bool attached;
};

/* Calls with one kernel stack, by one function and threads of one name. */
struct kallmod_prober_stack {
	const char *comm;
	uint32_t row; /* of the function */
	uint32_t set; /* of the function, when it was called */
	uint64_t calls;
	const uint64_t *frames; /* leaf first; the function, or what probed it, comes first */
	size_t n;
};

struct kallmod_prober_options {
	unsigned int flags;	   /* KALLMOD_PROBE_LATENCY, _STACKS, _EVENTS, _RETURNS; 0: counts */
	uint32_t pid;		   /* thread group; 0: all */
	const char *comm, *cgroup; /* NULL: all; the latter a directory of the cgroup2 file system */
	size_t kprobe_limit;	   /* single probes; 0: 500 */
	/* While single probes come and go; NULL: not. detaching says which. */
	void (*progress)(void *arg, bool detaching, size_t done, size_t total);
	/* KALLMOD_PROBE_STACKS: where stacks go, whenever they are taken; map has their modules. */
	void (*stack)(void *arg, const struct kallmod_map *map,
		      const struct kallmod_prober_stack *stack);
	void *arg; /* of both */
};

/*
 * Finds the functions and loads the programs; takes over map, also on failure. query and what
 * options points to must outlive the prober. Errors as of kallmod_functions_find(), and:
 * -EPERM (which capability), -EOPNOTSUPP (what this kernel lacks), -EINVAL (an option).
 */
int kallmod_prober_create(struct kallmod_ctx *ctx, struct kallmod_map *map,
			  const struct kallmod_function_query *query,
			  const struct kallmod_prober_options *options,
			  struct kallmod_prober **ret);
/* Detaches first. NULL is fine. */
void kallmod_prober_destroy(struct kallmod_prober *prober);
/* Attaches; nothing is counted before kallmod_prober_switch(). Errors as of kallmod_attach(). */
int kallmod_prober_attach(struct kallmod_prober *prober);
void kallmod_prober_detach(struct kallmod_prober *prober);
/* Counts, or does not. What is under way has ended when it returns. */
void kallmod_prober_switch(struct kallmod_prober *prober, bool on);

/* Readable when kallmod_prober_service() has work. */
int kallmod_prober_fd(const struct kallmod_prober *prober);
/*
 * Follows modules; calls fn for each record (NULL: none; a return other than 0 ends the call
 * with it). Call it at least once a second, with EVENTS ten times.
 */
int kallmod_prober_service(struct kallmod_prober *prober,
			   int (*fn)(void *arg, const struct kallmod_call_record *record),
			   void *arg);
/* The newest generation of the map; valid until the next service call. */
const struct kallmod_map *kallmod_prober_map(const struct kallmod_prober *prober);

/* Functions attached and not; rows are only ever added. Valid until the next service call. */
size_t kallmod_prober_rows(const struct kallmod_prober *prober,
			   const struct kallmod_prober_row **ret);
/* Functions that are attached now, by a mechanism. */
size_t kallmod_prober_attached(const struct kallmod_prober *prober,
			       enum kallmod_mechanism mechanism);
/* Calls of a row since the start, all CPUs. */
uint64_t kallmod_prober_calls(const struct kallmod_prober *prober, size_t row);
/* Times of the calls of a row, and of a module set, that have ended. */
void kallmod_prober_latency(const struct kallmod_prober *prober, size_t row,
			    struct kallmod_probe_latency *ret);
void kallmod_prober_set_latency(const struct kallmod_prober *prober, uint32_t set,
				struct kallmod_probe_latency *ret);
/* Hands the stacks out to options.stack and forgets them. */
int kallmod_prober_take_stacks(struct kallmod_prober *prober);

struct kallmod_prober_totals {
	struct kallmod_probe_stats stats;
	uint64_t missed; /* hits that the kernel says it did not pass on */
	double seconds;	 /* switched on */
};
int kallmod_prober_totals(struct kallmod_prober *prober, struct kallmod_prober_totals *ret);

#endif
