/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Inference: which module each function of a kernel's text belongs to, from names and order. */
#ifndef KALLMOD_INFER_H
#define KALLMOD_INFER_H

#include "sigset.h"

/* A run of neighbouring functions of one module, [start, end). */
struct kallmod_infer_run {
	uint64_t start, end;
	uint16_t module; /* of the set; KALLMOD_INFER_CORE: the kernel proper */
	float confidence;
};
#define KALLMOD_INFER_CORE 0xffff

/*
 * Infers the runs of [start, end) from the text symbols there; fn gets each run of a module in
 * address order and returns 0 to go on. -ENODATA: too few symbols to say anything. -ENOMEM.
 */
struct kallmod_infer;
int kallmod_infer_create(struct kallmod_ctx *ctx, const struct kallmod_sigset *set,
			 struct kallmod_infer **ret);
void kallmod_infer_destroy(struct kallmod_infer *infer);
int kallmod_infer_text(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
		       uint64_t start, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg);

#endif
