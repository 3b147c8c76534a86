// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The table as the kernel reads it, and what it costs. */
#include "slots.h"

static uint32_t search(const struct kallmod_bound *bounds, size_t n, uint64_t ip)
{
	uint32_t set = KALLMOD_SET_UNRESOLVED;

	for (size_t i = 0; i < n && bounds[i].start <= ip; i++)
		set = bounds[i].set;
	return set;
}

/* Not by the kernel's arithmetic, so that a comparison of the two says something. */
static uint32_t piece(const struct kallmod_leaf *leaf, uint64_t ip)
{
	unsigned int i = 0;

	while ((leaf->last[i / 4] >> i % 4 * 16 & 0xfff) < ip % KALLMOD_PAGE_BYTES)
		i++;
	return leaf->sets[-i % KALLMOD_LEAF_PIECES];
}

uint32_t kallmod_slots_find(const struct kallmod_slots *slots, uint64_t ip)
{
	const struct kallmod_table_config *config = slots->config;
	bool text = ip - config->text.base < config->text.size;
	uint64_t offset = ip - (text ? config->text.base : config->modules.base);
	uint64_t page = offset / KALLMOD_PAGE_BYTES;
	const struct kallmod_leaf *leaf;
	uint32_t entry;

	if (!text && offset >= config->modules.size)
		return KALLMOD_SET_UNRESOLVED;
	entry = text ? config->text_pages[page] : slots->chunks[page / 256].entries[page % 256];
	if (!(entry & KALLMOD_TABLE_LEAF))
		return entry;
	leaf = &slots->leaves[entry & ~KALLMOD_TABLE_LEAF];
	if (leaf->sets[0] == KALLMOD_SET_CROWDED)
		return search(&slots->bounds[leaf->last[0]], leaf->last[1], ip);
	return piece(leaf, ip);
}

/* Of leaves [from, to), what is not in config already. */
static size_t far_bytes(size_t from, size_t to)
{
	from = from < KALLMOD_NEAR_LEAVES ? KALLMOD_NEAR_LEAVES : from;
	return to > from ? (to - from) * sizeof(struct kallmod_leaf) : 0;
}

size_t kallmod_slots_text_bytes(const struct kallmod_slots *slots)
{
	return sizeof(*slots->config) + far_bytes(0, slots->first_module_leaf) +
	       slots->first_module_bound * sizeof(*slots->bounds);
}

size_t kallmod_slots_module_bytes(const struct kallmod_slots *slots)
{
	return slots->nchunks * sizeof(*slots->chunks) +
	       far_bytes(slots->first_module_leaf, slots->leaf_capacity) +
	       (slots->bound_capacity - slots->first_module_bound) * sizeof(*slots->bounds);
}
