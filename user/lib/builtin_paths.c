// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_paths.h"
#include "cleanup.h"
#include "file.h"
#include "grow.h"

enum { MAX_PATHS = 100000 }; /* Linux 6.12 with all of it built in: 11,000 */

void kallmod_builtin_paths_deinit(struct kallmod_builtin_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->paths[i].object);
	free(paths->paths);
	*paths = (struct kallmod_builtin_paths){.paths = NULL};
}

static int as_underscore(char c)
{
	return c == '-' ? '_' : (unsigned char)c;
}

static int compare_objects(const char *a, const char *b)
{
	while (*a && as_underscore(*a) == as_underscore(*b)) {
		a++;
		b++;
	}
	return as_underscore(*a) - as_underscore(*b);
}

static int compare_paths(const void *a, const void *b)
{
	const struct kallmod_builtin_path *x = a, *y = b;

	return compare_objects(x->object, y->object);
}

/* Some trees have the same path twice, of an object that is listed in two ways. */
static void sort(struct kallmod_builtin_paths *paths)
{
	size_t kept = 0;

	if (paths->n)
		qsort(paths->paths, paths->n, sizeof(*paths->paths), compare_paths);
	for (size_t i = 0; i < paths->n; i++)
		if (kept && !compare_paths(&paths->paths[kept - 1], &paths->paths[i]))
			free(paths->paths[i].object);
		else
			paths->paths[kept++] = paths->paths[i];
	paths->n = kept;
}

/* A path is of "kernel/PLACE/NAME.ko" the PLACE/NAME; without the directory it is as good. */
static int add(struct kallmod_builtin_paths *paths, const char *place, size_t length)
{
	char *object;

	if (paths->n == MAX_PATHS)
		return -EFBIG;
	if (asprintf(&object, "%.*s.o", (int)length, place) < 0)
		return -ENOMEM;
	if (kallmod_grow(&paths->paths, &paths->capacity, paths->n, sizeof(*paths->paths))) {
		free(object);
		return -ENOMEM;
	}
	paths->paths[paths->n++] = (struct kallmod_builtin_path){.object = object};
	return 0;
}

static int take_line(struct kallmod_reader *reader, struct kallmod_builtin_paths *paths,
		     const char *line, size_t length)
{
	size_t top = strncmp(line, "kernel/", 7) ? 0 : 7, end = strlen(".ko");
	int err;

	if (length <= top + end || line[length - end - 1] == '/' ||
	    strcmp(line + length - end, ".ko"))
		return kallmod_reader_fail(reader, -EINVAL,
					   "is not 'kernel/PLACE/NAME.ko'; give a modules.builtin");
	err = add(paths, line + top, length - top - end);
	if (err == -EFBIG)
		return kallmod_reader_fail(reader, err,
					   "more modules than a kernel has; give a modules.builtin");
	return err ? kallmod_reader_fail(reader, err, "out of memory") : 0;
}

int kallmod_builtin_paths_read(struct kallmod_ctx *ctx, const char *file,
			       struct kallmod_builtin_paths *paths)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, file), got = 0;
	size_t length;
	char *line;

	while (!err && (got = kallmod_reader_line(&reader, &line, &length)) > 0)
		err = take_line(&reader, paths, line, length);
	if (!err)
		err = got;
	if (err)
		kallmod_builtin_paths_deinit(paths);
	else
		sort(paths);
	return err;
}

bool kallmod_builtin_paths_meet(struct kallmod_builtin_paths *paths, const char *object)
{
	const struct kallmod_builtin_path key = {.object = (char *)object};
	struct kallmod_builtin_path *path =
		paths->n ? bsearch(&key, paths->paths, paths->n, sizeof(key), compare_paths) :
			   NULL;

	if (path)
		path->met = true;
	return path;
}
