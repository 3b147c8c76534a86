// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "thick_lists.h"
#include "thick_makefile.h"
#include "tree_path.h"

void kallmod_thick_lists_deinit(struct kallmod_thick_lists *lists)
{
	for (size_t i = 0; i < lists->ndirs; i++)
		free(lists->dirs[i]);
	for (size_t i = 0; i < lists->nable; i++)
		free(lists->able[i]);
	free(lists->dirs);
	free(lists->able);
	kallmod_thick_deinit(&lists->objects);
	*lists = (struct kallmod_thick_lists){.dirs = NULL};
}

/* ---- what make printed ----------------------------------------------------------------- */

/*
 * A name of a Kbuild file as a path from the top of the tree; with "virt/kvm/eventfd.o", and not
 * "arch/x86/kvm/../../../virt/kvm/eventfd.o", as linker maps and .cmd files have it.
 */
static int join(const char *dir, const char *name, char **ret)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (!kallmod_tree_path_normalise(path)) {
		free(path);
		return -EINVAL;
	}
	*ret = path;
	return 0;
}

static int add_path(char ***paths, size_t *n, size_t *capacity, const char *dir,
		    const char *name)
{
	cleanup_free char *path = NULL;
	int err = join(dir, name, &path);

	if (!err)
		err = kallmod_grow(paths, capacity, *n, sizeof(path));
	if (!err)
		(*paths)[(*n)++] = cleanup_take(path);
	return err;
}

static int add_dir(struct kallmod_thick_lists *lists, const char *dir, const char *name)
{
	return add_path(&lists->dirs, &lists->ndirs, &lists->capacity, dir, name);
}

static int add_able(struct kallmod_thick_lists *lists, const char *dir, const char *name)
{
	return add_path(&lists->able, &lists->nable, &lists->able_capacity, dir, name);
}

static int add_module(struct kallmod_thick_lists *lists, const char *dir, const char *name)
{
	cleanup_free char *path = NULL;
	int err = join(dir, name, &path);

	return err ? err : kallmod_thick_add(&lists->objects, path, strlen(path));
}

static int add_part(struct kallmod_thick_lists *lists, const char *dir, const char *name)
{
	cleanup_free char *path = NULL;
	int err = join(dir, name, &path);

	return err ? err : kallmod_thick_add_object(&lists->objects, path, strlen(path));
}

static int each_word(char *rest, struct kallmod_thick_lists *lists, const char *dir,
		     int (*fn)(struct kallmod_thick_lists *lists, const char *dir,
			       const char *word))
{
	char *word;
	int err = 0;

	while (!err && (word = strsep(&rest, " ")))
		if (*word)
			err = fn(lists, dir, word);
	return err;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* make lists a part as often as the Kbuild file does; it is linked once. */
static void sort_parts(struct kallmod_thick_module *module)
{
	size_t kept = 0;

	qsort(module->objects, module->n, sizeof(*module->objects), compare_strings);
	for (size_t i = 0; i < module->n; i++)
		if (kept && !strcmp(module->objects[kept - 1], module->objects[i]))
			free(module->objects[i]);
		else
			module->objects[kept++] = module->objects[i];
	module->n = kept;
}

/* "NAME.o: PART.o PART.o…"; one whose parts are all switched off is nothing. */
static int add_multi(struct kallmod_thick_lists *lists, const char *dir, char *rest)
{
	char *colon = strstr(rest, ":");
	int err;

	if (!colon || !colon[1 + strspn(colon + 1, " ")])
		return 0;
	*colon = '\0';
	err = add_module(lists, dir, rest);
	if (!err)
		err = each_word(colon + 1, lists, dir, add_part);
	if (!err && lists->objects.modules[lists->objects.n - 1].n)
		sort_parts(&lists->objects.modules[lists->objects.n - 1]);
	return err;
}

static int take_line(struct kallmod_thick_lists *lists, const char *dir, char *line)
{
	char *rest = line;
	const char *kind = strsep(&rest, " ");

	if (!strcmp(kind, "end"))
		lists->ended = true;
	else if (!strcmp(kind, "none"))
		lists->none = true;
	if (!rest)
		return 0;
	if (!strcmp(kind, "dirs"))
		return each_word(rest, lists, dir, add_dir);
	if (!strcmp(kind, "mod"))
		return each_word(rest, lists, dir, add_module);
	if (!strcmp(kind, "multi"))
		return add_multi(lists, dir, rest);
	return strcmp(kind, "able") ? 0 : each_word(rest, lists, dir, add_able);
}

int kallmod_thick_lists_take(struct kallmod_thick_lists *lists, const char *dir, char *output)
{
	static const char mark[] = KALLMOD_THICK_MARK;
	char *line;
	int err = 0;

	/* Kbuild files print too, with $(info …). */
	while (!err && (line = strsep(&output, "\n")))
		if (!strncmp(line, mark, sizeof(mark) - 1))
			err = take_line(lists, dir, line + sizeof(mark) - 1);
	if (lists->nable)
		qsort(lists->able, lists->nable, sizeof(*lists->able), compare_strings);
	return err;
}

bool kallmod_thick_lists_able(const struct kallmod_thick_lists *lists, const char *object)
{
	return lists->nable && bsearch(&object, lists->able, lists->nable, sizeof(object),
				       compare_strings);
}

/* ---- the top Makefile ------------------------------------------------------------------ */

/* "core-y :=", "drivers-$(CONFIG_PCI) +=": the length of what is before the list, or 0. */
static size_t list_begins(const char *line)
{
	static const char *const names[] = {"init-", "core-", "drivers-", "net-", "libs-", "virt-"};
	const char *at = line;

	for (size_t i = 0; at == line && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			at += strlen(names[i]);
	if (at == line)
		return 0;
	if (!strncmp(at, "$(CONFIG_", 9)) {
		for (at += 9; isalnum((unsigned char)*at) || *at == '_'; at++)
			;
		if (*at++ != ')')
			return 0;
	} else if (*at++ != 'y') {
		return 0;
	}
	at += strspn(at, " \t");
	at += *at == ':' || *at == '+';
	return *at == '=' ? at + 1 - line : 0;
}

/* Nothing but directories, as far as a comment. */
static size_t list_length(const char *list)
{
	size_t length = 0;

	while (isalnum((unsigned char)list[length]) ||
	       (list[length] && strchr("_./- \t", list[length])))
		length++;
	return list[length] == '#' || list[length] == '\n' || !list[length] ? length : 0;
}

void kallmod_thick_extract(const char *text, FILE *file)
{
	while (*text) {
		const char *line = text + strspn(text, " \t");
		size_t length = list_begins(line);
		size_t list = length ? list_length(line + length) : 0;

		if (list)
			fprintf(file, "%.*s\n", (int)(length + list), line);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}
