/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* All signature files together: which modules may define a function of a name. */
#ifndef KALLMOD_SIGSET_H
#define KALLMOD_SIGSET_H

#include "ctx.h"

struct kallmod_sigset;

/* A module that defines a name. */
struct kallmod_sigset_hit {
	uint16_t module;
	bool nearest; /* in the release nearest to the kernel at hand too */
};

enum { KALLMOD_SIGSET_MAX_HITS = 32 }; /* a name that more modules have tells nothing */

/*
 * Opens every *.sig of the signatures directory, less the excluded releases and the modules
 * that cannot be built into this kernel: with a modules.builtin those that it does not list,
 * on the running kernel those that are loaded. -ENOENT: no files, or no release is left.
 */
int kallmod_sigset_open(struct kallmod_ctx *ctx, struct kallmod_sigset **ret);
void kallmod_sigset_close(struct kallmod_sigset *set);
/*
 * Modules that define a function of that raw name, at most KALLMOD_SIGSET_MAX_HITS of them;
 * returns how many there are in all.
 */
size_t kallmod_sigset_find(const struct kallmod_sigset *set, const char *name,
			   struct kallmod_sigset_hit *hits);
size_t kallmod_sigset_modules(const struct kallmod_sigset *set);
const char *kallmod_sigset_module(const struct kallmod_sigset *set, size_t module);
/* True when a modules.builtin said that this module is in the kernel. */
bool kallmod_sigset_listed(const struct kallmod_sigset *set, size_t module);
/* "6.1.0-56-amd64, 6.12.95…": the releases in use. */
const char *kallmod_sigset_releases(const struct kallmod_sigset *set);

#endif
