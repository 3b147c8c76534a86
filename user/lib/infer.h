/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Inference: which module each function of a kernel's text belongs to, from names and order. */
#ifndef KALLMOD_INFER_H
#define KALLMOD_INFER_H

#include "sigset.h"

enum { KALLMOD_INFER_SET = 4 }; /* modules that share an object, at most */

/* A run of neighbouring functions of one module, or of an object that several share: [start, end). */
struct kallmod_infer_run {
	uint64_t start, end;
	uint16_t modules[KALLMOD_INFER_SET]; /* of the set of signatures */
	uint16_t nmodules;
	float confidence;
};
#define KALLMOD_INFER_CORE KALLMOD_SIGSET_CORE

/*
 * Infers the runs of [start, end) from the text symbols there; fn gets each run of a module in
 * address order and returns 0 to go on. -ENODATA: the symbols tell nothing, and the line says why: too
 * many for a kernel, names that are hashed or stripped, functions in a random order. -ENOMEM.
 */
struct kallmod_infer;
int kallmod_infer_create(struct kallmod_ctx *ctx, const struct kallmod_sigset *set,
			 struct kallmod_infer **ret);
void kallmod_infer_destroy(struct kallmod_infer *infer);
int kallmod_infer_text(struct kallmod_infer *infer, const struct kallmod_symbols *symbols,
		       uint64_t start, uint64_t end,
		       int (*fn)(void *arg, const struct kallmod_infer_run *run), void *arg);

#endif
