// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "modlist.h"
#include "module_names.h"
#include "modules.h"

static void underscores(char *name)
{
	for (; *name; name++)
		*name = kallmod_module_letter(*name);
}

static int add(struct kallmod_module_names *names, const char *name)
{
	int err = kallmod_grow(&names->names, &names->capacity, names->count,
			       sizeof(*names->names));
	char *copy;

	if (err)
		return err;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	underscores(copy);
	names->names[names->count++] = copy;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct kallmod_module_names *names)
{
	if (names->count)
		qsort(names->names, names->count, sizeof(*names->names), compare);
}

static int add_loaded(void *arg, const struct kallmod_module_line *line)
{
	return add(arg, line->name);
}

int kallmod_module_names_loaded(struct kallmod_ctx *ctx, struct kallmod_module_names *names)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	cleanup_free char *path = kallmod_path(ctx, "/proc/modules");
	int err = path ? kallmod_reader_open(&reader, ctx, path) : -ENOMEM;

	if (err == -ENOENT)
		return 0;
	if (!err)
		err = kallmod_modules_stream(&reader, add_loaded, names);
	sort(names);
	return err;
}

char *kallmod_module_name(char *path)
{
	char *name = strrchr(path, '/'), *dot;

	name = name ? name + 1 : path;
	dot = strchr(name, '.');
	if (!dot || dot == name ||
	    (strcmp(dot, ".o") && strcmp(dot, ".ko") && strcmp(dot, ".ko.xz") &&
	     strcmp(dot, ".ko.zst") && strcmp(dot, ".ko.gz")))
		return NULL;
	*dot = '\0';
	underscores(name);
	return name;
}

static int add_builtin(void *names, char *line, size_t length)
{
	const char *name = kallmod_module_name(line);

	(void)length;
	return name ? add(names, name) : -EINVAL;
}

static int read_builtin(struct kallmod_ctx *ctx, const char *path,
			struct kallmod_module_names *names)
{
	int err = kallmod_modlist_read(ctx, path, "is no module path; give a modules.builtin",
				       add_builtin, names);

	sort(names);
	return err;
}

int kallmod_module_names_builtin_path(struct kallmod_ctx *ctx, char **path_ret)
{
	const char *given = kallmod_ctx_get(ctx, KALLMOD_OPT_MODULES_BUILTIN);
	bool offline = kallmod_ctx_get(ctx, KALLMOD_OPT_KALLSYMS) &&
		       !kallmod_ctx_get(ctx, KALLMOD_OPT_ROOT) &&
		       !kallmod_ctx_get(ctx, KALLMOD_OPT_RELEASE);
	char *path = NULL;

	if (given)
		path = strdup(given);
	else if (!offline)
		path = kallmod_path(ctx, "/lib/modules/%s/modules.builtin",
				    kallmod_ctx_release(ctx));
	if (!path && (given || !offline))
		return -ENOMEM;
	*path_ret = path;
	return 0;
}

int kallmod_module_names_builtin(struct kallmod_ctx *ctx, struct kallmod_module_names *names,
				 bool *known_ret)
{
	cleanup_free char *path = NULL;
	int err = kallmod_module_names_builtin_path(ctx, &path);

	*known_ret = false;
	if (err || !path)
		return err;
	err = read_builtin(ctx, path, names);
	if (err == -ENOENT)
		return kallmod_ctx_get(ctx, KALLMOD_OPT_MODULES_BUILTIN) ? -EINVAL : 0;
	*known_ret = !err && names->count;
	return err;
}

bool kallmod_module_names_has(const struct kallmod_module_names *names, const char *name)
{
	return names->count &&
	       bsearch(&name, names->names, names->count, sizeof(*names->names), compare);
}

void kallmod_module_names_free(struct kallmod_module_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct kallmod_module_names)KALLMOD_MODULE_NAMES_EMPTY;
}

size_t kallmod_module_names_alike(const char *a, const char *b)
{
	size_t best = 0;

	for (; *a && *a != '.'; a++)
		for (const char *at = b; *at && *at != '.'; at++) {
			size_t n = 0;

			while (a[n] && a[n] != '.' &&
			       kallmod_module_letter(a[n]) == kallmod_module_letter(at[n]))
				n++;
			best = n > best ? n : best;
		}
	return best;
}
