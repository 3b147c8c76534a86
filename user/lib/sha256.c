// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * liblzma, which unpacks modules for us, has SHA-256 as a check of its blocks and hands out the
 * value of a block that it made. A block that is not compressed costs a copy and the hash.
 */
#include <errno.h>
#include <lzma.h>
#include <stdint.h>
#include <stdio.h>

#include "cleanup.h"
#include "sha256.h"

int kallmod_sha256(const void *data, size_t size, char ret[KALLMOD_SHA256_HEX])
{
	lzma_block block = { .version = 0, .check = LZMA_CHECK_SHA256 };
	size_t bound = lzma_block_buffer_bound(size), used = 0;
	cleanup_free uint8_t *out = bound ? malloc(bound) : NULL;

	if (!lzma_check_is_supported(LZMA_CHECK_SHA256))
		return -ENOTSUP;
	if (!out || lzma_block_uncomp_encode(&block, data, size, out, &used, bound) != LZMA_OK)
		return -ENOMEM;
	for (size_t i = 0; i < (KALLMOD_SHA256_HEX - 1) / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", block.raw_check[i]);
	return 0;
}
