/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are there whole or not at all: written beside their name, renamed at the end. */
#ifndef KALLMOD_SAVEFILE_H
#define KALLMOD_SAVEFILE_H

#include "kallmod.h"

struct kallmod_savefile {
	struct kallmod_ctx *ctx;
	FILE *file;	/* write here; errors may be left for kallmod_savefile_check() */
	char *path;	/* owned; what messages name */
	char *partial;	/* owned; what is written until the end; NULL: path itself */
};

#define KALLMOD_SAVEFILE_EMPTY { .file = NULL }

/*
 * Opens path for writing; "-" is standard output. Devices and pipes are written in place.
 * What is made is for its owner alone: recordings hold kernel addresses.
 */
int kallmod_savefile_open(struct kallmod_savefile *save, struct kallmod_ctx *ctx,
			  const char *path);
/* What is not secret: as umask has it, before it gets its name. */
void kallmod_savefile_open_to_all(const struct kallmod_savefile *save);
/* 0, or the error of a write so far. */
int kallmod_savefile_check(struct kallmod_savefile *save);
/* Gives the file its name. On failure nothing is left. */
int kallmod_savefile_commit(struct kallmod_savefile *save);
/* Whether a file of this name is a part of base, left when whoever wrote it was killed. */
bool kallmod_savefile_is_partial(const char *name, const char *base);
/* Removes what was not committed and releases the rest. */
void kallmod_savefile_close(struct kallmod_savefile *save);

#define cleanup_savefile __attribute__((cleanup(kallmod_savefile_close)))

#endif
