/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Reads .OBJECT.o.cmd files, thousands of them, in a thread beside the one that asks: opening
 * them is as much work as reading the maps.
 */
#ifndef KALLMOD_OBJMODS_CMD_H
#define KALLMOD_OBJMODS_CMD_H

#include <stddef.h>
#include <stdint.h>

struct objmods_cmds;

/* Files below tree_fd, which stays the caller's and open. -ENOMEM. */
int objmods_cmds_create(int tree_fd, struct objmods_cmds **ret);
/* Waits for the thread. NULL is fine. */
void objmods_cmds_destroy(struct objmods_cmds *cmds);
/* Asks for an object, which has a slash and lives until the answer is there. -ENOMEM. */
int objmods_cmds_ask(struct objmods_cmds *cmds, const char *object, uint32_t number);

struct objmods_cmd {
	const char *object;
	uint32_t number;
	int err;       /* -ENOENT: there is no such file; else why it cannot be read */
	char *modfile; /* KBUILD_MODFILE; owned by cmds; NULL: the file has none */
};

/*
 * Waits until all is read, calls fn for each object in the order in which they were asked for,
 * and forgets them. What fn returns, unless it is 0, ends that and is returned.
 */
int objmods_cmds_answer(struct objmods_cmds *cmds,
			int (*fn)(void *arg, const struct objmods_cmd *cmd), void *arg);

/* The KBUILD_MODFILE in a command line, which is spoilt; NULL: it has none. */
char *objmods_cmd_modfile(char *line);
/* Where an object's .cmd file is; malloc'ed. */
char *objmods_cmd_path(const char *object);

#endif
