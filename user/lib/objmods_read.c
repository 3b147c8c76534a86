// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Lists: modules.builtin, objects with their KBUILD_MODFILE, modules_thick.builtin. */
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "modlist.h"
#include "objmods_priv.h"
#include "thick.h"

/* ---- modules.builtin ------------------------------------------------------------------ */

/* "kernel/fs/ext4/ext4.ko" is "fs/ext4/ext4". */
static int add_builtin(void *arg, char *line, size_t length)
{
	struct kallmod_objmods *objmods = arg;
	const char *place = kallmod_modlist_place(line);
	uint32_t number;

	return kallmod_strtab_add(&objmods->builtin, place, line + length - place, &number);
}

int objmods_read_builtin(struct kallmod_objmods *objmods, const char *path)
{
	return kallmod_modlist_read(
		objmods->ctx, path,
		"is not the path of a module; give the modules.builtin of the build", add_builtin,
		objmods);
}

/* ---- object list ---------------------------------------------------------------------- */

/* "fs/ext4/inode.o fs/ext4/ext4", any number of blanks between. */
static int add_line(struct kallmod_objmods *objmods, char *line)
{
	size_t length = strcspn(line, " \t");
	char *modfile = line + length + strspn(line + length, " \t");
	uint32_t number, answer;
	int err;

	if (!length)
		return -EINVAL;
	for (char *end = strchr(modfile, '\0'); end > modfile && end[-1] == ' ';)
		*--end = '\0';
	err = objmods_modules(objmods, modfile, &answer);
	if (!err)
		err = objmods_object(objmods, line, length, &number);
	if (!err)
		objmods->answers[number] = answer | OBJMODS_NEW;
	return err;
}

/* ---- modules_thick.builtin ------------------------------------------------------------ */

/* An object and one of its modules: "fs/ext4/inode.o" and "fs/ext4/ext4". */
struct pair {
	const char *object, *module;
	size_t length; /* of module */
};

/* Kbuild sorts the modules of an object by name. */
static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->object, b->object);

	return order ? order : strcmp(a->module, b->module);
}

/* All pairs of a list, sorted; *ret is malloc'ed. */
static int list_pairs(const struct kallmod_thick *thick, struct pair **ret, size_t *count_ret)
{
	struct pair *pairs;
	size_t count = 0, n = 0;

	for (size_t i = 0; i < thick->n; i++)
		count += thick->modules[i].n ? thick->modules[i].n : 1;
	pairs = calloc(count + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	for (size_t i = 0; i < thick->n; i++) {
		const struct kallmod_thick_module *module = &thick->modules[i];
		size_t length = strlen(module->name);

		length -= length > 2 && !strcmp(module->name + length - 2, ".o") ? 2 : 0;
		for (size_t j = 0; j < (module->n ? module->n : 1); j++)
			pairs[n++] =
				(struct pair){module->n ? module->objects[j] : module->name,
					      module->name, length};
	}
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	*ret = pairs;
	*count_ret = count;
	return 0;
}

/* One object: the pairs from the first on that are of it; how many, or an error. */
static ssize_t add_pairs(struct kallmod_objmods *objmods, const struct pair *pairs,
			 size_t left)
{
	cleanup_free char *modfile = NULL;
	uint32_t number, answer;
	size_t size, n = 0;
	FILE *to = open_memstream(&modfile, &size);
	int err;

	if (!to)
		return -ENOMEM;
	for (; n < left && !strcmp(pairs[n].object, pairs[0].object); n++)
		if (!n || strcmp(pairs[n].module, pairs[n - 1].module))
			fprintf(to, "%s%.*s", n ? " " : "", (int)pairs[n].length,
				pairs[n].module);
	if (fclose(to))
		return -ENOMEM;
	err = objmods_modules(objmods, modfile, &answer);
	if (!err)
		err = objmods_object(objmods, pairs[0].object, strlen(pairs[0].object),
				     &number);
	if (err)
		return err;
	objmods->answers[number] = answer | OBJMODS_NEW;
	return n;
}

static int read_thick(struct kallmod_objmods *objmods, const char *path)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	cleanup_free struct pair *pairs = NULL;
	int err = kallmod_thick_read(objmods->ctx, path, &thick);
	size_t count;
	ssize_t n;

	if (err)
		return err;
	objmods->thick = true;
	err = list_pairs(&thick, &pairs, &count);
	if (err)
		return kallmod_fail(objmods->ctx, err, "out of memory");
	for (size_t i = 0; i < count; i += n) {
		n = add_pairs(objmods, pairs + i, count - i);
		if (n == -EINVAL)
			return kallmod_fail(
				objmods->ctx, n,
				"%s: the modules of %s have names that no module can have; make the list again",
				path, pairs[i].object);
		if (n < 0)
			return kallmod_fail(objmods->ctx, n, "out of memory");
	}
	return 0;
}

/* ---- either ---------------------------------------------------------------------------- */

/* "fs/ext4/ext4.o: fs/ext4/inode.o …" */
static bool is_thick(const char *line)
{
	size_t length = strcspn(line, " \t");

	return length && line[length - 1] == ':';
}

int objmods_read_list(struct kallmod_objmods *objmods, const char *path)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, objmods->ctx, path), got;
	size_t length;
	char *line;

	if (err)
		return err == -ENOMEM ? kallmod_fail(objmods->ctx, err, "out of memory") : err;
	while ((got = kallmod_reader_line(&reader, &line, &length)) > 0) {
		if (reader.line == 1 && is_thick(line))
			return read_thick(objmods, path);
		err = add_line(objmods, line);
		if (err == -EINVAL)
			return kallmod_reader_fail(
				&reader, err,
				"is not 'OBJECT KBUILD_MODFILE'; write a line for each object");
		if (err)
			return kallmod_fail(objmods->ctx, err, "out of memory");
	}
	return got;
}
