// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "pathset.h"

int kallmod_pathset_add(struct kallmod_pathset *set, const char *path)
{
	size_t low = 0, high = set->n;
	char *copy;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, set->paths[middle]);

		if (!order)
			return 0;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	copy = strdup(path);
	if (!copy || kallmod_grow(&set->paths, &set->capacity, set->n, sizeof(copy))) {
		free(copy);
		return -ENOMEM;
	}
	memmove(set->paths + low + 1, set->paths + low, (set->n - low) * sizeof(copy));
	set->paths[low] = copy;
	set->n++;
	return 1;
}

void kallmod_pathset_deinit(struct kallmod_pathset *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->paths[i]);
	free(set->paths);
	*set = (struct kallmod_pathset){.paths = NULL};
}
