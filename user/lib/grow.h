/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Arrays that grow. */
#ifndef KALLMOD_GROW_H
#define KALLMOD_GROW_H

#include <stddef.h>

/*
 * Makes room for one more element behind count of them, size bytes each; array is the address
 * of the pointer to the first. -ENOMEM: all is as it was.
 */
int kallmod_grow(void *array, size_t *capacity, size_t count, size_t size);

#endif
