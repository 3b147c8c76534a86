// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "dynamic_debug.h"
#include "file.h"

/* Splits a line in place. */
static bool split(char *line, const char **module_ret, const char **function_ret)
{
	char *module = strstr(line, " ["), *function = module ? strchr(module, ']') : NULL, *end;

	if (!function)
		return false;
	*function++ = '\0';
	end = strstr(function, " =");
	if (!end || end == function || !module[2])
		return false;
	*end = '\0';
	*module_ret = module + 2;
	*function_ret = function;
	return true;
}

static int open_control(struct kallmod_ctx *ctx, struct kallmod_reader *reader)
{
	static const char *const places[] = {"/proc/dynamic_debug/control",
					     "/sys/kernel/debug/dynamic_debug/control"};
	int err = -ENOENT;

	for (size_t i = 0; err && err != -ENOMEM && i < sizeof(places) / sizeof(places[0]); i++) {
		cleanup_free char *path = kallmod_path(ctx, places[i]);

		kallmod_reader_close(reader);
		err = path ? kallmod_reader_open(reader, ctx, path) : -ENOMEM;
	}
	return err;
}

int kallmod_dynamic_debug_read(struct kallmod_ctx *ctx,
			       int (*fn)(void *arg, const char *module, const char *function),
			       void *arg)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	const char *module, *function;
	size_t length;
	char *line;
	int err = open_control(ctx, &reader), got;

	if (err)
		return err == -ENOMEM ? err : 0;
	while (!err && (got = kallmod_reader_line(&reader, &line, &length)) > 0)
		if (split(line, &module, &function))
			err = fn(arg, module, function);
	/* A line that cannot be read ends the list; what came before it is true. */
	return err;
}
