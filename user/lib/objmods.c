// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "module_names.h"
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
		*to++ = kallmod_module_letter(*from);
		if (*from == ' ')
			word = to;
	}
	*to = '\0';
	if (!are_names(modfile))
		return -EINVAL;
	return kallmod_strtab_add(&objmods->modules, modfile, to - modfile, ret);
}

/* Nothing says what a file beside the tree's directories belongs to. */
static bool may_be_known(const char *object)
{
	const char *slash = strrchr(object, '/');

	return slash && slash[1];
}

/* Members of libraries have no .cmd file, and nobody misses them. */
static void count(struct kallmod_objmods *objmods, uint32_t number, bool known)
{
	if (strchr(objmods->objects.strings[number], '('))
		return;
	objmods->asked++;
	if (!known && !objmods->unknown++)
		objmods->first_unknown = number;
}

/* An object that is asked for the first time. */
static int look_up(struct kallmod_objmods *objmods, uint32_t number)
{
	bool known = objmods->answers[number] != OBJMODS_OPEN;

	if (objmods->answers[number] == OBJMODS_EXPECTED) {
		objmods->answers[number] = 0;
		return 0;
	}
	if (!known && objmods->cmds) {
		objmods->answers[number] = 0;
		return objmods_cmds_ask(objmods->cmds, objmods->objects.strings[number],
					number);
	}
	objmods->answers[number] = known ? objmods->answers[number] & ~OBJMODS_NEW : 0;
	count(objmods, number, known || objmods->thick);
	return 0;
}

/* In a section the objects come in the same order, but for those that have nothing in it. */
static uint32_t find(struct kallmod_objmods *objmods, const char *object, size_t length)
{
	const struct kallmod_strtab *objects = &objmods->objects;

	for (size_t i = objmods->recent; i < objmods->recent + 4ul && i < objects->count; i++)
		if (!strcmp(objects->strings[i], object))
			return i;
	return kallmod_strtab_find(objects, object, length);
}

int kallmod_objmods_ask(struct kallmod_objmods *objmods, const char *object, uint32_t *ret)
{
	size_t length = strlen(object);
	uint32_t number = find(objmods, object, length);
	bool asked = number != KALLMOD_STRTAB_NONE &&
		     !(objmods->answers[number] & OBJMODS_NEW);
	int err = 0;

	*ret = asked ? number : KALLMOD_OBJMODS_NONE;
	if (number != KALLMOD_STRTAB_NONE)
		objmods->recent = number;
	if (asked || !may_be_known(object))
		return 0;
	err = objmods_object(objmods, object, length, ret);
	if (!err && objmods->answers[*ret] & OBJMODS_NEW)
		err = look_up(objmods, *ret);
	return err ? kallmod_fail(objmods->ctx, err, "out of memory") : 0;
}

int kallmod_objmods_expect(struct kallmod_objmods *objmods, const char *object, size_t length)
{
	const char *slash = memrchr(object, '/', length);
	uint32_t number;
	int err;

	if (!objmods->cmds || !slash || slash + 1 == object + length)
		return 0;
	err = objmods_object(objmods, object, length, &number);
	if (err || objmods->answers[number] != OBJMODS_OPEN)
		return err;
	objmods->answers[number] = OBJMODS_EXPECTED;
	return objmods_cmds_ask(objmods->cmds, objmods->objects.strings[number], number);
}

static int answer(void *arg, const struct objmods_cmd *cmd)
{
	struct kallmod_objmods *objmods = arg;
	cleanup_free char *path = NULL;
	int err = cmd->err == -ENOENT ? 0 : cmd->err;

	if (objmods->answers[cmd->number] == OBJMODS_EXPECTED) {
		objmods->answers[cmd->number] = OBJMODS_OPEN;
		return 0;
	}
	count(objmods, cmd->number, !cmd->err);
	if (!err && cmd->modfile)
		err = objmods_modules(objmods, cmd->modfile, &objmods->answers[cmd->number]);
	if (!err)
		return 0;
	path = objmods_cmd_path(cmd->object);
	if (err == -ENOMEM || !path)
		return kallmod_fail(objmods->ctx, -ENOMEM, "out of memory");
	if (cmd->err)
		return kallmod_file_fail(objmods->ctx, path, err);
	return kallmod_fail(
		objmods->ctx, err,
		"%s/%s: KBUILD_MODFILE has a name that no module can have; build %s again",
		objmods->path, path, cmd->object);
}

int kallmod_objmods_settle(struct kallmod_objmods *objmods)
{
	return objmods->cmds ? objmods_cmds_answer(objmods->cmds, answer, objmods) : 0;
}

const char *kallmod_objmods_modules(const struct kallmod_objmods *objmods, uint32_t number)
{
	return objmods->modules
		.strings[number == KALLMOD_OBJMODS_NONE ? 0 : objmods->answers[number]];
}

const char *kallmod_objmods_object(const struct kallmod_objmods *objmods, uint32_t number)
{
	return number == KALLMOD_OBJMODS_NONE ? "" : objmods->objects.strings[number];
}

int kallmod_objmods_each(const struct kallmod_objmods *objmods,
			 int (*fn)(void *arg, const char *object, const char *modules),
			 void *arg)
{
	int err = 0;

	for (size_t i = 0; i < objmods->objects.count && !err; i++) {
		uint32_t answer = objmods->answers[i];

		if (answer && !(answer & OBJMODS_NEW))
			err = fn(arg, objmods->objects.strings[i],
				 objmods->modules.strings[answer]);
	}
	return err;
}

/* What was not asked for is not in the maps. */
static void count_listed(const struct kallmod_objmods *objmods,
			 struct kallmod_objmods_counts *counts)
{
	counts->thick = true;
	counts->objects = counts->unknown = 0;
	for (size_t i = 0; i < objmods->objects.count; i++) {
		bool new = objmods->answers[i] & OBJMODS_NEW;

		counts->objects += new || objmods->answers[i];
		if (new && !counts->unknown++)
			counts->first_unknown = objmods->objects.strings[i];
	}
}

struct kallmod_objmods_counts kallmod_objmods_counts(const struct kallmod_objmods *objmods)
{
	struct kallmod_objmods_counts counts = {
		.modules = objmods->builtin.count,
		.objects = objmods->asked,
		.unknown = objmods->unknown,
		.path = objmods->path,
	};

	if (objmods->thick)
		count_listed(objmods, &counts);
	else if (counts.unknown)
		counts.first_unknown = objmods->objects.strings[objmods->first_unknown];
	return counts;
}

static int read_answers(struct kallmod_objmods *objmods,
			const struct kallmod_objmods_paths *paths)
{
	if (paths->list)
		return objmods_read_list(objmods, paths->list);
	objmods->tree_fd = open(paths->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (objmods->tree_fd < 0)
		return kallmod_file_fail(objmods->ctx, paths->tree, -errno);
	if (objmods_cmds_create(objmods->tree_fd, &objmods->cmds))
		return kallmod_fail(objmods->ctx, -ENOMEM, "out of memory");
	return 0;
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
	objmods_cmds_destroy(objmods->cmds);
	kallmod_strtab_deinit(&objmods->builtin);
	kallmod_strtab_deinit(&objmods->modules);
	kallmod_strtab_deinit(&objmods->objects);
	kallmod_cleanup_fd(&objmods->tree_fd);
	free(objmods->answers);
	free(objmods->path);
	free(objmods);
}

void kallmod_objmods_cleanup(struct kallmod_objmods **objmods)
{
	kallmod_objmods_close(*objmods);
}
