/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The prober's parts: prober.c loads and runs it, prober_groups.c has the functions in groups,
 * prober_attach.c attaches those and follows modules, prober_read.c reads what was counted.
 */
#ifndef KALLMOD_PROBER_PRIV_H
#define KALLMOD_PROBER_PRIV_H

#include <pthread.h>

#include "follow.h"
#include "kallmod_tables.h"
#include "prober.h"
#include "strtab.h"
/* Generated; needs the types above. */
#include "probe.skel.h"

/*
 * Functions that are attached together: those of the kernel's own text, or those of one
 * loadable module, whose attachment is worth nothing once the module has gone.
 */
struct kallmod_prober_group {
	bool loadable;
	uint32_t set;	/* of a loadable module */
	uint64_t start; /* of its text, when its functions were found; 0: gone */
	uint64_t id;	/* of its loading: another when it is loaded again */
	struct kallmod_function *functions; /* n; their names are the rows' */
	uint64_t *cookies;
	uint32_t *rows;
	size_t n, capacity;
	struct kallmod_attachment *attachment; /* NULL: not yet, or no more */
};

struct kallmod_prober {
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;
	struct kallmod_function_query query;
	struct kallmod_prober_options options;
	struct kallmod_tables *tables;
	struct probe_bpf *skel;
	struct kallmod_follow *follow;
	struct ring_buffer *ring;
	int epoll_fd, npossible;
	struct kallmod_prober_row *rows;
	size_t nrows, row_capacity;
	struct kallmod_strtab strings; /* names, modules, reasons: of the rows */
	uint64_t base; /* of the addresses in cookies */
	size_t room; /* rows that the kernel's maps have room for */
	struct kallmod_prober_group *groups;
	size_t ngroups, group_capacity;
	pthread_t thread;   /* the caller's */
	pthread_t *reapers; /* that take away attachments of modules that have gone */
	size_t nreapers, reaper_capacity;
	bool attaching;	       /* kallmod_prober_attach() was called: new functions too */
	bool detaching;	       /* of the progress at work */
	size_t singles;	       /* probes of their own that are attached */
	uint64_t missed;       /* of attachments that are no more */
	const struct kallmod_probe_count *counts; /* mapped: npossible times room */
	size_t counts_bytes;
	const struct kallmod_probe_latency *latencies; /* mapped: shards times ntimes; or NULL */
	size_t latencies_bytes, shards, ntimes;
	uint64_t on_ns, seconds_ns; /* switched on at; time that it was on before */
	bool on;
	/* Of the service call at work: */
	int (*record_fn)(void *arg, const struct kallmod_call_record *record);
	void *record_arg;
	bool changed;
};

/*
 * Adds a function of the prober's map: a row, and, if it can be attached, to a group that is not
 * yet. known: rows that were there before; a module that comes back gets its own again.
 */
int kallmod_prober_add(struct kallmod_prober *prober, const struct kallmod_function *function,
		       size_t known);
/* Says why a row is not attached; NULL: it is. */
void kallmod_prober_skip(struct kallmod_prober *prober, uint32_t row, const char *why);
/*
 * Takes a group away, but not its attachment: that takes its time, and is the caller's to
 * destroy. Its rows keep what they have counted.
 */
struct kallmod_attachment *kallmod_prober_remove_group(struct kallmod_prober *prober,
						       size_t index);
/* Where a set's text begins in a map; 0: it has none. */
uint64_t kallmod_prober_set_start(const struct kallmod_map *map, uint32_t set);
/*
 * What tells a module from the same one loaded again, maybe to the same address: its directory in
 * sysfs is another. 0: it has none.
 */
uint64_t kallmod_prober_load_id(const struct kallmod_prober *prober, uint32_t set);
/* Finds the functions of the query in the prober's map: rows and groups. */
int kallmod_prober_find(struct kallmod_prober *prober);
/* Between open and load. */
int kallmod_prober_prepare(struct kallmod_prober *prober);
/*
 * The map has a new generation: attaches to modules that came, drops attachments of those
 * that went.
 */
int kallmod_prober_follow(struct kallmod_prober *prober, const struct kallmod_map *old);
void kallmod_prober_groups_deinit(struct kallmod_prober *prober);
/* What the kernel did not pass on through an attachment's own links. */
uint64_t kallmod_prober_links_missed(const struct kallmod_attachment *attachment);

#endif
