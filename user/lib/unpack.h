/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What kernel images are packed with: gzip, xz, zstd, lz4 (the legacy frame). */
#ifndef KALLMOD_UNPACK_H
#define KALLMOD_UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct kallmod_packing;

/* The packing that data begins with, or NULL. */
const struct kallmod_packing *kallmod_packing_find(const void *data, size_t size);
/* "gzip", "xz", "zstd" or "lz4". */
const char *kallmod_packing_name(const struct kallmod_packing *packing);

/*
 * Unpacks the first stream; what follows it (a size, padding, more kernel) is not looked at.
 * *ret is malloc'ed. -EINVAL: torn or damaged; -EFBIG: more than max bytes come out; -ENOMEM.
 */
int kallmod_unpack(const struct kallmod_packing *packing, const void *data, size_t size,
		   size_t max, uint8_t **ret, size_t *size_ret);

#endif
