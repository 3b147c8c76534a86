// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "probe_table.h"

struct kallmod_probe_table {
	bool by_module, latency;
	enum kallmod_probe_sort sort;
	struct kallmod_probe_table_row *functions; /* by row of the prober */
	size_t n, capacity;
	struct kallmod_probe_latency *sets; /* by set id */
	size_t nsets;
	struct kallmod_probe_table_row *rows; /* capacity of them, for those that are shown */
	double seconds; /* since the start, at the end of the last interval */
};

struct kallmod_probe_table *kallmod_probe_table_create(bool by_module, bool latency)
{
	struct kallmod_probe_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->by_module = by_module;
	table->latency = latency;
	table->sort = latency ? KALLMOD_PROBE_SORT_TOTAL : KALLMOD_PROBE_SORT_CALLS;
	return table;
}

void kallmod_probe_table_destroy(struct kallmod_probe_table *table)
{
	if (!table)
		return;
	free(table->functions);
	free(table->rows);
	free(table->sets);
	free(table);
}

/* ---- feeding ----------------------------------------------------------------------------- */

int kallmod_probe_table_begin(struct kallmod_probe_table *table, size_t functions)
{
	size_t size = sizeof(*table->functions);
	void *larger;

	if (functions > table->capacity) {
		larger = reallocarray(table->functions, functions, size);
		if (!larger)
			return -ENOMEM;
		table->functions = larger;
		larger = reallocarray(table->rows, functions, size);
		if (!larger)
			return -ENOMEM;
		table->rows = larger;
		table->capacity = functions;
	}
	if (functions > table->n)
		memset(table->functions + table->n, 0, (functions - table->n) * size);
	table->n = functions;
	return 0;
}

void kallmod_probe_table_feed(struct kallmod_probe_table *table, size_t index,
			      const struct kallmod_prober_row *from, uint64_t calls,
			      const struct kallmod_probe_latency *latency)
{
	struct kallmod_probe_table_row *row = &table->functions[index];

	row->function = from->function;
	row->module = from->module;
	row->addr = from->addr;
	row->set = from->set;
	row->mechanism = from->mechanism;
	row->trust = from->trust;
	row->confidence = from->confidence;
	row->functions = calls > 0;
	row->last = calls - row->calls;
	row->calls = calls;
	if (latency) {
		row->latency = *latency;
		row->timed = kallmod_latency_calls(latency);
	}
}

int kallmod_probe_table_feed_set(struct kallmod_probe_table *table, uint32_t set,
				 const struct kallmod_probe_latency *latency)
{
	struct kallmod_probe_latency *sets;

	if (set >= table->nsets) {
		sets = reallocarray(table->sets, set + 1, sizeof(*sets));
		if (!sets)
			return -ENOMEM;
		memset(sets + table->nsets, 0, (set + 1 - table->nsets) * sizeof(*sets));
		table->sets = sets;
		table->nsets = set + 1;
	}
	table->sets[set] = *latency;
	return 0;
}

void kallmod_probe_table_end(struct kallmod_probe_table *table, double seconds)
{
	double interval = seconds - table->seconds;

	table->seconds = seconds;
	for (size_t i = 0; i < table->n; i++)
		table->functions[i].rate =
			interval > 0 ? table->functions[i].last / interval : 0;
}

static int read_sets(struct kallmod_probe_table *table, struct kallmod_prober *prober)
{
	size_t n = kallmod_map_set_count(kallmod_prober_map(prober));
	struct kallmod_probe_latency latency;
	int err = 0;

	for (uint32_t set = 0; !err && set < n; set++) {
		kallmod_prober_set_latency(prober, set, &latency);
		err = kallmod_probe_table_feed_set(table, set, &latency);
	}
	return err;
}

int kallmod_probe_table_read(struct kallmod_probe_table *table, struct kallmod_prober *prober)
{
	const struct kallmod_prober_row *rows;
	size_t n = kallmod_prober_rows(prober, &rows);
	struct kallmod_probe_latency latency;
	struct kallmod_prober_totals totals;
	int err = kallmod_prober_totals(prober, &totals);

	if (!err)
		err = kallmod_probe_table_begin(table, n);
	for (size_t i = 0; !err && i < n; i++) {
		if (table->latency)
			kallmod_prober_latency(prober, i, &latency);
		kallmod_probe_table_feed(table, i, &rows[i], kallmod_prober_calls(prober, i),
					 table->latency ? &latency : NULL);
	}
	if (!err && table->latency)
		err = read_sets(table, prober);
	if (!err)
		kallmod_probe_table_end(table, totals.seconds);
	return err;
}

