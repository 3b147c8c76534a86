// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_paths.h"
#include "cleanup.h"
#include "grow.h"
#include "modlist.h"
#include "module_names.h"

void kallmod_builtin_paths_deinit(struct kallmod_builtin_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->paths[i].object);
	free(paths->paths);
	*paths = (struct kallmod_builtin_paths){.paths = NULL};
}

static int compare_objects(const char *a, const char *b)
{
	while (*a && kallmod_module_letter(*a) == kallmod_module_letter(*b)) {
		a++;
		b++;
	}
	return kallmod_module_letter(*a) - kallmod_module_letter(*b);
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
static int add(void *arg, char *line, size_t length)
{
	struct kallmod_builtin_paths *paths = arg;
	const char *place = kallmod_modlist_place(line);
	char *object;

	if (asprintf(&object, "%.*s.o", (int)(line + length - place), place) < 0)
		return -ENOMEM;
	if (kallmod_grow(&paths->paths, &paths->capacity, paths->n, sizeof(*paths->paths))) {
		free(object);
		return -ENOMEM;
	}
	paths->paths[paths->n] = (struct kallmod_builtin_path){.object = object, .line = paths->n};
	paths->n++;
	return 0;
}

int kallmod_builtin_paths_read(struct kallmod_ctx *ctx, const char *file,
			       struct kallmod_builtin_paths *paths)
{
	int err = kallmod_modlist_read(ctx, file,
				       "is not 'kernel/PLACE/NAME.ko'; give a modules.builtin",
				       add, paths);

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
