// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <string.h>

#include "tree_path.h"

bool kallmod_tree_path_normalise(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		size_t length = strcspn(from, "/");

		if (length == 2 && !memcmp(from, "..", 2)) {
			if (to == path)
				return false;
			while (to > path && *--to != '/')
				;
		} else if (length && !(length == 1 && *from == '.')) {
			if (to > path)
				*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
		from += *from == '/';
	}
	*to = '\0';
	return true;
}