/* ---- settings ---------------------------------------------------------------------------- */

void kallmod_probe_table_by(struct kallmod_probe_table *table, bool module)
{
	table->by_module = module;
}

bool kallmod_probe_table_by_module(const struct kallmod_probe_table *table)
{
	return table->by_module;
}

void kallmod_probe_table_sort(struct kallmod_probe_table *table, enum kallmod_probe_sort sort)
{
	table->sort = sort;
}

enum kallmod_probe_sort kallmod_probe_table_sorted(const struct kallmod_probe_table *table)
{
	return table->sort;
}

/* ---- rows -------------------------------------------------------------------------------- */

static double value_of(const struct kallmod_probe_table_row *row, enum kallmod_probe_sort sort)
{
	switch (sort) {
	case KALLMOD_PROBE_SORT_RATE:
		return row->rate;
	case KALLMOD_PROBE_SORT_TOTAL:
		return row->latency.total;
	case KALLMOD_PROBE_SORT_SELF:
		return row->latency.self;
	case KALLMOD_PROBE_SORT_AVERAGE:
		return row->timed ? (double)row->latency.total / row->timed : 0;
	case KALLMOD_PROBE_SORT_MAX:
		return row->latency.max;
	default:
		return row->calls;
	}
}

static int compare_names(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct kallmod_probe_table_row *x = a, *y = b;
	enum kallmod_probe_sort sort = *(const enum kallmod_probe_sort *)arg;
	double value_x = value_of(x, sort), value_y = value_of(y, sort);
	int order = compare_names(x->module, y->module);

	if (sort == KALLMOD_PROBE_SORT_MODULE && order)
		return order;
	if (sort != KALLMOD_PROBE_SORT_FUNCTION && value_x != value_y)
		return value_x > value_y ? -1 : 1;
	if (compare_names(x->function, y->function))
		return compare_names(x->function, y->function);
	/* Functions of one name in one module differ in nothing but their address. */
	return order ? order : x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int compare_modules(const void *a, const void *b)
{
	const struct kallmod_probe_table_row *x = a, *y = b;

	return compare_names(x->module, y->module);
}

/* Merges rows[1 … n) into rows[0]: the functions of one module. */
static void merge(const struct kallmod_probe_table *table, struct kallmod_probe_table_row *rows,
		  size_t n)
{
	struct kallmod_probe_table_row *into = &rows[0];

	into->function = NULL;
	into->addr = 0;
	for (size_t i = 1; i < n; i++) {
		into->calls += rows[i].calls;
		into->last += rows[i].last;
		into->rate += rows[i].rate;
		into->functions += rows[i].functions;
	}
	/* Not the sum of its functions' times: they call each other. */
	if (table->latency && into->set < table->nsets)
		into->latency = table->sets[into->set];
	into->timed = kallmod_latency_calls(&into->latency);
}

static size_t merge_modules(struct kallmod_probe_table *table, size_t n)
{
	struct kallmod_probe_table_row *rows = table->rows;
	size_t out = 0, end;

	if (n)
		qsort(rows, n, sizeof(*rows), compare_modules);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && !compare_modules(&rows[i], &rows[end]);)
			end++;
		merge(table, &rows[i], end - i);
		rows[out++] = rows[i];
	}
	return out;
}

size_t kallmod_probe_table_rows(struct kallmod_probe_table *table,
				const struct kallmod_probe_table_row **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		if (table->functions[i].calls)
			table->rows[n++] = table->functions[i];
	if (table->by_module)
		n = merge_modules(table, n);
	if (n)
		qsort_r(table->rows, n, sizeof(*table->rows), compare_rows, &table->sort);
	*ret = table->rows;
	return n;
}

void kallmod_probe_table_sum(const struct kallmod_probe_table *table, uint64_t *calls_ret,
			     double *rate_ret, size_t *functions_ret)
{
	*calls_ret = 0;
	*rate_ret = 0;
	*functions_ret = 0;
	for (size_t i = 0; i < table->n; i++) {
		*calls_ret += table->functions[i].calls;
		*rate_ret += table->functions[i].rate;
		*functions_ret += table->functions[i].calls > 0;
	}
}
