/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How often a name is there: who knows a function by its name alone may mean several. */
#ifndef KALLMOD_NAME_COUNTS_H
#define KALLMOD_NAME_COUNTS_H

#include "kallmod.h"

struct kallmod_name_counts;

/*
 * Counts the addresses of each name among the text symbols, which must outlive it; with by_module
 * each loadable module and the kernel itself by themselves, else all together. Owned by the
 * caller; -ENOMEM.
 */
int kallmod_name_counts_create(const struct kallmod_symbols *symbols, bool by_module,
			       struct kallmod_name_counts **ret);
void kallmod_name_counts_destroy(struct kallmod_name_counts *counts);

struct kallmod_name_count {
	const char *name;
	const char *module; /* NULL: the kernel itself, or all together */
	uint64_t last;	    /* the address that was counted last */
	uint32_t symbols;   /* addresses that have the name */
	uint32_t listed;    /* free for the caller to count in */
};
/* The count of a name (module NULL unless by_module), or NULL: no text symbol has it. */
struct kallmod_name_count *kallmod_name_counts_find(struct kallmod_name_counts *counts,
						    const char *name, const char *module);

#endif
