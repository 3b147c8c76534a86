/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls by function or by module: the model behind the views of kallmod probe and the one of
 * kmodtop. Knows no terminal, and of the prober nothing but what it is fed.
 */
#ifndef KALLMOD_PROBE_TABLE_H
#define KALLMOD_PROBE_TABLE_H

#include "latency.h"
#include "probe_live.h"
#include "prober.h"

struct kallmod_probe_table_row {
	const char *function; /* NULL: of a module */
	const char *module;
	size_t functions;     /* of a module: those that were called */
	uint64_t addr;	      /* of a function */
	uint32_t set;
	uint8_t mechanism, trust;
	float confidence;
	uint64_t calls;	      /* since the start */
	uint64_t last;	      /* of them, in the last interval */
	double rate;	      /* last, a second */
	struct kallmod_probe_latency latency;
	uint64_t timed; /* calls in latency; of a module those from outside of it */
};

struct kallmod_probe_table;

/* latency: rows have times. NULL: no memory. */
struct kallmod_probe_table *kallmod_probe_table_create(bool by_module, bool latency);
void kallmod_probe_table_destroy(struct kallmod_probe_table *table);

/*
 * An interval: begin, feed each function (index: its row of the prober; the first so many),
 * with times also each module set, end. -ENOMEM.
 */
int kallmod_probe_table_begin(struct kallmod_probe_table *table, size_t functions);
void kallmod_probe_table_feed(struct kallmod_probe_table *table, size_t index,
			      const struct kallmod_prober_row *row, uint64_t calls,
			      const struct kallmod_probe_latency *latency);
int kallmod_probe_table_feed_set(struct kallmod_probe_table *table, uint32_t set,
				 const struct kallmod_probe_latency *latency);
/* seconds: since the start. */
void kallmod_probe_table_end(struct kallmod_probe_table *table, double seconds);
/* All of that from a prober. */
int kallmod_probe_table_read(struct kallmod_probe_table *table, struct kallmod_prober *prober);

void kallmod_probe_table_by(struct kallmod_probe_table *table, bool module);
bool kallmod_probe_table_by_module(const struct kallmod_probe_table *table);
void kallmod_probe_table_sort(struct kallmod_probe_table *table, enum kallmod_probe_sort sort);
enum kallmod_probe_sort kallmod_probe_table_sorted(const struct kallmod_probe_table *table);
/* Rows that were called, sorted; owned by the table, valid until the next call of it. */
size_t kallmod_probe_table_rows(struct kallmod_probe_table *table,
				const struct kallmod_probe_table_row **ret);
/* Sums over all rows; functions: those that were called. */
void kallmod_probe_table_sum(const struct kallmod_probe_table *table, uint64_t *calls_ret,
			     double *rate_ret, size_t *functions_ret);

#endif
