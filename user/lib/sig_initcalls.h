/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the symbols of initcalls tell: since 5.11 one is called
 * "__initcall__kmod_MODULE__COUNTER_LINE_FUNCTIONLEVEL", MODULE being what Kbuild would call the
 * module that the function's object belongs to (KBUILD_MODNAME), be it one or not.
 */
#ifndef KALLMOD_SIG_INITCALLS_H
#define KALLMOD_SIG_INITCALLS_H

#include "symbols.h"

struct kallmod_sig_initcall {
	char *module; /* owned */
	char *function; /* owned; which is called */
};

struct kallmod_sig_initcalls {
	struct kallmod_sig_initcall *at; /* by function, and then by module, each once; owned */
	size_t n, capacity;
};

/*
 * Splits the name of an initcall's symbol: *module_ret and *function_ret point into it, with
 * their lengths. False where it is another name.
 */
bool kallmod_sig_initcall_split(const char *name, const char **module_ret, size_t *module_length,
				const char **function_ret, size_t *function_length);
enum { KALLMOD_SIG_INITCALLS_MAX = 1 << 16 }; /* the largest kernels have some 6,000 */

/* Adds one, if there are no more than the most; a sort must follow. -ENOMEM. */
int kallmod_sig_initcalls_add(struct kallmod_sig_initcalls *initcalls, const char *module,
			      size_t module_length, const char *function,
			      size_t function_length);
/* In order, and each once. */
void kallmod_sig_initcalls_sort(struct kallmod_sig_initcalls *initcalls);
/* Reads those of a table, none where it has only functions. -ENOMEM. */
int kallmod_sig_initcalls_read(const struct kallmod_symbols *symbols,
			       struct kallmod_sig_initcalls *ret);
void kallmod_sig_initcalls_deinit(struct kallmod_sig_initcalls *initcalls);
/* Those that call a function of that raw name: several where several modules have one. */
const struct kallmod_sig_initcall *
kallmod_sig_initcalls_find(const struct kallmod_sig_initcalls *initcalls, const char *function,
			   size_t *n_ret);

#endif
