// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "file.h"
#include "modlist.h"

enum { MAX_LINES = 100000 }; /* Linux 6.12 with all of it built in: 11,000 */

/* The length of a line without suffix; 0: it has none, or no name before it. */
static size_t stem(const char *line, size_t length)
{
	static const char suffix[] = ".ko"; /* where files are compressed, too */
	size_t end = sizeof(suffix) - 1;

	return length > end && line[length - end - 1] != '/' &&
			       !strcmp(line + length - end, suffix) ?
		       length - end :
		       0;
}

static int take_line(struct kallmod_reader *reader, const char *wrong, char *line,
		     size_t length, int (*fn)(void *arg, char *line, size_t length),
		     void *arg)
{
	int err;

	while (length && strchr(" \t", line[length - 1]))
		line[--length] = '\0';
	length = stem(line, length);
	if (reader->line > MAX_LINES)
		return kallmod_reader_fail(reader, -EFBIG,
					   "more modules than a kernel has; give a modules.builtin");
	err = length ? fn(arg, line, length) : -EINVAL;
	if (err == -EINVAL)
		return kallmod_reader_fail(reader, err, wrong);
	return err == -ENOMEM ? kallmod_fail(reader->ctx, err, "out of memory") : err;
}

int kallmod_modlist_read(struct kallmod_ctx *ctx, const char *file, const char *wrong,
			 int (*fn)(void *arg, char *line, size_t length), void *arg)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, file), got = 0;
	size_t length;
	char *line;

	if (err == -ENOMEM)
		return kallmod_fail(ctx, err, "out of memory");
	while (!err && (got = kallmod_reader_line(&reader, &line, &length)) > 0)
		err = take_line(&reader, wrong, line, length, fn, arg);
	return err ? err : got;
}

const char *kallmod_modlist_place(const char *line)
{
	static const char top[] = "kernel/";

	return strncmp(line, top, sizeof(top) - 1) ? line : line + sizeof(top) - 1;
}
