/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Paths that were seen. */
#ifndef KALLMOD_PATHSET_H
#define KALLMOD_PATHSET_H

#include <stddef.h>

struct kallmod_pathset {
	char **paths; /* owned, each; sorted */
	size_t n, capacity;
};

/* 1: it is in the set now; 0: it was before; -ENOMEM. The path is copied. */
int kallmod_pathset_add(struct kallmod_pathset *set, const char *path);
/* Releases what the set holds. One that is all zero is fine. */
void kallmod_pathset_deinit(struct kallmod_pathset *set);

#endif
