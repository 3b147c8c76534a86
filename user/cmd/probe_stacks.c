// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ctx.h"
#include "grow.h"
#include "probe_stacks.h"
#include "strtab.h"
#include "symbolize.h"

enum { STACK_MAX = (KALLMOD_MAX_FRAMES + 2) * 768 };

struct kallmod_probe_stacks {
	struct kallmod_symbolizer symbolizer;
	struct kallmod_strtab texts;
	uint64_t *calls; /* by number of the text */
	size_t capacity;
	uint64_t lost;
	struct kallmod_out_probe_stack *sorted;
	char text[STACK_MAX]; /* the one at hand */
	/* The sampler's form of a stack, which the symbolizer reads. */
	struct {
		struct kallmod_record record;
		char frames[(KALLMOD_MAX_FRAMES + 1) * 10];
	} raw;
};

int kallmod_probe_stacks_create(struct kallmod_ctx *ctx, struct kallmod_probe_stacks **ret)
{
	struct kallmod_probe_stacks *stacks = calloc(1, sizeof(*stacks));
	int err;

	if (!stacks)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	err = kallmod_symbolizer_init(&stacks->symbolizer, ctx);
	if (err)
		kallmod_probe_stacks_destroy(stacks);
	else
		*ret = stacks;
	return err;
}

void kallmod_probe_stacks_destroy(struct kallmod_probe_stacks *stacks)
{
	if (!stacks)
		return;
	kallmod_symbolizer_deinit(&stacks->symbolizer);
	kallmod_strtab_deinit(&stacks->texts);
	free(stacks->calls);
	free(stacks->sorted);
	free(stacks);
}

/* ---- folding ------------------------------------------------------------------------------ */

/* Adds text; what would be read as an end of a frame or of the stack becomes '_'. */
static size_t put_text(char *stack, size_t at, const char *text, size_t max)
{
	for (size_t i = 0; i < max && text[i] && at < STACK_MAX - 1; i++) {
		unsigned char c = text[i];

		stack[at++] = c <= ' ' || c == ';' || c == 0x7f ? '_' : c;
	}
	return at;
}

static size_t put_frame(char *stack, size_t at, const char *function, const char *module)
{
	if (at < STACK_MAX - 1)
		stack[at++] = ';';
	at = put_text(stack, at, function ? function : "unknown", STACK_MAX);
	at = put_text(stack, at, "_[", 2);
	at = put_text(stack, at, module ? module : "k", STACK_MAX);
	return put_text(stack, at, "]", 1);
}

static uint32_t set_of(const struct kallmod_map *map, uint64_t ip)
{
	const struct kallmod_range *range = kallmod_map_find(map, ip);

	return range ? range->set : KALLMOD_SET_UNRESOLVED;
}

/* What probes is no part of the stack: our program, and the trampoline that called it. */
static size_t first_frame(const struct kallmod_map *map, const struct kallmod_prober_stack *stack)
{
	size_t first = 0;

	while (first < stack->n) {
		uint32_t set = set_of(map, stack->frames[first]);

		if (set == KALLMOD_SET_UNRESOLVED ||
		    kallmod_map_set_kind(map, set) != KALLMOD_KIND_PSEUDO)
			break;
		first++;
	}
	return first;
}

static void fill_record(struct kallmod_probe_stacks *stacks, const struct kallmod_map *map,
			const struct kallmod_prober_stack *stack, size_t first)
{
	struct kallmod_record *record = &stacks->raw.record;
	__u64 *ips = (__u64 *)(record + 1);
	__u16 *sets;

	*record = (struct kallmod_record){.nframes = stack->n - first,
					  .mode = KALLMOD_SAMPLE_KERNEL};
	sets = (__u16 *)(ips + record->nframes);
	for (size_t i = 0; i < record->nframes; i++) {
		ips[i] = stack->frames[first + i];
		/* All but the first are return addresses: the call is before them. */
		sets[i] = set_of(map, ips[i] - (i ? 1 : 0));
	}
}

/* The stack in stacks->text, and its length. */
static size_t fold(struct kallmod_probe_stacks *stacks, const struct kallmod_map *map,
		   const struct kallmod_prober_row *row, const struct kallmod_prober_stack *stack)
{
	size_t at = put_text(stacks->text, 0, stack->comm, KALLMOD_COMM_LEN);
	size_t first = first_frame(map, stack);
	struct kallmod_recording_sample sample = {};
	bool core = row->kind == KALLMOD_KIND_CORE, seen = false;

	if (!at)
		at = put_text(stacks->text, 0, "unknown", STACK_MAX);
	if (first < stack->n) {
		fill_record(stacks, map, stack, first);
		kallmod_symbolize(&stacks->symbolizer, map, &stacks->raw.record, &sample);
		seen = sample.frames[0].symbol && !strcmp(sample.frames[0].symbol, row->function);
	}
	for (size_t i = sample.nframes; i > 0; i--)
		at = put_frame(stacks->text, at, sample.frames[i - 1].symbol,
			       sample.frames[i - 1].module);
	/* Seen from a trampoline, the stack may begin with the function's caller. */
	if (!seen)
		at = put_frame(stacks->text, at, row->function, core ? NULL : row->module);
	stacks->text[at] = '\0';
	return at;
}

void kallmod_probe_stacks_add(struct kallmod_probe_stacks *stacks, const struct kallmod_map *map,
			      const struct kallmod_prober_row *row,
			      const struct kallmod_prober_stack *stack)
{
	size_t length = fold(stacks, map, row, stack), before = stacks->texts.count;
	uint32_t number;

	if (kallmod_strtab_add(&stacks->texts, stacks->text, length, &number) ||
	    kallmod_grow(&stacks->calls, &stacks->capacity, number, sizeof(*stacks->calls))) {
		stacks->lost += stack->calls;
		return;
	}
	if (number >= before)
		stacks->calls[number] = 0;
	stacks->calls[number] += stack->calls;
}

/* ---- handing out -------------------------------------------------------------------------- */

static int compare_stacks(const void *a, const void *b)
{
	const struct kallmod_out_probe_stack *x = a, *y = b;

	if (x->calls != y->calls)
		return x->calls > y->calls ? -1 : 1;
	return strcmp(x->folded, y->folded);
}

int kallmod_probe_stacks_sorted(struct kallmod_probe_stacks *stacks,
				const struct kallmod_out_probe_stack **ret, size_t *n_ret)
{
	size_t n = stacks->texts.count;

	free(stacks->sorted);
	stacks->sorted = calloc(n + 1, sizeof(*stacks->sorted));
	if (!stacks->sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		stacks->sorted[i] = (struct kallmod_out_probe_stack){
			.folded = stacks->texts.strings[i], .calls = stacks->calls[i]};
	qsort(stacks->sorted, n, sizeof(*stacks->sorted), compare_stacks);
	*ret = stacks->sorted;
	*n_ret = n;
	return 0;
}

uint64_t kallmod_probe_stacks_lost(const struct kallmod_probe_stacks *stacks)
{
	return stacks->lost;
}
