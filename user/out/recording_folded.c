// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording as folded stacks, "process;frame;frame COUNT", root first, for flame graphs.
 * Frames are function_[module], and function_[k] for the core kernel.
 *
 * Stacks are counted in a hash. Its memory is bounded: when it is full it is written and begun
 * again, so that a stack may have several lines, whose counts readers of the format add up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "recording.h"

enum {
	SLOTS = 1 << 16, /* a power of 2 */
	STACKS_MAX = SLOTS / 2,
	TEXT_MAX = 32 << 20, /* bytes of all stacks */
	/* A stack: 127 frames of a name of 511 bytes and a module set, and the process. */
	STACK_MAX = (KALLMOD_MAX_FRAMES + 1) * 768,
};

struct folded_slot {
	uint64_t count; /* 0: free */
	uint64_t hash;
	size_t at; /* in the text */
};

struct folded {
	struct folded_slot *slots;
	char *text; /* stacks, each with its NUL, one after the other */
	size_t length, stacks;
	char stack[STACK_MAX]; /* the one at hand */
};

static void destroy(void *state)
{
	struct folded *folded = state;

	if (!folded)
		return;
	free(folded->slots);
	free(folded->text);
	free(folded);
}

static int create(void **state_ret)
{
	struct folded *folded = calloc(1, sizeof(*folded));

	if (folded) {
		folded->slots = calloc(SLOTS, sizeof(*folded->slots));
		folded->text = malloc(TEXT_MAX); /* pages come as they are used */
	}
	if (!folded || !folded->slots || !folded->text) {
		destroy(folded);
		return -ENOMEM;
	}
	*state_ret = folded;
	return 0;
}

/* Adds text; what would be read as an end of a frame or of the stack becomes '_'. */
static size_t put_text(char *stack, size_t at, const char *text, size_t max)
{
	for (size_t i = 0; i < max && text[i] && at < STACK_MAX - 1; i++) {
		unsigned char c = text[i];

		stack[at++] = c <= ' ' || c == ';' || c == 0x7f ? '_' : c;
	}
	return at;
}

static size_t put_frame(char *stack, size_t at, const struct kallmod_recording_frame *frame)
{
	at = put_text(stack, at, frame->symbol ? frame->symbol : "unknown", STACK_MAX);
	at = put_text(stack, at, "_[", 2);
	at = put_text(stack, at, frame->module ? frame->module : "k", STACK_MAX);
	return put_text(stack, at, "]", 1);
}

/* The sample's stack in folded->stack, and its length. */
static size_t fold(struct folded *folded, const struct kallmod_recording_sample *sample)
{
	size_t at = put_text(folded->stack, 0, sample->record->comm, KALLMOD_COMM_LEN);

	if (!at)
		at = put_text(folded->stack, 0, "unknown", STACK_MAX);
	for (size_t i = sample->nframes; i > 0; i--) {
		if (at < STACK_MAX - 1)
			folded->stack[at++] = ';';
		at = put_frame(folded->stack, at, &sample->frames[i - 1]);
	}
	folded->stack[at] = '\0';
	return at;
}

static uint64_t hash_stack(const char *stack)
{
	uint64_t hash = kallmod_hash_text(KALLMOD_HASH_START, stack);

	return hash ^ hash >> 32;
}

static struct folded_slot *find_slot(struct folded *folded, uint64_t hash)
{
	size_t i = hash & (SLOTS - 1);

	while (folded->slots[i].count &&
	       (folded->slots[i].hash != hash ||
		strcmp(folded->text + folded->slots[i].at, folded->stack)))
		i = (i + 1) & (SLOTS - 1);
	return &folded->slots[i];
}

static void write_all(struct folded *folded, FILE *file)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct folded_slot *slot = &folded->slots[i];

		if (slot->count)
			fprintf(file, "%s %" PRIu64 "\n", folded->text + slot->at, slot->count);
	}
	memset(folded->slots, 0, SLOTS * sizeof(*folded->slots));
	folded->length = folded->stacks = 0;
}

static int write_sample(void *state, FILE *file, const struct kallmod_recording_sample *sample)
{
	struct folded *folded = state;
	size_t length = fold(folded, sample) + 1;
	uint64_t hash = hash_stack(folded->stack);
	struct folded_slot *slot = find_slot(folded, hash);

	if (slot->count) {
		slot->count++;
		return 0;
	}
	if (folded->stacks == STACKS_MAX || folded->length + length > TEXT_MAX) {
		write_all(folded, file);
		slot = find_slot(folded, hash);
	}
	*slot = (struct folded_slot){.count = 1, .hash = hash, .at = folded->length};
	memcpy(folded->text + folded->length, folded->stack, length);
	folded->length += length;
	folded->stacks++;
	return 0;
}

static int write_footer(void *state, FILE *file, const struct kallmod_sampler_totals *totals)
{
	(void)totals;
	write_all(state, file);
	return 0;
}

const struct kallmod_out_recording kallmod_out_recording_folded = {
	.name = "folded",
	.path = "kallmod.folded",
	.create = create,
	.destroy = destroy,
	.sample = write_sample,
	.footer = write_footer,
};
