/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A modules.builtin.ranges on disk, and whose it is: the kernel's build's, or our own. */
#ifndef KALLMOD_RANGES_FILE_H
#define KALLMOD_RANGES_FILE_H

#include "ranges_sidecar.h"

enum kallmod_ranges_owner {
	KALLMOD_RANGES_KERNEL,	 /* there is no sidecar */
	KALLMOD_RANGES_REPLACED, /* the sidecar beside it is of another file: the kernel's, too */
	KALLMOD_RANGES_OURS,	 /* kallmod wrote it, and nobody has changed it */
};

struct kallmod_ranges_file {
	char *data; /* owned */
	size_t size;
	enum kallmod_ranges_owner owner;
	struct kallmod_sidecar sidecar; /* when it is ours */
};

#define KALLMOD_RANGES_FILE_EMPTY { .data = NULL }

/*
 * Reads path and path.kallmod, as they were at one moment. -ENOENT: no such file; -EINVAL: the
 * sidecar is there and cannot be read, so that nobody knows whose the file is.
 */
int kallmod_ranges_file_read(struct kallmod_ctx *ctx, const char *path,
			     struct kallmod_ranges_file *ret);
void kallmod_ranges_file_deinit(struct kallmod_ranges_file *file);
#define cleanup_ranges_file __attribute__((cleanup(kallmod_ranges_file_deinit)))

/* PATH.kallmod, malloc'ed; NULL: no memory. */
char *kallmod_sidecar_path(const char *path);
/* /lib/modules/RELEASE/modules.builtin.ranges below the root, malloc'ed. */
char *kallmod_ranges_path(struct kallmod_ctx *ctx);

#endif
