/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How far apart two words are: for "did you mean". */
#ifndef KALLMOD_DISTANCE_H
#define KALLMOD_DISTANCE_H

#include <stddef.h>

/* Letters to insert, delete or change to get from a to b, which is a short name. */
size_t kallmod_distance(const char *a, const char *b);

#endif
