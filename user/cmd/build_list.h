/* SPDX-License-Identifier: GPL-2.0-only */
/* The thick module list of a build: which objects of its maps belong to which module. */
#ifndef KALLMOD_BUILD_LIST_H
#define KALLMOD_BUILD_LIST_H

#include "objmods.h"

struct build_list_report {
	size_t modules, objects;
};

/*
 * Writes path, a modules_thick.builtin, of the pieces' objects and the modules of builtin, a
 * modules.builtin. Modules without an object in the maps have no line. A negative errno, with
 * its line in the context; then nothing is written.
 */
int build_list_write(struct kallmod_ctx *ctx, const struct kallmod_objmods *objmods,
		     const char *builtin, const char *path, struct build_list_report *ret);

#endif
