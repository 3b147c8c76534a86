/* SPDX-License-Identifier: GPL-2.0-only */
/* kallmod build --thick: the thick module list of a source tree and a configuration. */
#ifndef KALLMOD_BUILD_THICK_H
#define KALLMOD_BUILD_THICK_H

#include "kallmod.h"

struct build_thick_options {
	const char *srctree;
	const char *config; /* NULL: SRCTREE/.config */
	const char *arch;   /* NULL: what the configuration is for */
	/*
	 * A file; or a directory, which gets modules_thick.builtin and tristate.conf; NULL and
	 * "-": standard output. What ends with a slash is a directory, and is made.
	 */
	const char *output;
	const char *builtin; /* a modules.builtin: what is in it is listed too; NULL */
};

/* 0 or a negative errno, with a line in the context. Nothing is written on failure. */
int build_thick_run(struct kallmod_ctx *ctx, const struct build_thick_options *options);

#endif
