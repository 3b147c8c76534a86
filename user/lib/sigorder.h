/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The order in which a kernel is linked: of the directories and objects of its source, learnt
 * from sequences that were seen (a kernel's text, a modules.order).
 */
#ifndef KALLMOD_SIGORDER_H
#define KALLMOD_SIGORDER_H

#include <stdbool.h>
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
/*
 * A new sequence begins: of what was linked, or (listed) of what a list has. Where two contradict
 * each other, the first one counts, and what was linked before what is listed. -ENOMEM.
 */
int kallmod_sigorder_begin(struct kallmod_sigorder *order, bool listed);
/* The next path of the sequence ("fs/ext4", "fs/exec.o"), once or more. -ENOMEM. */
int kallmod_sigorder_add(struct kallmod_sigorder *order, const char *path);
/* The place of a path, after all sequences; '-' and '_' are equal. */
struct kallmod_sigplace kallmod_sigorder_find(struct kallmod_sigorder *order, const char *path);

#endif
