// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_paths.h"
#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "module_names.h"
#include "object_list.h"
#include "unpack.h"

enum { LIST_MAX = 64 << 20 };

struct pair {
	const char *object, *module;
	size_t number; /* keeps a file's order among equals */
};

void kallmod_object_list_deinit(struct kallmod_object_list *list)
{
	free(list->name);
	free(list->objects);
	free(list->modules);
	kallmod_thick_deinit(&list->thick);
	*list = (struct kallmod_object_list){};
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = strcmp(x->object, y->object);

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static size_t count_pairs(const struct kallmod_thick *thick)
{
	size_t n = 0;

	for (size_t i = 0; i < thick->n; i++)
		n += thick->modules[i].n ? thick->modules[i].n : 1;
	return n;
}

static int add_own_object(struct kallmod_thick_module *module)
{
	char *object = strdup(module->name);

	if (!object || kallmod_grow(&module->objects, &module->capacity, 0, sizeof(object))) {
		free(object);
		return -ENOMEM;
	}
	module->objects[module->n++] = object;
	return 0;
}

static struct pair *put_module(struct pair *at, const struct kallmod_thick_module *module,
			       const char *name, size_t first)
{
	for (size_t i = 0; i < module->n; i++)
		*at++ = (struct pair){module->objects[i], name, first + i};
	return at;
}

static int fill(struct kallmod_ctx *ctx, struct kallmod_object_list *list, struct pair *pairs)
{
	struct pair *at = pairs;

	for (size_t i = 0; i < list->thick.n; i++) {
		struct kallmod_thick_module *module = &list->thick.modules[i];
		const char *name;

		/* Its object keeps the whole name. */
		if (!module->n && add_own_object(module))
			return kallmod_fail(ctx, -ENOMEM, "out of memory");
		name = kallmod_module_name(module->name);
		if (!name)
			return kallmod_fail(ctx, -EINVAL,
					    "%s: %s is no module's object; give a modules_thick.builtin",
					    list->name, module->objects[0]);
		at = put_module(at, module, name, at - pairs);
	}
	qsort(pairs, list->count, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < list->count; i++) {
		list->objects[i] = pairs[i].object;
		list->modules[i] = pairs[i].module;
	}
	return 0;
}

int kallmod_object_list_make(struct kallmod_ctx *ctx, const char *name, struct kallmod_thick *thick,
			     struct kallmod_object_list *ret)
{
	__attribute__((cleanup(kallmod_object_list_deinit))) struct kallmod_object_list list = {
		.thick = *thick, .count = count_pairs(thick)};
	cleanup_free struct pair *pairs = calloc(list.count + 1, sizeof(*pairs));
	int err;

	*thick = (struct kallmod_thick)KALLMOD_THICK_EMPTY;
	list.name = strdup(name);
	list.objects = calloc(list.count + 1, sizeof(*list.objects));
	list.modules = calloc(list.count + 1, sizeof(*list.modules));
	if (!pairs || !list.name || !list.objects || !list.modules)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	err = fill(ctx, &list, pairs);
	if (err)
		return err;
	*ret = list;
	list = (struct kallmod_object_list){};
	return 0;
}

size_t kallmod_object_list_find(const struct kallmod_object_list *list, const char *object,
				const char *const **modules_ret)
{
	size_t low = 0, high = list->count, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->objects[middle], object) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < list->count && !strcmp(list->objects[low + n], object))
		n++;
	*modules_ret = &list->modules[low];
	return n;
}

/* ---- which file ------------------------------------------------------------------------ */

/*
 * A module of one object needs no list: what modules.builtin has and the list has not, or has at
 * another place, is taken for one. If it is of several, no debug information has such an object.
 */
static int add_listed(struct kallmod_ctx *ctx, struct kallmod_thick *thick)
{
	cleanup_builtin_paths struct kallmod_builtin_paths paths = {.paths = NULL};
	cleanup_free char *file = NULL;
	int err = kallmod_module_names_builtin_path(ctx, &file);

	if (!err && file)
		err = kallmod_builtin_paths_read(ctx, file, &paths);
	/* Whether it had to be there is for filter() to say. */
	if (err == -ENOENT)
		return 0;
	for (size_t i = 0; !err && i < thick->n; i++)
		kallmod_builtin_paths_meet(&paths, thick->modules[i].name);
	for (size_t i = 0; !err && i < paths.n; i++) {
		const struct kallmod_builtin_path *path = &paths.paths[i];

		if (!path->met)
			err = kallmod_thick_add(thick, path->object, strlen(path->object));
	}
	return err;
}

