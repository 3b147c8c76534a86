/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which modules an object of a kernel build belongs to, if they are built in. The build says
 * so in the first line of .OBJECT.o.cmd (docs/formats/kbuild-cmd.md); lists are read too.
 */
#ifndef KALLMOD_OBJMODS_H
#define KALLMOD_OBJMODS_H

#include "ctx.h"

struct kallmod_objmods;

struct kallmod_objmods_paths {
	const char *builtin; /* modules.builtin */
	const char *tree;    /* the directory that objects are relative to */
	/*
	 * Lines "OBJECT KBUILD_MODFILE", or a modules_thick.builtin, which is recognised.
	 * NULL: the tree's .cmd files are read.
	 */
	const char *list;
};

/* -ENOENT, -EINVAL, …: one of the files is not there, or not what it should be. */
int kallmod_objmods_open(struct kallmod_ctx *ctx, const struct kallmod_objmods_paths *paths,
			 struct kallmod_objmods **ret);
void kallmod_objmods_close(struct kallmod_objmods *objmods);

/* The number of what nothing says anything about: members of libraries, generated objects. */
#define KALLMOD_OBJMODS_NONE UINT32_MAX
/*
 * Asks for an object, whose answer kallmod_objmods_settle() brings. The same object has the
 * same number.
 */
int kallmod_objmods_ask(struct kallmod_objmods *objmods, const char *object, uint32_t *ret);
/*
 * The object may be asked for: its answer is looked for already. If nobody asks, what comes of
 * that does not count, and is no error. -ENOMEM.
 */
int kallmod_objmods_expect(struct kallmod_objmods *objmods, const char *object, size_t length);
/* Waits for all answers. -EACCES, -EIO, …: there is one, but it cannot be read; -EINVAL. */
int kallmod_objmods_settle(struct kallmod_objmods *objmods);
/*
 * The modules of an object that was settled, as modules.builtin.ranges has them, "ext4" or
 * "liquidio liquidio_vf", or "" for none. Equal modules are equal pointers; they live as long
 * as objmods. An object that nothing is known about has no modules.
 */
const char *kallmod_objmods_modules(const struct kallmod_objmods *objmods, uint32_t number);

/* The object's path in the tree; as long as objmods. "" for KALLMOD_OBJMODS_NONE. */
const char *kallmod_objmods_object(const struct kallmod_objmods *objmods, uint32_t number);

/*
 * Calls fn for each object that was asked for and has modules, once what was asked is settled.
 * What fn returns, unless it is 0, ends that and is returned.
 */
int kallmod_objmods_each(const struct kallmod_objmods *objmods,
			 int (*fn)(void *arg, const char *object, const char *modules),
			 void *arg);

struct kallmod_objmods_counts {
	size_t modules;		   /* in modules.builtin */
	size_t objects;		   /* asked for, each once; those of libraries do not count */
	size_t unknown;		   /* of these: no .cmd file, or not in the list */
	const char *first_unknown; /* NULL: none; owned by objmods */
	/*
	 * Of a thick list, which has the objects of modules only: those that were not asked
	 * for are unknown, of all in it.
	 */
	bool thick;
	const char *path; /* where the answers come from; owned by objmods */
};

struct kallmod_objmods_counts kallmod_objmods_counts(const struct kallmod_objmods *objmods);

void kallmod_objmods_cleanup(struct kallmod_objmods **objmods);
#define cleanup_objmods __attribute__((cleanup(kallmod_objmods_cleanup)))

#endif
