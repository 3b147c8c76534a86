/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What is read of Kbuild files: lines that make printed, and lists of the top Makefile. */
#ifndef KALLMOD_THICK_LISTS_H
#define KALLMOD_THICK_LISTS_H

#include "thick.h"

/* What one directory links in; paths are from the top of the tree. All zero: empty. */
struct kallmod_thick_lists {
	char **dirs; /* owned, each; without ".", ".." and the slash at the end */
	size_t ndirs, capacity;
	struct kallmod_thick objects; /* as if each were a module */
	char **able;		      /* owned, each, sorted; objects that can be modules */
	size_t nable, able_capacity;
	bool ended, none; /* of the lines "end" and "none" */
};

void kallmod_thick_lists_deinit(struct kallmod_thick_lists *lists);
/*
 * Adds what thick_makefile.h says is printed for the directory dir ("." for the top); output,
 * NUL-terminated, is written to. -EINVAL: a path leads out of the tree; -ENOMEM.
 */
int kallmod_thick_lists_take(struct kallmod_thick_lists *lists, const char *dir, char *output);
/* Whether an object is one that can be a module. */
bool kallmod_thick_lists_able(const struct kallmod_thick_lists *lists, const char *object);

/*
 * The lines of a top Makefile that list directories ("core-y += kernel/ mm/"), without what is
 * around them: that Makefile as a whole does more than list. text is NUL-terminated.
 */
void kallmod_thick_extract(const char *text, FILE *file);

#endif
