/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps read back from files: the text of `kallmod map`, and modules.builtin.ranges. */
#ifndef KALLMOD_MAPFILE_H
#define KALLMOD_MAPFILE_H

#include "file.h"

/* True when the file's first line looks like modules.builtin.ranges: it begins with a dot. */
int kallmod_mapfile_is_ranges(struct kallmod_ctx *ctx, const char *path, bool *ret);
/* Reads the text of `kallmod map` into a frozen map, owned by the caller. -EINVAL. */
int kallmod_mapfile_text(struct kallmod_reader *reader, struct kallmod_map **ret);
/*
 * Reads modules.builtin.ranges without symbols: every text section (.text, .init.text,
 * .exit.text) is put at an address of its own, the same for every file.
 */
int kallmod_mapfile_ranges(struct kallmod_reader *reader, struct kallmod_map **ret);

#endif
