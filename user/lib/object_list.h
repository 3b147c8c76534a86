/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Object file → the modules that it belongs to, as a modules_thick.builtin says. */
#ifndef KALLMOD_OBJECT_LIST_H
#define KALLMOD_OBJECT_LIST_H

#include "thick.h"

struct kallmod_object_list {
	char *name; /* the file, for messages; owned */
	/* By object, then as in the file; one element of each for an object of a module; owned. */
	const char **objects;
	const char **modules; /* '_' for '-' */
	size_t count;
	struct kallmod_thick thick; /* where the strings are; its modules' names are cut short */
};

/*
 * Reads what says which objects a module of the context's kernel has: /lib/modules/RELEASE/
 * modules_thick.builtin, else, of the *.thick files beside the signatures, that of the version
 * next to the release's. Where a modules.builtin is known, modules that cannot be built in are
 * left out, and those that only it has are of one object. Released with _deinit(). -ENOENT:
 * there is none; -EINVAL: torn.
 */
int kallmod_object_list_open(struct kallmod_ctx *ctx, struct kallmod_object_list *ret);
/* The list of thick, which it takes over. -EINVAL: a module without a name; -ENOMEM. */
int kallmod_object_list_make(struct kallmod_ctx *ctx, const char *name, struct kallmod_thick *thick,
			     struct kallmod_object_list *ret);
void kallmod_object_list_deinit(struct kallmod_object_list *list);

/* The modules of an object ("fs/ext4/inode.o"): how many; *modules_ret is owned by the list. */
size_t kallmod_object_list_find(const struct kallmod_object_list *list, const char *object,
				const char *const **modules_ret);

#endif
