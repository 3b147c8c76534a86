/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The one interface behind which every source of module ranges stands. */
#ifndef KALLMOD_SOURCE_H
#define KALLMOD_SOURCE_H

#include "ctx.h"
#include "map.h"

struct kallmod_source {
	const char *name;
	enum kallmod_trust trust;
	bool merged;	    /* merged into every live map instead of competing */
	const char *advice; /* what makes it usable where it is absent */
	/*
	 * Adds this source's sets, ranges, extents and marks to an empty, unfrozen map
	 * (a merged source: to the map at hand). id is what ranges carry in .source.
	 * 0; -ENOENT or -ENODATA: not here, try the next; -EPERM/-EACCES: no privilege;
	 * anything else: here, and broken. All but 0 leave a line in kallmod_ctx_error().
	 * On success *why_ret is a malloc'ed line saying what was found.
	 */
	int (*load)(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret);
};

/* Best first; NULL-terminated. A range's .source is an index into this table. */
extern const struct kallmod_source *const kallmod_sources[];

extern const struct kallmod_source kallmod_source_kallmodsyms;
extern const struct kallmod_source kallmod_source_ranges;
extern const struct kallmod_source kallmod_source_tables;
extern const struct kallmod_source kallmod_source_objtree;
extern const struct kallmod_source kallmod_source_dwarf;
extern const struct kallmod_source kallmod_source_signatures;
extern const struct kallmod_source kallmod_source_modules;

/*
 * Adds to map what every source shares: the text extents and the marks (interrupt entries,
 * idle text), from symbols. Called by sources that have symbols at hand.
 */
int kallmod_source_add_landmarks(struct kallmod_ctx *ctx, struct kallmod_map *map,
				 const struct kallmod_symbols *symbols);
/* The section of the text extent that addr is in; false: it is in none that was added. */
bool kallmod_source_section(const struct kallmod_map *map, uint64_t addr, uint8_t *ret);

#endif
