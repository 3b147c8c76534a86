/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Inside of a set of signature files. */
#ifndef KALLMOD_SIGSET_PRIV_H
#define KALLMOD_SIGSET_PRIV_H

#include "builtin_paths.h"
#include "sig_initcalls.h"
#include "sigfile.h"
#include "sigset.h"
#include "symbols.h"

/*
 * An object of the kernel proper, in releases, that a module of the modules.builtin at hand has: by
 * its name or its initcalls (sure), or where there is no other place for that module.
 */
struct kallmod_sigset_claim {
	uint16_t module; /* KALLMOD_SIGSET_CORE: no module's */
	uint16_t releases;
	bool sure;
};

/* A file, and what of it is in use. */
struct kallmod_sigset_member {
	struct kallmod_sigfile file;
	uint16_t *modules; /* the file's module number -> the set's */
	struct kallmod_sigset_claim *claims; /* by object; NULL: no modules.builtin */
	uint32_t releases; /* mask of those that are not left out */
	uint32_t own;	   /* mask of those of the architecture at hand */
	uint16_t far[KALLMOD_SIG_MAX_RELEASES]; /* distance to the kernel at hand */
};

struct kallmod_sigset_module {
	const char *name; /* in a member's file, or of builtin_names */
	bool allowed;
	size_t line; /* of the modules.builtin; SIZE_MAX: not listed */
	uint16_t far, lacking; /* of the nearest release that has it, and that has not */
	uint32_t functions, unique; /* names that it has; that nothing else has */
};

/* What the kernel says of its functions of a name. */
struct kallmod_sigset_told {
	uint32_t hash;	 /* of the function's name */
	uint16_t module; /* whose it is; KALLMOD_SIGSET_CORE: of no module that is known */
	bool sure;	 /* an initcall says so, and the function is there as such */
	uint8_t seen;	 /* of the first of a hash: how many functions of that name there are */
	const char *name, *function; /* KBUILD_MODNAME, and the function */
};

struct kallmod_sigset {
	struct kallmod_ctx *ctx;
	struct kallmod_sigset_member *members;
	size_t nmembers;
	struct kallmod_sigset_module *modules;
	size_t nmodules;
	struct kallmod_builtin_paths builtin; /* the modules.builtin at hand, if any */
	char **builtin_names; /* of these, the modules' names; owned */
	size_t nbuiltin;
	struct kallmod_sig_initcalls initcalls, messages; /* of the kernel at hand */
	struct kallmod_sigset_told *told; /* by hash; the surer ones first; owned */
	size_t ntold;
	uint8_t told_bits[UINT16_MAX / 8 + 1]; /* by the upper half of a hash: is anything told? */
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

/* The module of that name, or NULL. */
struct kallmod_sigset_module *kallmod_sigset_find_module(const struct kallmod_sigset *set,
							const char *name);

/* The distance of the nearest of the releases in the mask. */
uint16_t kallmod_sigset_nearest(const struct kallmod_sigset_member *member, uint32_t releases);

/* Reads the modules.builtin at hand, where there is one. */
int kallmod_sigset_read_builtin(struct kallmod_sigset *set);
void kallmod_sigset_free_builtin(struct kallmod_sigset *set);
/* With a modules.builtin no other module can be built in, and these have what is theirs. */
int kallmod_sigset_apply_builtin(struct kallmod_sigset *set);
/* Finds the claims of a file's objects. -ENOMEM. */
int kallmod_sigset_claim_objects(const struct kallmod_sigset *set,
				 struct kallmod_sigset_member *member);
/* Reads what the kernel says of its functions. -ENOMEM. */
int kallmod_sigset_read_told(struct kallmod_sigset *set, const struct kallmod_symbols *symbols);
void kallmod_sigset_free_told(struct kallmod_sigset *set);
/* Leaves of n hits of a name what agrees with it, in place; how many there are then. */
size_t kallmod_sigset_apply_told(const struct kallmod_sigset *set, uint32_t hash,
				 struct kallmod_sigset_hit *hits, size_t n);
/* What is loaded as a module is not built in. */
int kallmod_sigset_drop_loaded(struct kallmod_sigset *set);

#endif
