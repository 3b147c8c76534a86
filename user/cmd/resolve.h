/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses to symbols and modules, for the commands that print them. */
#ifndef KALLMOD_RESOLVE_H
#define KALLMOD_RESOLVE_H

#include "kallmod.h"

struct kallmod_resolver {
	struct kallmod_map *map; /* owned */
	const struct kallmod_symbols *symbols; /* the context's */
};

/* Builds the map and reads the symbols. */
int kallmod_resolver_init(struct kallmod_resolver *resolver, struct kallmod_ctx *ctx);
void kallmod_resolver_deinit(struct kallmod_resolver *resolver);

struct kallmod_place {
	const char *symbol; /* NULL: none at or below the address, or the address is past all */
	uint64_t start, size; /* of the symbol; size up to the next one where it is not known */
	const char *module; /* "ext4", "a,b"; NULL: the core, or not known */
	const struct kallmod_range *range; /* NULL: in no range of the map */
};

/* addr may be anything. Strings belong to the resolver. */
void kallmod_resolve(const struct kallmod_resolver *resolver, uint64_t addr,
		     struct kallmod_place *ret);

#endif
