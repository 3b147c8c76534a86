// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "grow.h"

int kallmod_grow(void *array, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity ? 2 * *capacity : 16;
	void *larger;

	if (count < *capacity)
		return 0;
	larger = reallocarray(*(void **)array, wanted, size);
	if (!larger)
		return -ENOMEM;
	*(void **)array = larger;
	*capacity = wanted;
	return 0;
}
