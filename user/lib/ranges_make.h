/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Makes modules.builtin.ranges from the linker maps of a kernel build, byte for byte as
 * scripts/generate_builtin_ranges.awk of Linux 6.12 does.
 */
#ifndef KALLMOD_RANGES_MAKE_H
#define KALLMOD_RANGES_MAKE_H

#include <stdio.h>

#include "objmods.h"

struct kallmod_ranges_input {
	const char *map;   /* vmlinux.map */
	const char *o_map; /* vmlinux.o.map; read only where the last link took vmlinux.o */
	struct kallmod_objmods *objmods;
	/* Called now and then, unless it is NULL: done of total bytes of path are read. */
	void (*progress)(void *arg, const char *path, size_t done, size_t total);
	void *arg;
	/*
	 * Called, unless it is NULL, for each piece of an object that has a place in a section,
	 * in no order: [start, end), link-time addresses; the object and its modules, "" or blanks
	 * between them, live as long as objmods. 0, or a negative errno, which ends the work.
	 */
	int (*piece)(void *arg, uint64_t start, uint64_t end, const char *object,
		     const char *modules);
	void *piece_arg;
};

struct kallmod_ranges_report {
	size_t ranges, sections;
	bool lld;   /* whose maps they are; else GNU ld's */
	bool o_map; /* vmlinux.o.map was needed */
};

/*
 * Writes to out; write errors stay in it. -ENOENT: a map is not there; -EINVAL: it is torn, or
 * no map of a kernel, or not that of objmods' tree.
 */
int kallmod_ranges_make(struct kallmod_ctx *ctx, const struct kallmod_ranges_input *input,
			FILE *out, struct kallmod_ranges_report *ret);

#endif
