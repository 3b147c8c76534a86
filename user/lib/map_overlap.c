// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Overlaps: where several ranges hold an address, the one added last has it. A sweep in
 * address order over the starts, with a heap of the ranges that have begun, the last added
 * on top; those that have ended are dropped when they come to the top. O(n log n).
 */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "map_priv.h"

struct sweep {
	const struct kallmod_range *in;
	size_t *order;	    /* indices of in, by start */
	size_t *heap;	    /* indices of in; the largest on top */
	size_t heap_count;
	struct kallmod_range *out;
	size_t out_count;
};

static int compare_starts(const void *a, const void *b, void *arg)
{
	const struct kallmod_range *in = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (in[x].start != in[y].start)
		return in[x].start < in[y].start ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void heap_push(struct sweep *sweep, size_t index)
{
	size_t i = sweep->heap_count++;

	for (; i && sweep->heap[(i - 1) / 2] < index; i = (i - 1) / 2)
		sweep->heap[i] = sweep->heap[(i - 1) / 2];
	sweep->heap[i] = index;
}

static void heap_pop(struct sweep *sweep)
{
	size_t last = sweep->heap[--sweep->heap_count], i = 0, child;

	while ((child = 2 * i + 1) < sweep->heap_count) {
		if (child + 1 < sweep->heap_count && sweep->heap[child + 1] > sweep->heap[child])
			child++;
		if (sweep->heap[child] < last)
			break;
		sweep->heap[i] = sweep->heap[child];
		i = child;
	}
	sweep->heap[i] = last;
}

static bool same(const struct kallmod_range *a, const struct kallmod_range *b)
{
	return a->end == b->start && a->set == b->set && a->confidence == b->confidence &&
	       a->trust == b->trust && a->section == b->section && a->source == b->source;
}

static void emit(struct sweep *sweep, size_t index, uint64_t start, uint64_t end)
{
	struct kallmod_range range = sweep->in[index];
	struct kallmod_range *last = sweep->out + sweep->out_count - 1;

	range.start = start;
	range.end = end;
	if (sweep->out_count && same(last, &range))
		last->end = end;
	else
		sweep->out[sweep->out_count++] = range;
}

/* Hands out [at, limit) to the ranges that have begun. */
static void sweep_to(struct sweep *sweep, uint64_t at, uint64_t limit)
{
	while (sweep->heap_count && at < limit) {
		size_t top = sweep->heap[0];
		uint64_t end = sweep->in[top].end;

		if (end <= at) {
			heap_pop(sweep);
			continue;
		}
		if (end > limit)
			end = limit;
		emit(sweep, top, at, end);
		at = end;
	}
}

int kallmod_map_resolve(const struct kallmod_range *ranges, size_t count,
			struct kallmod_range **ret, size_t *count_ret)
{
	cleanup_free size_t *order = calloc(count + 1, sizeof(*order));
	cleanup_free size_t *heap = calloc(count + 1, sizeof(*heap));
	/* Each start and each end begins at most one piece. */
	cleanup_free struct kallmod_range *out = calloc(2 * count + 1, sizeof(*out));
	struct sweep sweep = { .in = ranges, .order = order, .heap = heap, .out = out };

	if (!order || !heap || !out)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), compare_starts, (void *)ranges);
	for (size_t i = 0; i < count; i++) {
		heap_push(&sweep, order[i]);
		sweep_to(&sweep, ranges[order[i]].start,
			 i + 1 < count ? ranges[order[i + 1]].start : UINT64_MAX);
	}
	*count_ret = sweep.out_count;
	*ret = cleanup_take(out);
	return 0;
}
