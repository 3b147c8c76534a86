/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Inside of a set of signature files. */
#ifndef KALLMOD_SIGSET_PRIV_H
#define KALLMOD_SIGSET_PRIV_H

#include "sigfile.h"
#include "sigset.h"
#include "symbols.h"

/* A file, and what of it is in use. */
struct kallmod_sigset_member {
	struct kallmod_sigfile file;
	uint16_t *modules; /* the file's module number -> the set's */
	uint32_t releases; /* mask of those that are not left out */
	uint32_t own;	   /* mask of those of the architecture at hand */
	uint16_t far[KALLMOD_SIG_MAX_RELEASES]; /* distance to the kernel at hand */
};

struct kallmod_sigset_module {
	const char *name; /* in a member's file */
	bool allowed, listed;
	uint16_t far, lacking; /* of the nearest release that has it, and that has not */
	uint32_t functions, unique; /* names that it has; that nothing else has */
};

struct kallmod_sigset {
	struct kallmod_ctx *ctx;
	struct kallmod_sigset_member *members;
	size_t nmembers;
	struct kallmod_sigset_module *modules;
	size_t nmodules;
	int version; /* that the kernel is like, as kallmod_sig_version() has it; 0: not known */
	size_t nreleases;
	char releases[1024];
	char summary[96];
};

/*
 * "6.12.95-…" as a place in time, in tenths of a minor version; 0: no version. A major version
 * is worth twenty minor ones: about what lay between 5.0 and 6.0, 6.0 and 7.0.
 */
int kallmod_sig_version(const char *release);
/* Finds out which version the kernel is like, and how far every release is from it. */
void kallmod_sigset_measure(struct kallmod_sigset *set, const struct kallmod_symbols *symbols);

#endif
