// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "objmods_priv.h"

int objmods_object(struct kallmod_objmods *objmods, const char *object, size_t length,
		   uint32_t *ret)
{
	size_t known = objmods->objects.count;
	int err = kallmod_strtab_add(&objmods->objects, object, length, ret);

	if (err || objmods->objects.count == known)
		return err;
	if (known == objmods->answer_capacity) {
		size_t capacity = known ? 2 * known : 4096;
		uint32_t *answers = realloc(objmods->answers, capacity * sizeof(*answers));

		if (!answers)
			return -ENOMEM;
		objmods->answers = answers;
		objmods->answer_capacity = capacity;
	}
	objmods->answers[known] = OBJMODS_OPEN;
	return 0;
}

/* Names that can stand in a line of modules.builtin.ranges. */
static bool are_names(const char *modules)
{
	char before = ' ';

	for (; *modules; before = *modules++)
		if ((unsigned char)*modules < ' ' || *modules == '=' || *modules == 0x7f ||
		    (*modules == ' ' && before == ' '))
			return false;
	return before != ' ';
}

int objmods_modules(struct kallmod_objmods *objmods, char *modfile, uint32_t *ret)
{
	size_t length = strlen(modfile);
	char *to = modfile, *word = modfile;

	*ret = 0;
	if (!memchr(modfile, ' ', length) &&
	    kallmod_strtab_find(&objmods->builtin, modfile, length) == KALLMOD_STRTAB_NONE)
		return 0;
	for (const char *from = modfile; *from; from++) {
		if (*from == '/') {
			to = word;
			continue;
		}
		*to++ = *from == '-' ? '_' : *from;
		if (*from == ' ')
			word = to;
	}
	*to = '\0';
	if (!are_names(modfile))
		return -EINVAL;
	return kallmod_strtab_add(&objmods->modules, modfile, to - modfile, ret);
}

/* Nothing says what a library's members or a file beside the tree's directories belong to. */
static bool may_be_known(const char *object)
{
	const char *slash = strrchr(object, '/');

	return slash && slash[1];
}

/* An object that is asked for the first time. */
static int look_up(struct kallmod_objmods *objmods, uint32_t number)
{
	const char *object = objmods->objects.strings[number];
	uint32_t answer = objmods->answers[number];
	int err = 0;

	if (answer == OBJMODS_OPEN) {
		answer = 0;
		err = objmods->tree_fd < 0 ? -ENOENT :
					     objmods_read_cmd(objmods, object, &answer);
	}
	if (err && err != -ENOENT)
		return err;
	objmods->answers[number] = answer & ~OBJMODS_NEW;
	if (strchr(object, '('))
		return 0;
	objmods->asked++;
	if (err && !objmods->unknown++)
		objmods->first_unknown = number;
	return 0;
}

int kallmod_objmods_find(struct kallmod_objmods *objmods, const char *object,
			 const char **modules_ret)
{
	uint32_t number;
	int err;

	*modules_ret = objmods->modules.strings[0];
	if (!may_be_known(object))
		return 0;
	err = objmods_object(objmods, object, strlen(object), &number);
	if (err)
		return kallmod_fail(objmods->ctx, err, "out of memory");
	if (objmods->answers[number] & OBJMODS_NEW) {
		err = look_up(objmods, number);
		if (err)
			return err;
	}
	*modules_ret = objmods->modules.strings[objmods->answers[number]];
	return 0;
}

struct kallmod_objmods_counts kallmod_objmods_counts(const struct kallmod_objmods *objmods)
{
	struct kallmod_objmods_counts counts = {
		.modules = objmods->builtin.count,
		.objects = objmods->asked,
		.unknown = objmods->unknown,
		.path = objmods->path,
	};

	if (counts.unknown)
		counts.first_unknown = objmods->objects.strings[objmods->first_unknown];
	return counts;
}

static int read_answers(struct kallmod_objmods *objmods,
			const struct kallmod_objmods_paths *paths)
{
	if (paths->list)
		return objmods_read_list(objmods, paths->list);
	objmods->tree_fd = open(paths->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return objmods->tree_fd < 0 ? kallmod_file_fail(objmods->ctx, paths->tree, -errno) : 0;
}

int kallmod_objmods_open(struct kallmod_ctx *ctx, const struct kallmod_objmods_paths *paths,
			 struct kallmod_objmods **ret)
{
	cleanup_objmods struct kallmod_objmods *objmods = calloc(1, sizeof(*objmods));
	uint32_t none;
	int err;

	if (!objmods)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	objmods->ctx = ctx;
	objmods->tree_fd = -1;
	objmods->path = strdup(paths->list ? paths->list : paths->tree);
	if (!objmods->path || kallmod_strtab_add(&objmods->modules, "", 0, &none))
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	err = objmods_read_builtin(objmods, paths->builtin);
	if (!err)
		err = read_answers(objmods, paths);
	if (!err)
		*ret = cleanup_take(objmods);
	return err;
}

void kallmod_objmods_close(struct kallmod_objmods *objmods)
{
	if (!objmods)
		return;
	kallmod_strtab_deinit(&objmods->builtin);
	kallmod_strtab_deinit(&objmods->modules);
	kallmod_strtab_deinit(&objmods->objects);
	kallmod_cleanup_fd(&objmods->tree_fd);
	free(objmods->answers);
	free(objmods->buffer);
	free(objmods->path);
	free(objmods);
}

void kallmod_objmods_cleanup(struct kallmod_objmods **objmods)
{
	kallmod_objmods_close(*objmods);
}
