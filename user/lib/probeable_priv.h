/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The parts of probeable.c: the kernel's features, and its lists of functions. */
#ifndef KALLMOD_PROBEABLE_PRIV_H
#define KALLMOD_PROBEABLE_PRIV_H

#include "ctx.h"
#include "name_counts.h"
#include "probeable.h"

/* What this kernel has; each is NULL, or why not. */
struct kallmod_probe_features {
	const char *no_multi, *no_kprobe, *no_fentry;
	bool lockdown;
};
/* By symbols and files, not by versions. -ENOMEM. */
int kallmod_probe_features_find(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
				struct kallmod_probe_features *ret);

enum kallmod_traced {
	KALLMOD_TRACED_UNKNOWN, /* no list, or by its name it may be another one */
	KALLMOD_TRACED_YES,
	KALLMOD_TRACED_NO,
	KALLMOD_TRACED_LEFTOVER, /* of a weak function that lost; the kernel has disabled it */
};

/* ftrace's list of the functions that it can trace. */
struct kallmod_traced_place {
	uint64_t addr;
	bool leftover;
};
struct kallmod_traced_list {
	/* By addresses, sorted, where the kernel has available_filter_functions_addrs. */
	struct kallmod_traced_place *places;
	size_t count, capacity;
	/* Else by names. Neither: there is no list. */
	struct kallmod_name_counts *names;
	bool denied; /* there may be a list, but it is closed to us: lockdown, or no privilege */
};
#define KALLMOD_TRACED_LIST_EMPTY { .places = NULL }

/* Reads the list. Not there, or empty: 0, and no list. -ENOMEM, -EINVAL. */
int kallmod_traced_list_read(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			     struct kallmod_traced_list *list);
void kallmod_traced_list_deinit(struct kallmod_traced_list *list);
static inline bool kallmod_traced_list_known(const struct kallmod_traced_list *list)
{
	return list->count || list->names;
}
enum kallmod_traced kallmod_traced_list_find(const struct kallmod_traced_list *list,
					     const struct kallmod_symbols *symbols,
					     const struct kallmod_function *function);
/* Where no kprobe may be. */
struct kallmod_blacklist {
	struct kallmod_blacklist_range {
		uint64_t start, end; /* [start, end) */
	} *ranges; /* sorted by start */
	size_t count, capacity;
	uint64_t reach; /* the longest range */
};
#define KALLMOD_BLACKLIST_EMPTY { .ranges = NULL }
/* The kernel's list, where debugfs shows it, and sections that symbols enclose. -ENOMEM, -EINVAL. */
int kallmod_blacklist_read(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			   struct kallmod_blacklist *list);
void kallmod_blacklist_deinit(struct kallmod_blacklist *list);
bool kallmod_blacklist_has(const struct kallmod_blacklist *list, uint64_t addr);

#endif
