/* SPDX-License-Identifier: GPL-2.0-only */
/* kallmod signatures test. */
#ifndef KALLMOD_SIGTEST_H
#define KALLMOD_SIGTEST_H

#include <stdbool.h>

struct kallmod_ctx;

/*
 * Infers the map of a kernel that has exact ranges, once with all signatures and once with
 * each release family left out, and prints how right it was. -ENODATA: no exact ranges.
 */
int kallmod_sigtest(struct kallmod_ctx *ctx, bool json);

#endif
