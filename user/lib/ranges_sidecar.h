/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * modules.builtin.ranges.kallmod: what kallmod writes beside a modules.builtin.ranges of its
 * own, whose format has no room for saying whose it is. See docs/formats.
 */
#ifndef KALLMOD_RANGES_SIDECAR_H
#define KALLMOD_RANGES_SIDECAR_H

#include "file.h"
#include "sha256.h"

#define KALLMOD_SIDECAR_SUFFIX ".kallmod"
#define KALLMOD_SIDECAR_MAGIC "kallmod modules.builtin.ranges 1"
#define KALLMOD_SIDECAR_BYTES_MAX ((size_t)16 << 20)
#define KALLMOD_SIGNATURES_PRINT 17 /* 16 digits and a NUL */

/* A range of the file, in its order. */
struct kallmod_sidecar_range {
	uint64_t start, end; /* offsets in its section */
	float confidence;
};

struct kallmod_sidecar {
	char sha256[KALLMOD_SHA256_HEX]; /* of the file beside it */
	char release[256], source[32], date[32], version[32];
	char signatures[KALLMOD_SIGNATURES_PRINT]; /* that it was inferred with, or "" */
	enum kallmod_trust trust;
	struct kallmod_sidecar_range *ranges; /* owned; none unless it is inferred */
	size_t count, capacity;
};

#define KALLMOD_SIDECAR_EMPTY { .ranges = NULL }

/* -EINVAL: no sidecar, or one of another version. */
int kallmod_sidecar_parse(struct kallmod_reader *reader, struct kallmod_sidecar *ret);
/* All but the ranges; write errors stay in out. */
void kallmod_sidecar_write_head(const struct kallmod_sidecar *sidecar, FILE *out);
/* A range, in the order of the file. */
void kallmod_sidecar_write_range(FILE *out, const char *section, uint64_t start, uint64_t end,
				 float confidence);
void kallmod_sidecar_deinit(struct kallmod_sidecar *sidecar);
#define cleanup_sidecar __attribute__((cleanup(kallmod_sidecar_deinit)))

/*
 * Tells the signatures at hand from others: by the names and sizes of their files, and what
 * is left out of them. "" where there are none.
 */
void kallmod_signatures_print(struct kallmod_ctx *ctx, char ret[KALLMOD_SIGNATURES_PRINT]);

#endif
