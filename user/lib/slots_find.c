// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The table as the kernel reads it, and what it costs. */
#include "slots.h"

static uint32_t search(const struct kallmod_slots *slots, size_t first, uint64_t ip)
{
	uint32_t set = KALLMOD_SET_UNRESOLVED;

	for (size_t i = first; i < slots->nbounds && slots->bounds[i].start <= ip; i++)
		set = slots->bounds[i].set;
	return set;
}

uint32_t kallmod_slots_find(const struct kallmod_slots *slots, uint64_t ip)
{
	const struct kallmod_table_config *config = slots->config;
	bool text = ip - config->text.base < config->text.size;
	uint64_t offset = ip - (text ? config->text.base : config->modules.base);
	uint32_t entry, leaf;

	if (!text && offset >= config->modules.size)
		return KALLMOD_SET_UNRESOLVED;
	entry = text ? config->text_pages[offset / KALLMOD_PAGE_BYTES] :
		       slots->chunks[offset / KALLMOD_CHUNK_BYTES].entries[offset / KALLMOD_PAGE_BYTES % 256];
	if (!(entry & KALLMOD_TABLE_LEAF))
		return entry;
	leaf = entry & ~KALLMOD_TABLE_LEAF;
	entry = slots->chunks[leaf].entries[ip / KALLMOD_SLOT_BYTES % 256];
	if (!(entry & KALLMOD_TABLE_MIXED))
		return entry;
	return search(slots, slots->leaf_bounds[leaf] + (entry & ~KALLMOD_TABLE_MIXED), ip);
}

/* What a leaf costs, with its entry in the list of first bounds. */
#define LEAF_BYTES (sizeof(struct kallmod_chunk) + sizeof(uint64_t))

size_t kallmod_slots_text_bytes(const struct kallmod_slots *slots)
{
	size_t leaves = slots->first_module_leaf - kallmod_slots_module_chunks(slots);

	return sizeof(*slots->config) + leaves * LEAF_BYTES +
	       slots->first_module_bound * sizeof(struct kallmod_bound);
}

size_t kallmod_slots_module_bytes(const struct kallmod_slots *slots)
{
	size_t leaves = slots->chunk_capacity - slots->first_module_leaf;

	if (!slots->config->modules.size)
		return 0;
	return (kallmod_slots_module_chunks(slots) + leaves) * LEAF_BYTES +
	       (slots->bound_capacity - slots->first_module_bound) *
		       sizeof(struct kallmod_bound);
}
