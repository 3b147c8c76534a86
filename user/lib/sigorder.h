/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The order in which a kernel is linked: of the directories of its source, learnt from
 * sequences that were seen (a kernel's text, a modules.order).
 */
#ifndef KALLMOD_SIGORDER_H
#define KALLMOD_SIGORDER_H

#include <stddef.h>
#include <stdint.h>

struct kallmod_sigorder;

/*
 * Where what is in a directory, or below it, can be: [low, high] of one scale for all. What
 * cannot be told (arch/, which is linked in two places; lib, whose archive comes last; a directory
 * never seen) is everywhere.
 */
struct kallmod_sigplace {
	uint16_t low, high;
};
#define KALLMOD_SIGPLACE_ANYWHERE ((struct kallmod_sigplace){0, UINT16_MAX})

/* -ENOMEM. Owned by the caller. */
int kallmod_sigorder_create(struct kallmod_sigorder **ret);
void kallmod_sigorder_destroy(struct kallmod_sigorder *order);
/* A new sequence begins. Where two contradict each other, the first one counts. */
void kallmod_sigorder_begin(struct kallmod_sigorder *order);
/* The next directory of the sequence ("fs/ext4"), once or more. -ENOMEM. */
int kallmod_sigorder_add(struct kallmod_sigorder *order, const char *directory);
/* The place of a directory, after all sequences. */
struct kallmod_sigplace kallmod_sigorder_find(struct kallmod_sigorder *order,
					      const char *directory);

#endif
