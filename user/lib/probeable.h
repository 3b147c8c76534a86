/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What can probe a function of the running kernel, as far as that can be known beforehand. */
#ifndef KALLMOD_PROBEABLE_H
#define KALLMOD_PROBEABLE_H

#include "ctx.h"

struct kallmod_probeable;

/*
 * Finds out what the context's kernel can do and what it says of its functions, for those who
 * want to use mechanism, or the best. symbols are the context's. Where another kernel is worked
 * on, nothing is known and all functions will be KALLMOD_MECHANISM_UNKNOWN. Owned by the caller.
 * What is missing is no error. -ENOMEM, and -EINVAL for lists that are broken.
 */
int kallmod_probeable_create(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			     enum kallmod_mechanism mechanism, struct kallmod_probeable **ret);
void kallmod_probeable_destroy(struct kallmod_probeable *probeable);
/* Sets mechanism and reason of a function; the reason is a constant. */
void kallmod_probeable_judge(struct kallmod_probeable *probeable,
			     struct kallmod_function *function);

/*
 * Can any function of the context's kernel be probed, by mechanism or at all? 0, or -EOPNOTSUPP
 * or -EPERM (lockdown), and the error line is one sentence: what is missing, what still works.
 */
int kallmod_probe_possible(struct kallmod_ctx *ctx, enum kallmod_mechanism mechanism);

/*
 * Streams one of ftrace's lists, which are in ROOT/sys/kernel/tracing or …/debug/tracing: fn gets
 * each line's address (0 where the list has none), name and module, and its number from 1.
 * -ENOENT, -EPERM, -EACCES; -EINVAL.
 */
int kallmod_traced_stream(struct kallmod_ctx *ctx, bool addresses,
			  int (*fn)(void *arg, uint64_t addr, const char *name,
				    const char *module, size_t line),
			  void *arg);

#endif
