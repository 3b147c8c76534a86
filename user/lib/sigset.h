/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* All signature files together: which modules may define a function of a name. */
#ifndef KALLMOD_SIGSET_H
#define KALLMOD_SIGSET_H

#include "ctx.h"
#include "sigorder.h"

struct kallmod_sigset;

#define KALLMOD_SIGSET_CORE 0xffff

/* A module, or the kernel proper (KALLMOD_SIGSET_CORE), that defines a name. */
struct kallmod_sigset_hit {
	uint16_t module;
	uint16_t far; /* how far the nearest such release is from the kernel at hand */
	bool weak; /* a guess: the core has it there, the module may have it here */
	struct kallmod_sigplace place; /* where it is linked */
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
 * What defines a function of that raw name, in kernels of the architecture at hand where it
 * is known there, else in any; the kernel proper is one. At most KALLMOD_SIGSET_MAX_HITS of them;
 * returns how many there are in all. *hash_ret: of the name,
 * another one of what the compiler moved away from it.
 */
size_t kallmod_sigset_find(const struct kallmod_sigset *set, const char *name,
			   struct kallmod_sigset_hit *hits, uint32_t *hash_ret);
/* What one file of signatures says of a name. */
struct kallmod_sigset_fact {
	const char *module; /* that it counts for; NULL: the kernel proper */
	const char *object; /* of the kernel proper; NULL: a module has it */
	const char *newest, *oldest; /* releases that have it so, by version */
	size_t releases;	     /* how many do */
	bool allowed;		     /* the module can be built into this kernel */
};

/* Calls fn with all that is known of a raw name; for explanations, and not fast. */
void kallmod_sigset_each(const struct kallmod_sigset *set, const char *name,
			 void (*fn)(void *arg, const struct kallmod_sigset_fact *fact), void *arg);
/*
 * What the kernel at hand itself calls the module of its function of that raw name, by an
 * initcall or a debug message: it is what Kbuild would call it where it is none. NULL: nothing, or there are several.
 */
const char *kallmod_sigset_told_name(const struct kallmod_sigset *set, const char *name);
size_t kallmod_sigset_modules(const struct kallmod_sigset *set);
const char *kallmod_sigset_module(const struct kallmod_sigset *set, size_t module);
/*
 * Is no release in use near the kernel at hand, in time, or is it not known when that was? Then what
 * they say may have changed.
 */
bool kallmod_sigset_is_far(const struct kallmod_sigset *set);
/* How many names of functions the module has in all releases together, and of these alone. */
size_t kallmod_sigset_functions(const struct kallmod_sigset *set, size_t module);
size_t kallmod_sigset_unique(const struct kallmod_sigset *set, size_t module);
/* True when a release has it not that is at most half as far as those that have the module. */
bool kallmod_sigset_doubtful(const struct kallmod_sigset *set, size_t module);
/* True when a modules.builtin said that this module is in the kernel. */
bool kallmod_sigset_listed(const struct kallmod_sigset *set, size_t module);
/* Its line in that modules.builtin, from 0: these are in the order of linking. SIZE_MAX: none. */
size_t kallmod_sigset_line(const struct kallmod_sigset *set, size_t module);
/* "6.1.0-56-amd64, 6.12.95…": the releases in use. */
const char *kallmod_sigset_releases(const struct kallmod_sigset *set);
/* "14 releases, as a kernel like 6.12": how many are in use, and which version the kernel is like. */
const char *kallmod_sigset_summary(const struct kallmod_sigset *set);

#endif
