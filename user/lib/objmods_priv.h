/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KALLMOD_OBJMODS_PRIV_H
#define KALLMOD_OBJMODS_PRIV_H

#include "objmods.h"
#include "objmods_cmd.h"
#include "strtab.h"

/*
 * Answers: a bit that says that nobody asked yet, what is looked for before anybody asked, and
 * what is not known yet.
 */
#define OBJMODS_NEW 0x80000000u
#define OBJMODS_EXPECTED (UINT32_MAX - 1)
#define OBJMODS_OPEN UINT32_MAX

struct kallmod_objmods {
	struct kallmod_ctx *ctx;
	struct kallmod_strtab builtin; /* "fs/ext4/ext4" */
	struct kallmod_strtab modules; /* "", "ext4", "liquidio liquidio_vf"; "" is 0 */
	struct kallmod_strtab objects;
	uint32_t *answers; /* by object: number in modules */
	size_t answer_capacity;
	char *path;
	int tree_fd;
	struct objmods_cmds *cmds; /* NULL: a list has all there is */
	bool thick; /* what the list does not have is no module's */
	uint32_t recent; /* that was asked for last: in a map the next one follows it */
	size_t asked, unknown;
	uint32_t first_unknown;
};

/* The number of an object, added where it is not there; its answer is then open. */
int objmods_object(struct kallmod_objmods *objmods, const char *object, size_t length,
		   uint32_t *ret);
/*
 * The modules that KBUILD_MODFILE stands for: directories go, '-' is '_', and a single name
 * has to be built in, for every object has one, of a module or not. Spoils modfile. -EINVAL:
 * names that no module can have.
 */
int objmods_modules(struct kallmod_objmods *objmods, char *modfile, uint32_t *ret);

int objmods_read_builtin(struct kallmod_objmods *objmods, const char *path);
int objmods_read_list(struct kallmod_objmods *objmods, const char *path);

#endif
