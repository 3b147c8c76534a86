/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How far apart two words are: for "did you mean". */
#ifndef KALLMOD_DISTANCE_H
#define KALLMOD_DISTANCE_H

#include <stddef.h>

/* Letters to insert, delete or change to get from a to b, which is a short name. */
size_t kallmod_distance(const char *a, const char *b);

/* The names that come nearest to a wanted one, the nearest first. All zero: none. */
enum { KALLMOD_NEAREST = 3 };
struct kallmod_nearest {
	const char *names[KALLMOD_NEAREST]; /* the caller's */
	size_t far[KALLMOD_NEAREST];
	size_t n;
};
/* Takes name in, unless it is farther than worst from wanted, or there already. */
void kallmod_nearest_note(struct kallmod_nearest *nearest, const char *wanted, size_t worst,
			  const char *name);
/* "a, b, c" in text, as far as it has room. */
void kallmod_nearest_text(const struct kallmod_nearest *nearest, char *text, size_t size);

#endif
