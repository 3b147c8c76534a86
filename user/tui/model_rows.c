// SPDX-License-Identifier: GPL-2.0-only
/* What the screens read of the model: rows of modules, their functions, their processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

static bool wanted(struct kmodtop_model *model, const struct kmodtop_row *row)
{
	if (!row->self && !row->charged && !row->total)
		return false;
	if (model->filter[0] && !strstr(row->module, model->filter))
		return false;
	if (row->kind == KALLMOD_KIND_BUILTIN && row->confidence < model->min_confidence) {
		model->hidden++;
		return false;
	}
	return true;
}

/* qsort() takes no argument for its callback. */
static const struct kmodtop_model *sorting;

static int compare_rows(const void *a, const void *b)
{
	const struct kmodtop_row *x = a, *y = b;
	uint64_t value_x = kmodtop_model_value(sorting, x), value_y = kmodtop_model_value(sorting, y);

	if (sorting->sort != KMODTOP_SORT_NAME && value_x != value_y)
		return value_x > value_y ? -1 : 1;
	if (sorting->sort != KMODTOP_SORT_NAME && x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return strcmp(x->module, y->module);
}

size_t kmodtop_model_rows(struct kmodtop_model *model, const struct kmodtop_row **ret)
{
	size_t n = 0;

	model->hidden = 0;
	for (size_t i = 0; i < model->n; i++)
		if (wanted(model, &model->entries[i].row))
			model->rows[n++] = model->entries[i].row;
	if (model->rows && wanted(model, &model->unresolved.row))
		model->rows[n++] = model->unresolved.row;
	sorting = model;
	if (n)
		qsort(model->rows, n, sizeof(*model->rows), compare_rows);
	*ret = model->rows;
	return n;
}

size_t kmodtop_model_hidden(const struct kmodtop_model *model)
{
	return model->hidden;
}

/* ---- drill-down ------------------------------------------------------------------------ */

static struct kmodtop_part *add_part(struct kmodtop_model *model, size_t n)
{
	if (n == model->part_capacity) {
		size_t capacity = n ? n * 2 : 256;
		struct kmodtop_part *parts = reallocarray(model->parts, capacity, sizeof(*parts));

		if (!parts)
			return NULL;
		model->parts = parts;
		model->part_capacity = capacity;
	}
	model->parts[n] = (struct kmodtop_part){};
	return &model->parts[n];
}

static int compare_parts(const void *a, const void *b)
{
	const struct kmodtop_part *x = a, *y = b;

	if (sorting->stacks && x->charged != y->charged)
		return x->charged > y->charged ? -1 : 1;
	if (x->self != y->self)
		return x->self > y->self ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t finish_parts(struct kmodtop_model *model, size_t n,
			   const struct kmodtop_part **ret)
{
	sorting = model;
	if (n)
		qsort(model->parts, n, sizeof(*model->parts), compare_parts);
	*ret = model->parts;
	return n;
}

size_t kmodtop_model_functions(struct kmodtop_model *model, uint32_t set,
			       const struct kmodtop_part **ret)
{
	const struct kmodtop_hits *hits = &model->hits;
	size_t n = 0;

	for (size_t i = kmodtop_hits_first(hits, set); i < hits->n && hits->at[i].set == set; i++) {
		const struct kmodtop_hit *hit = &hits->at[i];
		struct kmodtop_part *part = n ? &model->parts[n - 1] : NULL;

		if (!part || part->addr != hit->function) {
			part = add_part(model, n);
			if (!part)
				break;
			n++;
			part->addr = hit->function;
			kmodtop_hit_name(hit, part->name);
		}
		part->self += hit->self;
		part->charged += hit->charged;
	}
	return finish_parts(model, n, ret);
}

static struct kmodtop_part *find_process(struct kmodtop_model *model, size_t n, uint32_t tgid)
{
	for (size_t i = 0; i < n; i++)
		if (model->parts[i].tgid == tgid)
			return &model->parts[i];
	return NULL;
}

size_t kmodtop_model_processes(struct kmodtop_model *model, uint32_t set, uint64_t addr,
			       const struct kmodtop_part **ret)
{
	const struct kmodtop_hits *hits = &model->hits;
	size_t n = 0;

	for (size_t i = kmodtop_hits_first(hits, set); i < hits->n && hits->at[i].set == set; i++) {
		const struct kmodtop_hit *hit = &hits->at[i];
		struct kmodtop_part *part;

		if (addr && hit->function != addr)
			continue;
		part = find_process(model, n, hit->tgid);
		if (!part) {
			part = add_part(model, n);
			if (!part)
				break;
			n++;
			part->tgid = hit->tgid;
			snprintf(part->name, sizeof(part->name), "%s", hit->comm);
		}
		part->self += hit->self;
		part->charged += hit->charged;
	}
	return finish_parts(model, n, ret);
}