static int parse_list(struct kallmod_ctx *ctx, const char *path, const char *data, size_t size,
		      struct kallmod_object_list *ret)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	int err = kallmod_thick_parse(ctx, path, data, size, &thick);

	if (!err)
		err = add_listed(ctx, &thick);
	return err ? err : kallmod_object_list_make(ctx, path, &thick, ret);
}

static int read_list(struct kallmod_ctx *ctx, const char *path, struct kallmod_object_list *ret)
{
	cleanup_free uint8_t *unpacked = NULL;
	const struct kallmod_packing *packing;
	cleanup_free char *data = NULL;
	size_t size, unpacked_size;
	int err = kallmod_file_read(ctx, path, LIST_MAX, &data, &size);

	if (err)
		return err;
	packing = kallmod_packing_find(data, size);
	if (!packing)
		return parse_list(ctx, path, data, size, ret);
	err = kallmod_unpack(packing, data, size, LIST_MAX, &unpacked, &unpacked_size);
	if (err)
		return kallmod_fail(ctx, err, "%s: cannot be unpacked (%s); get it again", path,
				    strerror(-err));
	return parse_list(ctx, path, (char *)unpacked, unpacked_size, ret);
}

/* "…-6.12.thick.xz" and "6.12.9-amd64" are 6.12: 6012; 0: no version. */
static long version_of(const char *text)
{
	unsigned int major, minor;

	return sscanf(text, "%3u.%3u", &major, &minor) == 2 ? major * 1000l + minor : 0;
}

static long distance(const char *path, long version)
{
	const char *name = strrchr(path, '/'), *dash = strrchr(name ? name : path, '-');
	long at = dash ? version_of(dash + 1) : 0;

	return at > version ? at - version : version - at;
}

/* The shipped list of the nearest version. */
static int read_shipped(struct kallmod_ctx *ctx, struct kallmod_object_list *ret)
{
	const char *directory = kallmod_ctx_signatures(ctx);
	long version = version_of(kallmod_ctx_release(ctx));
	cleanup_free char *pattern = NULL;
	const char *best = NULL;
	glob_t found;
	int err;

	if (asprintf(&pattern, "%s/*.thick*", directory) < 0)
		return -ENOMEM;
	err = glob(pattern, 0, NULL, &found);
	for (size_t i = 0; !err && i < found.gl_pathc; i++)
		if (!best || distance(found.gl_pathv[i], version) < distance(best, version))
			best = found.gl_pathv[i];
	err = best ? read_list(ctx, best, ret) :
		     kallmod_fail(ctx, -ENOENT,
				  "%s: no list of modules' objects (*.thick.xz); install kallmod's signature files",
				  directory);
	globfree(&found);
	return err;
}

/* Leaves out what cannot be built in. */
static int filter(struct kallmod_ctx *ctx, struct kallmod_object_list *list)
{
	struct kallmod_module_names builtin = KALLMOD_MODULE_NAMES_EMPTY;
	bool known;
	int err = kallmod_module_names_builtin(ctx, &builtin, &known);
	size_t n = 0;

	for (size_t i = 0; !err && known && i < list->count; i++) {
		if (!kallmod_module_names_has(&builtin, list->modules[i]))
			continue;
		list->objects[n] = list->objects[i];
		list->modules[n++] = list->modules[i];
	}
	if (!err && known)
		list->count = n;
	kallmod_module_names_free(&builtin);
	return err;
}

int kallmod_object_list_open(struct kallmod_ctx *ctx, struct kallmod_object_list *ret)
{
	cleanup_free char *path = kallmod_path(ctx, "/lib/modules/%s/modules_thick.builtin",
					       kallmod_ctx_release(ctx));
	struct kallmod_object_list list;
	int err = path ? read_list(ctx, path, &list) : -ENOMEM;

	if (err == -ENOENT)
		err = read_shipped(ctx, &list);
	if (err)
		return err;
	err = filter(ctx, &list);
	if (err)
		kallmod_object_list_deinit(&list);
	else
		*ret = list;
	return err;
}
