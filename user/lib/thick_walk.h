/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The thick module list of a kernel that was not built: from its source tree and configuration,
 * by having make read the Kbuild files. Kbuild files can run programs, as in a kernel build.
 */
#ifndef KALLMOD_THICK_WALK_H
#define KALLMOD_THICK_WALK_H

#include "builtin_paths.h"
#include "thick.h"
#include "thick_config.h"
#include "tristate.h"

struct kallmod_thick_tree {
	const char *srctree, *srcarch;
	const struct kallmod_config *config;
	const struct kallmod_tristate *tristate;
	/* Called after each directory; false: stop, with -EINTR. May be NULL. */
	bool (*progress)(void *arg, size_t done, size_t known);
	void *arg;
	/*
	 * What is in it is listed too, though it is of no tristate symbol; what is found is met
	 * afterwards. NULL: none.
	 */
	struct kallmod_builtin_paths *builtin;
};

/*
 * Fills thick, which is empty, sorted by name. -EINVAL: a Kbuild file cannot be read; -ENOENT:
 * no make, no Kbuild file; -EINTR; -ETIMEDOUT.
 */
int kallmod_thick_walk(struct kallmod_ctx *ctx, const struct kallmod_thick_tree *tree,
		       struct kallmod_thick *thick);

#endif
