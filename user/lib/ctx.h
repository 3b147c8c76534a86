/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The context's inside: settings, paths, errors. For libkallmod's own files. */
#ifndef KALLMOD_CTX_H
#define KALLMOD_CTX_H

#include "kallmod.h"

/*
 * Records a one-line error ("FILE: what is wrong; what to do") and returns err, which is a
 * negative errno, so that callers write: return kallmod_fail(ctx, -EINVAL, "…").
 */
int kallmod_fail(struct kallmod_ctx *ctx, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Logs one line at level through the context's callback. */
void kallmod_log(struct kallmod_ctx *ctx, enum kallmod_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * ROOT + format, e.g. kallmod_path(ctx, "/lib/modules/%s/modules.builtin", release).
 * malloc'ed, owned by the caller; NULL when there is no memory.
 */
char *kallmod_path(struct kallmod_ctx *ctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The directory with signatures and lists of objects: as set, or the installed one. */
const char *kallmod_ctx_signatures(const struct kallmod_ctx *ctx);

/*
 * The caller works on text alone (a sampler): sources may leave data sections out, and so
 * need not read all of /proc/kallsyms.
 */
void kallmod_ctx_set_text_only(struct kallmod_ctx *ctx);
bool kallmod_ctx_text_only(const struct kallmod_ctx *ctx);
/*
 * The caller writes maps down: those of a running kernel, too, have what it freed after boot,
 * and a map that kallmod wrote down before is no source.
 */
void kallmod_ctx_set_export(struct kallmod_ctx *ctx);
bool kallmod_ctx_export(const struct kallmod_ctx *ctx);
/* True when .init.text and the like are left out, since their memory now has something else. */
bool kallmod_ctx_without_init(const struct kallmod_ctx *ctx);
/*
 * True when the kernel worked on is the one that ROOT/proc and ROOT/sys show: no kallsyms
 * and no image was set, and the release is that of ROOT/proc. Weaker than live, which is about this machine.
 */
bool kallmod_ctx_running(struct kallmod_ctx *ctx);
/*
 * The kernel image that KALLMOD_OPT_VMLINUX names, opened on first use and owned by the context.
 * -EINVAL where none is set or it is not there: it was asked for.
 */
struct kallmod_image;
int kallmod_ctx_image(struct kallmod_ctx *ctx, struct kallmod_image **ret);
/* Where the context keeps its symbols: all, or (text) what a text-only reading gave. */
struct kallmod_symbols **kallmod_ctx_symbols_slot(struct kallmod_ctx *ctx, bool text);

#endif
