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
	KALLMOD_SLOT_BYTES = 16,   /* of text, for one entry of a leaf */
	KALLMOD_PAGE_BYTES = 4096, /* for one entry of the directory, or a leaf */
	KALLMOD_PAGE_SLOTS = KALLMOD_PAGE_BYTES / KALLMOD_SLOT_BYTES,
	KALLMOD_CHUNK_BYTES = 256 * KALLMOD_PAGE_BYTES, /* for a chunk of the directory */
};

/*
 * Chunks stand in this order: module directory, text leaves, module leaves. The first and the
 * last group and the module bounds change after creation. The text's directory is in config.
 */
struct kallmod_slots {
	struct kallmod_table_config *config; /* owned; the gate is tables.c's */
	struct kallmod_chunk *chunks;
	size_t nchunks, chunk_capacity;
	size_t first_module_leaf; /* index into chunks */
	uint64_t *leaf_bounds;	  /* chunk_capacity; for leaves, index of their first bound */
	struct kallmod_bound *bounds;
	size_t nbounds, bound_capacity;
	size_t first_module_bound; /* index into bounds */
	size_t overflow_pages; /* module pages left unresolved for want of spare leaves */
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
 * table: pages that find no spare leaf resolve to KALLMOD_SET_UNRESOLVED and are counted in
 * overflow_pages. -ENOMEM leaves the table as it was.
 */
int kallmod_slots_update(struct kallmod_slots *slots, const struct kallmod_map *map);
/* The lookup of kallmod.bpf.h in C, marks included; for tests and for its own verification. */
uint32_t kallmod_slots_find(const struct kallmod_slots *slots, uint64_t ip);
/* Directory chunks of the module area: how many chunks stand before the first leaf. */
size_t kallmod_slots_module_chunks(const struct kallmod_slots *slots);
/* Bytes of the table that serve kernel text, and of those that serve the module area. */
size_t kallmod_slots_text_bytes(const struct kallmod_slots *slots);
size_t kallmod_slots_module_bytes(const struct kallmod_slots *slots);

#endif
