// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "distance.h"

enum { NAME_MAX_LENGTH = 64 };

size_t kallmod_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH], n = strlen(b);

	if (n >= NAME_MAX_LENGTH)
		return n;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (; *a; a++) {
		size_t diagonal = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			size_t best = diagonal + (*a != b[k - 1]);

			diagonal = row[k];
			best = row[k] + 1 < best ? row[k] + 1 : best;
			row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
		}
	}
	return row[n];
}

static bool has_name(const struct kallmod_nearest *nearest, const char *name)
{
	for (size_t i = 0; i < nearest->n; i++)
		if (!strcmp(nearest->names[i], name))
			return true;
	return false;
}

void kallmod_nearest_note(struct kallmod_nearest *nearest, const char *wanted, size_t worst,
			  const char *name)
{
	size_t a = strlen(wanted), b = strlen(name), at = nearest->n, far;

	/* What is that much longer is farther, without a closer look. */
	if (a > b + worst || b > a + worst)
		return;
	far = kallmod_distance(wanted, name);
	if (far > worst || has_name(nearest, name))
		return;
	while (at && nearest->far[at - 1] > far)
		at--;
	if (at == KALLMOD_NEAREST)
		return;
	nearest->n += nearest->n < KALLMOD_NEAREST;
	for (size_t i = nearest->n - 1; i > at; i--) {
		nearest->names[i] = nearest->names[i - 1];
		nearest->far[i] = nearest->far[i - 1];
	}
	nearest->names[at] = name;
	nearest->far[at] = far;
}

void kallmod_nearest_text(const struct kallmod_nearest *nearest, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < nearest->n && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 nearest->names[i]);
}
