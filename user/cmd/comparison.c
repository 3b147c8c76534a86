// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "ctx.h"
#include "grow.h"

struct table {
	struct kallmod_verify_row *rows;
	size_t n, capacity;
	struct kallmod_confusion *confusions;
	size_t nconfusions, confusion_capacity;
	int err;
};

static struct kallmod_verify_row *row_of(struct table *table, const char *module)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->rows[i].module, module))
			return &table->rows[i];
	table->err = kallmod_grow(&table->rows, &table->capacity, table->n, sizeof(*table->rows));
	if (table->err)
		return NULL;
	table->rows[table->n] = (struct kallmod_verify_row){.module = module};
	return &table->rows[table->n++];
}

/* Notes that truth was taken for map. */
static void confuse(struct table *table, const char *truth, const char *map, uint64_t bytes)
{
	struct kallmod_confusion *at;

	for (size_t i = 0; i < table->nconfusions; i++) {
		at = &table->confusions[i];
		if (!strcmp(at->truth, truth) && !strcmp(at->map, map)) {
			at->bytes += bytes;
			return;
		}
	}
	table->err = kallmod_grow(&table->confusions, &table->confusion_capacity,
				  table->nconfusions, sizeof(*at));
	if (!table->err)
		table->confusions[table->nconfusions++] =
			(struct kallmod_confusion){truth, map, bytes};
}

static void add_stretch(void *arg, const char *truth, const char *map, bool agreed,
			uint64_t bytes)
{
	struct table *table = arg;
	struct kallmod_verify_row *row = table->err || (!truth && !map) ? NULL :
					 row_of(table, truth ? truth : map);

	if (!row)
		return;
	if (!truth)
		row->tally.extra += bytes;
	else if (!map)
		row->tally.missed += bytes;
	else if (agreed)
		row->tally.agreed += bytes;
	else
		row->tally.wrong += bytes;
	if (truth && map && !agreed)
		confuse(table, truth, map, bytes);
}

static uint64_t damage(const struct kallmod_verify_row *row)
{
	return row->tally.wrong + row->tally.missed + row->tally.extra;
}

static int compare_rows(const void *a, const void *b)
{
	const struct kallmod_verify_row *x = a, *y = b;

	if (damage(x) != damage(y))
		return damage(x) > damage(y) ? -1 : 1;
	return strcmp(x->module, y->module);
}

static void finish_rows(struct table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		struct kallmod_verify_row *row = &table->rows[i];

		for (size_t k = 0; k < table->nconfusions; k++) {
			const struct kallmod_confusion *at = &table->confusions[k];

			if (strcmp(at->truth, row->module) || at->bytes <= row->wrong_bytes)
				continue;
			row->wrong_as = at->map;
			row->wrong_bytes = at->bytes;
		}
	}
	qsort(table->rows, table->n, sizeof(*table->rows), compare_rows);
}

int kallmod_comparison_print(struct kallmod_ctx *ctx, const struct kallmod_out_verify *out,
			     const struct kallmod_map *truth, const struct kallmod_map *map,
			     struct kallmod_tally *ret)
{
	struct table table = {};

	kallmod_compare(truth, map, ret, add_stretch, &table);
	if (table.err) {
		kallmod_fail(ctx, table.err, "no memory");
	} else {
		finish_rows(&table);
		out->print(ret, table.rows, table.n);
	}
	free(table.rows);
	free(table.confusions);
	return table.err;
}
