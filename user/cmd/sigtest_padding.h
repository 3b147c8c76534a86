/* SPDX-License-Identifier: GPL-2.0-only */
/* Padding behind functions, which is no error of inference. */
#ifndef KALLMOD_SIGTEST_PADDING_H
#define KALLMOD_SIGTEST_PADDING_H

#include "kallmod.h"

/*
 * How many bytes map gives to modules and truth to none, that are only what is behind a function:
 * where one has no size, it goes on to the next symbol, and truth ends it before. Such a byte is
 *
 * - in [symbol, next higher symbol) of a text symbol that begins in the same module set in truth,
 * - behind all that truth has of this set there,
 * - no more than 64 bytes behind: a truth that lacks the half of a function excuses nothing.
 *
 * symbols are those that map was made with.
 */
uint64_t kallmod_padding_bytes(const struct kallmod_map *truth, const struct kallmod_map *map,
			       const struct kallmod_symbols *symbols);

#endif
