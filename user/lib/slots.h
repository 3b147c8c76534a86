/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The two-level slot table, in memory: a frozen map turned into what bpf/kallmod.bpf.h looks
 * up. Knows nothing of BPF maps; tables.c carries it there.
 */
#ifndef KALLMOD_SLOTS_H
#define KALLMOD_SLOTS_H

#include <linux/types.h>

#include "kallmod.h"
#include "kallmod_tables.h"

enum {
	KALLMOD_PAGE_BYTES = 4096, /* for one entry of the directory */
	KALLMOD_CHUNK_BYTES = 256 * KALLMOD_PAGE_BYTES, /* for a chunk of the directory */
};

/*
 * The text's directory is in config, the module area's in chunks. Leaves and bounds of the text
 * come first; those of modules, behind them, change after creation, as chunks do.
 */
struct kallmod_slots {
	struct kallmod_table_config *config; /* owned; the gate is tables.c's */
	struct kallmod_chunk *chunks;
	size_t nchunks;
	struct kallmod_leaf *leaves;
	size_t nleaves, leaf_capacity, first_module_leaf;
	struct kallmod_bound *bounds;
	size_t nbounds, bound_capacity, first_module_bound;
	size_t overflow_pages; /* module pages left unresolved for want of spare room */
};

/*
 * Builds the table of a frozen map. With modules, it has an area for loadable modules and
 * JIT-compiled code too, and spare leaves and bounds for their changes.
 * -E2BIG: more sets or leaves than 15 bits number; -ENOMEM; -EINVAL: no text in the map.
 */
int kallmod_slots_init(struct kallmod_slots *slots, const struct kallmod_map *map,
		       bool modules);
void kallmod_slots_deinit(struct kallmod_slots *slots);
/*
 * Rewrites the module area, in place, from a later generation of the map. Never grows the
 * table: pages that find no spare room resolve to KALLMOD_SET_UNRESOLVED and are counted in
 * overflow_pages. -ENOMEM leaves the table as it was.
 */
int kallmod_slots_update(struct kallmod_slots *slots, const struct kallmod_map *map);
/* The lookup of kallmod.bpf.h in C, marks included; for tests and for its own verification. */
uint32_t kallmod_slots_find(const struct kallmod_slots *slots, uint64_t ip);
/* Bytes of the table that serve kernel text, and of those that serve the module area. */
size_t kallmod_slots_text_bytes(const struct kallmod_slots *slots);
size_t kallmod_slots_module_bytes(const struct kallmod_slots *slots);

#endif
