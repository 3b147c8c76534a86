/* SPDX-License-Identifier: GPL-2.0-only */
/* kallmod signatures test. */
#ifndef KALLMOD_SIGTEST_H
#define KALLMOD_SIGTEST_H

#include <stdbool.h>

struct kallmod_ctx;

enum kallmod_sigtest_format {
	KALLMOD_SIGTEST_TEXT,
	KALLMOD_SIGTEST_JSON,
	KALLMOD_SIGTEST_MODULES, /* text, with the modules that were not wholly right */
};

/*
 * Infers the map of a kernel whose modules another source knows (exact ranges, or debug information),
 * once with all signatures and once with each release family left out, and prints how right it was,
 * and how right what was said with some confidence. -ENODATA: nothing to compare with.
 */
int kallmod_sigtest(struct kallmod_ctx *ctx, enum kallmod_sigtest_format format);

#endif
