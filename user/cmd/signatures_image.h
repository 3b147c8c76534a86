/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KALLMOD_SIGNATURES_IMAGE_H
#define KALLMOD_SIGNATURES_IMAGE_H

#include "sigfile.h"

/*
 * Adds the functions of a kernel image, those of its built-in modules and those of the kernel
 * proper, to the release of that number, whose name is release_name. What says where its modules
 * are: its debug information, or a modules.builtin.ranges beside it; modules.builtin is taken
 * from beside it too, or from modules/ there. from names the signatures' directory and gets the errors.
 */
int kallmod_signatures_add_image(struct kallmod_ctx *from, struct kallmod_sigbuilder *builder,
				 const char *path, int release, const char *release_name,
				 size_t *functions_ret);

#endif
