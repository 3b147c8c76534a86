// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build_list.h"
#include "cleanup.h"
#include "grow.h"
#include "modlist.h"
#include "module_names.h"
#include "savefile.h"
#include "thick.h"

/* An object of a module, by the module's name as the ranges have it ("snd_pcm"). */
struct member {
	const char *module;
	size_t length;
	const char *object;
};

struct members {
	struct member *at; /* owned */
	size_t n, capacity;
};

static void members_deinit(struct members *members)
{
	free(members->at);
}

static int compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	size_t shorter = x->length < y->length ? x->length : y->length;
	int order = memcmp(x->module, y->module, shorter);

	if (!order && x->length != y->length)
		order = x->length < y->length ? -1 : 1;
	return order ? order : strcmp(x->object, y->object);
}

static int add_members(void *arg, const char *object, const char *module)
{
	struct members *members = arg;

	while (*module) {
		size_t length = strcspn(module, " ");
		int err = kallmod_grow(&members->at, &members->capacity, members->n,
				       sizeof(*members->at));

		if (err)
			return err;
		members->at[members->n++] = (struct member){module, length, object};
		module += length;
		module += strspn(module, " ");
	}
	return 0;
}

static int collect(struct members *members, const struct kallmod_objmods *objmods)
{
	int err = kallmod_objmods_each(objmods, add_members, members);

	if (members->n)
		qsort(members->at, members->n, sizeof(*members->at), compare);
	return err;
}

/* The first member of a module, which is named by the length bytes of its path's last part. */
static size_t find_first(const struct members *members, const char *module, size_t length)
{
	const struct member wanted = {module, length, ""};
	size_t low = 0, high = members->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&members->at[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The objects of the module whose own object would be target ("fs/ext4/ext4.o"). */
static int add_module(struct kallmod_thick *thick, const struct members *members,
		      const char *target, const char *name, size_t length)
{
	size_t first = find_first(members, name, length), n = 0;
	const char *last = "";
	int err = 0;

	for (size_t i = first; !err && i < members->n; i++) {
		const struct member *member = &members->at[i];

		if (member->length != length || memcmp(member->module, name, length))
			break;
		if (!n++)
			err = kallmod_thick_add(thick, target, strlen(target));
		/* A module that is one object has none behind the colon. */
		if (!err && strcmp(member->object, last) && strcmp(member->object, target))
			err = kallmod_thick_add_object(thick, member->object,
						       strlen(member->object));
		last = member->object;
	}
	return err;
}

struct list {
	struct kallmod_thick *thick;
	const struct members *members;
};

/* A line of modules.builtin, "kernel/fs/ext4/ext4.ko"; it is written on. */
static int add_line(void *arg, char *line, size_t length)
{
	struct list *list = arg;
	cleanup_free char *path = strdup(line);
	const char *name;

	if (!path)
		return -ENOMEM;
	name = kallmod_module_name(path);
	if (!name)
		return -EINVAL;
	strcpy(line + length, ".o");
	return add_module(list->thick, list->members, kallmod_modlist_place(line), name,
			  strlen(name));
}

int build_list_write(struct kallmod_ctx *ctx, const struct kallmod_objmods *objmods,
		     const char *builtin, const char *path, struct build_list_report *ret)
{
	__attribute__((cleanup(members_deinit))) struct members members = {};
	cleanup_savefile struct kallmod_savefile save = KALLMOD_SAVEFILE_EMPTY;
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	struct build_list_report report = {};
	int err = collect(&members, objmods);

	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	err = kallmod_modlist_read(ctx, builtin, "is no module path; build the kernel again",
				   add_line, &(struct list){&thick, &members});
	if (!err)
		err = kallmod_savefile_open(&save, ctx, path);
	if (err)
		return err;
	kallmod_thick_write(&thick, save.file);
	for (size_t i = 0; i < thick.n; i++)
		report.objects += thick.modules[i].n ? thick.modules[i].n : 1;
	report.modules = thick.n;
	kallmod_savefile_open_to_all(&save);
	err = kallmod_savefile_commit(&save);
	if (!err)
		*ret = report;
	return err;
}
