// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * "Archive member included to satisfy reference by file (symbol)", an empty line, and then
 * "init/main.o                   (--whole-archive)", or a long name and what follows it in the
 * next line, until the next heading.
 */
#include <string.h>

#include "cleanup.h"
#include "linkmap.h"

/* Ten times what an allyesconfig has. */
enum { MEMBERS_MAX = 1 << 18 };

/* The name in a line, that ends as an object does; 0: it is none. */
static size_t member_length(const char *line)
{
	size_t length = strcspn(line, " ");

	return length > 2 && !memcmp(line + length - 2, ".o", 2) ? length : 0;
}

int kallmod_linkmap_members(const char *path,
			    int (*fn)(void *arg, const char *object, size_t length), void *arg)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	size_t length, count = 0;
	char *line;
	int err = kallmod_reader_open(&reader, NULL, path);

	if (err || kallmod_reader_line(&reader, &line, &length) <= 0 ||
	    strncmp(line, "Archive member", 14))
		return err == -ENOMEM ? err : 0;
	while (!err && count < MEMBERS_MAX &&
	       kallmod_reader_line(&reader, &line, &length) > 0) {
		if (!*line || *line == ' ')
			continue;
		length = member_length(line);
		if (!length)
			break;
		err = fn(arg, line, length);
		count++;
	}
	return err;
}
