// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
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
