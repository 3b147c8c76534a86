/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which configuration symbols of a kernel source tree are tristate, so that what they switch
 * could be a module. Read from its Kconfig files; nothing is run.
 */
#ifndef KALLMOD_TRISTATE_H
#define KALLMOD_TRISTATE_H

#include "ctx.h"

struct kallmod_tristate;

/*
 * Reads SRCTREE/Kconfig and every file that it sources, for the architecture whose directory
 * is arch/SRCARCH. Owned by the caller. -ENOENT: a file is missing; -EINVAL, -EFBIG.
 */
int kallmod_tristate_read(struct kallmod_ctx *ctx, const char *srctree, const char *srcarch,
			  struct kallmod_tristate **ret);
void kallmod_tristate_destroy(struct kallmod_tristate *tristate);
/* Names have no CONFIG_ ("EXT4_FS"), are sorted, and live as long as tristate. */
size_t kallmod_tristate_count(const struct kallmod_tristate *tristate);
const char *kallmod_tristate_name(const struct kallmod_tristate *tristate, size_t index);
bool kallmod_tristate_has(const struct kallmod_tristate *tristate, const char *name);

#endif
