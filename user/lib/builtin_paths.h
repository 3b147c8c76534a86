/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The paths of a modules.builtin, as objects of the source tree, and which of them were met. */
#ifndef KALLMOD_BUILTIN_PATHS_H
#define KALLMOD_BUILTIN_PATHS_H

#include "ctx.h"

struct kallmod_builtin_paths {
	struct kallmod_builtin_path {
		char *object; /* owned; "net/unix/unix.o" of "kernel/net/unix/unix.ko" */
		size_t line; /* of the file, from 0; they are in the order of linking */
		bool met;
	} *paths; /* sorted, '-' and '_' being equal; each once */
	size_t n, capacity;
};

/* Releases what it holds and empties it. */
void kallmod_builtin_paths_deinit(struct kallmod_builtin_paths *paths);
#define cleanup_builtin_paths __attribute__((cleanup(kallmod_builtin_paths_deinit)))

/* Reads a file into paths, which is empty. -EINVAL: a line is no module's path; -ENOENT; -ENOMEM. */
int kallmod_builtin_paths_read(struct kallmod_ctx *ctx, const char *file,
			       struct kallmod_builtin_paths *paths);
/* Whether an object is in the list, '-' and '_' being equal; if so, it has been met now. */
bool kallmod_builtin_paths_meet(struct kallmod_builtin_paths *paths, const char *object);

#endif
