/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A kernel build tree: which of its files say where the built-in modules are. */
#ifndef KALLMOD_OBJTREE_H
#define KALLMOD_OBJTREE_H

#include "ranges_make.h"

struct kallmod_objtree {
	char *path;		     /* the directory */
	char *map, *o_map, *builtin; /* vmlinux.map, vmlinux.o.map, modules.builtin; owned */
	struct kallmod_objmods *objmods;
};

#define KALLMOD_OBJTREE_EMPTY { .path = NULL }

/*
 * Opens the tree. list names what has the modules of the objects (objmods.h); NULL: the
 * tree's .cmd files or, without these, its modules_thick.builtin. -ENOENT: the directory or a
 * file that every finished build has is not there; -EINVAL.
 */
int kallmod_objtree_open(struct kallmod_objtree *tree, struct kallmod_ctx *ctx,
			 const char *path, const char *list);
void kallmod_objtree_close(struct kallmod_objtree *tree);
/* What kallmod_ranges_make() is to work on; without progress. */
struct kallmod_ranges_input kallmod_objtree_input(const struct kallmod_objtree *tree);

#define cleanup_objtree __attribute__((cleanup(kallmod_objtree_close)))

#endif
