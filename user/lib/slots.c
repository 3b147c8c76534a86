// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "slots.h"

enum {
	MAX_CHUNKS = 0x8000,
	SPARE_LEAVES = 1024,  /* for BPF programs that come later: one page of code each */
	SPARE_BOUNDS = 8192,
};

#define X86_KERNEL_MAP 0xffffffff80000000ull
#define X86_MODULES_START 0xffffffffa0000000ull /* without KASLR; with it, 512 MiB later */
#define X86_MODULES_END 0xffffffffff000000ull

/*
 * A step function over addresses: from start on the set is set, until the next piece.
 * An area's pieces start at its base and cover it.
 */
struct piece {
	uint64_t start;
	uint32_t set;
};

struct pieces {
	struct piece *at;
	size_t n, capacity;
};

static int pieces_push(struct pieces *pieces, uint64_t start, uint32_t set)
{
	if (pieces->n && pieces->at[pieces->n - 1].set == set)
		return 0;
	if (pieces->n == pieces->capacity) {
		size_t capacity = pieces->capacity ? pieces->capacity * 2 : 1024;
		struct piece *at = reallocarray(pieces->at, capacity, sizeof(*at));

		if (!at)
			return -ENOMEM;
		pieces->at = at;
		pieces->capacity = capacity;
	}
	pieces->at[pieces->n++] = (struct piece){start, set};
	return 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t mark_set(const struct kallmod_mark *mark)
{
	static const uint32_t sets[] = {[KALLMOD_MARK_IRQ] = KALLMOD_SET_IRQ,
					[KALLMOD_MARK_IDLE] = KALLMOD_SET_IDLE,
					[KALLMOD_MARK_BOOT] = KALLMOD_SET_CORE};

	return sets[mark->kind];
}

/* The mark that holds pos, or NULL; *next_ret is lowered to where that answer ends. Marks are
 * some dozens, and asked for once per range: a scan will do. */
static const struct kallmod_mark *mark_at(const struct kallmod_map *map, uint64_t pos,
					  uint64_t *next_ret)
{
	const struct kallmod_mark *found = NULL;

	for (size_t i = 0; i < kallmod_map_mark_count(map); i++) {
		const struct kallmod_mark *mark = kallmod_map_mark(map, i);

		if (mark->start > pos) {
			*next_ret = min_u64(*next_ret, mark->start);
		} else if (mark->end > pos && !found) {
			found = mark;
			*next_ret = min_u64(*next_ret, mark->end);
		}
	}
	return found;
}

/* Index of the first range that ends after addr. */
static size_t first_range(const struct kallmod_map *map, uint64_t addr)
{
	size_t low = 0, high = kallmod_map_range_count(map);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kallmod_map_range(map, middle)->end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Cuts [start, end) into pieces: marks over ranges over fill. */
static int pieces_cut(struct pieces *pieces, const struct kallmod_map *map, uint64_t start,
		      uint64_t end, uint32_t fill)
{
	size_t i = first_range(map, start), n = kallmod_map_range_count(map);

	for (uint64_t pos = start, next; pos < end; pos = next) {
		const struct kallmod_range *range;
		const struct kallmod_mark *mark;
		uint32_t set = fill;

		next = end;
		while (i < n && kallmod_map_range(map, i)->end <= pos)
			i++;
		range = i < n ? kallmod_map_range(map, i) : NULL;
		if (range && range->start > pos) {
			next = min_u64(next, range->start);
		} else if (range) {
			next = min_u64(next, range->end);
			if (range->section != KALLMOD_SECTION_DATA)
				set = range->set;
		}
		mark = mark_at(map, pos, &next);
		if (mark)
			set = mark_set(mark);
		if (pieces_push(pieces, pos, set))
			return -ENOMEM;
	}
	return 0;
}

/* A walk over an area's pieces in address order. */
struct cursor {
	const struct pieces *pieces;
	size_t i; /* the piece that holds the last address asked for */
	uint64_t end;
};

static void cursor_seek(struct cursor *cursor, uint64_t addr)
{
	while (cursor->i + 1 < cursor->pieces->n &&
	       cursor->pieces->at[cursor->i + 1].start <= addr)
		cursor->i++;
}

static uint64_t cursor_piece_end(const struct cursor *cursor)
{
	return cursor->i + 1 < cursor->pieces->n ? cursor->pieces->at[cursor->i + 1].start :
						   cursor->end;
}

static uint32_t cursor_set(const struct cursor *cursor)
{
	return cursor->pieces->at[cursor->i].set;
}

/* One entry always stays free, for bounds_close(). */
static int bounds_push(struct kallmod_slots *slots, uint64_t start, uint32_t set, bool grow)
{
	if (slots->nbounds + 1 >= slots->bound_capacity) {
		size_t capacity = slots->bound_capacity ? slots->bound_capacity * 2 : 1024;
		struct kallmod_bound *bounds;

		if (!grow)
			return -ENOSPC;
		bounds = reallocarray(slots->bounds, capacity, sizeof(*bounds));
		if (!bounds)
			return -ENOMEM;
		slots->bounds = bounds;
		slots->bound_capacity = capacity;
	}
	slots->bounds[slots->nbounds++] = (struct kallmod_bound){.start = start, .set = set};
	return 0;
}

/* Ends an area's bounds: a search that begins before this entry stops at it. */
static int bounds_close(struct kallmod_slots *slots, bool grow)
{
	int err = bounds_push(slots, UINT64_MAX, KALLMOD_SET_UNRESOLVED, grow);

	if (err != -ENOSPC)
		return err;
	slots->bounds[slots->nbounds++] =
		(struct kallmod_bound){.start = UINT64_MAX, .set = KALLMOD_SET_UNRESOLVED};
	return 0;
}

/* Makes room for capacity chunks and their bounds' indexes; what is new is zero. */
static int resize_chunks(struct kallmod_slots *slots, size_t capacity)
{
	size_t old = slots->chunk_capacity;
	struct kallmod_chunk *chunks = reallocarray(slots->chunks, capacity, sizeof(*chunks));
	uint64_t *leaf_bounds;

	if (!chunks)
		return -ENOMEM;
	slots->chunks = chunks;
	leaf_bounds = reallocarray(slots->leaf_bounds, capacity, sizeof(*leaf_bounds));
	if (!leaf_bounds)
		return -ENOMEM;
	slots->leaf_bounds = leaf_bounds;
	memset(&chunks[old], 0, (capacity - old) * sizeof(*chunks));
	memset(&leaf_bounds[old], 0, (capacity - old) * sizeof(*leaf_bounds));
	slots->chunk_capacity = capacity;
	return 0;
}

static int chunk_add(struct kallmod_slots *slots, bool grow)
{
	if (slots->nchunks >= MAX_CHUNKS)
		return grow ? -E2BIG : -ENOSPC;
	if (slots->nchunks == slots->chunk_capacity) {
		if (!grow)
			return -ENOSPC;
		if (resize_chunks(slots, slots->chunk_capacity * 2))
			return -ENOMEM;
	}
	slots->leaf_bounds[slots->nchunks] = slots->nbounds;
	return (int)slots->nchunks++;
}

/* One slot of a leaf; its inner boundaries go to the bounds, which the leaf's begin at first. */
static int fill_slot(struct kallmod_slots *slots, uint16_t *entry, struct cursor *cursor,
		     uint64_t addr, bool grow, size_t first)
{
	uint64_t end = min_u64(addr + KALLMOD_SLOT_BYTES, cursor->end);
	int err = 0;

	cursor_seek(cursor, addr);
	if (cursor_piece_end(cursor) >= end) {
		*entry = cursor_set(cursor);
		return 0;
	}
	*entry = KALLMOD_TABLE_MIXED | (slots->nbounds - first);
	for (uint64_t pos = addr; pos < end && !err; pos = cursor_piece_end(cursor)) {
		cursor_seek(cursor, pos);
		err = bounds_push(slots, pos, cursor_set(cursor), grow);
	}
	return err;
}

/* The leaf of the page at addr: its number, or a negative errno. */
static int fill_leaf(struct kallmod_slots *slots, struct cursor *cursor, uint64_t addr,
		     bool grow)
{
	size_t nbounds = slots->nbounds;
	int leaf = chunk_add(slots, grow), err = 0;

	if (leaf < 0)
		return leaf;
	for (int i = 0; i < KALLMOD_PAGE_SLOTS; i++) {
		uint16_t *entry = &slots->chunks[leaf].entries[i];
		uint64_t slot = addr + (uint64_t)i * KALLMOD_SLOT_BYTES;

		*entry = KALLMOD_SET_UNRESOLVED;
		if (slot < cursor->end)
			err = fill_slot(slots, entry, cursor, slot, grow, nbounds);
		if (err) {
			slots->nchunks--;
			slots->nbounds = nbounds;
			return err;
		}
	}
	return leaf;
}

static uint16_t *page_entry(struct kallmod_slots *slots, const struct kallmod_table_area *area,
			    uint64_t page)
{
	if (area == &slots->config->text)
		return &slots->config->text_pages[page];
	return &slots->chunks[page / 256].entries[page % 256];
}

/* Writes an area's directory and adds its leaves and bounds. */
static int fill_area(struct kallmod_slots *slots, const struct kallmod_table_area *area,
		     const struct pieces *pieces, bool grow)
{
	struct cursor cursor = {.pieces = pieces, .end = area->base + area->size};

	for (uint64_t addr = area->base; addr < cursor.end; addr += KALLMOD_PAGE_BYTES) {
		uint64_t page = (addr - area->base) / KALLMOD_PAGE_BYTES;
		uint16_t entry;

		cursor_seek(&cursor, addr);
		if (cursor_piece_end(&cursor) >= min_u64(addr + KALLMOD_PAGE_BYTES, cursor.end)) {
			entry = cursor_set(&cursor);
		} else {
			int leaf = fill_leaf(slots, &cursor, addr, grow);

			if (leaf == -ENOSPC)
				slots->overflow_pages++;
			else if (leaf < 0)
				return leaf;
			entry = leaf < 0 ? KALLMOD_SET_UNRESOLVED : KALLMOD_TABLE_LEAF | leaf;
		}
		*page_entry(slots, area, page) = entry;
	}
	return 0;
}

static void text_span(const struct kallmod_map *map, uint64_t *start, uint64_t *end)
{
	*start = UINT64_MAX;
	*end = 0;
	for (size_t i = 0; i < kallmod_map_extent_count(map); i++) {
		enum kallmod_section section;
		uint64_t from, to;

		kallmod_map_extent(map, i, &from, &to, &section);
		if (section == KALLMOD_SECTION_DATA)
			continue;
		*start = min_u64(*start, from);
		*end = to > *end ? to : *end;
	}
	for (size_t i = 0; *end && i < kallmod_map_mark_count(map); i++) {
		const struct kallmod_mark *mark = kallmod_map_mark(map, i);

		if (mark->kind == KALLMOD_MARK_BOOT && mark->start >= *start)
			*end = mark->end > *end ? mark->end : *end;
	}
}

size_t kallmod_slots_module_chunks(const struct kallmod_slots *slots)
{
	return (slots->config->modules.size + KALLMOD_CHUNK_BYTES - 1) / KALLMOD_CHUNK_BYTES;
}

/*
 * x86_64 keeps modules in one fixed stretch above the kernel. arm64 puts them within 2 GiB
 * of the kernel, so that branches reach it. Text is asked for first, so overlap is harmless.
 */
static void module_area(struct kallmod_table_area *modules,
			const struct kallmod_table_area *text)
{
	if (text->base >= X86_KERNEL_MAP) {
		modules->base = X86_MODULES_START;
		modules->size = X86_MODULES_END - X86_MODULES_START;
	} else {
		modules->base = text->base - (2ull << 30);
		modules->size = (4ull << 30) + text->size;
	}
}

static int init_areas(struct kallmod_slots *slots, const struct kallmod_map *map, bool modules)
{
	struct kallmod_table_config *config = calloc(1, sizeof(*config));
	uint64_t start, end;

	slots->config = config;
	if (!config)
		return -ENOMEM;
	text_span(map, &start, &end);
	if (start >= end)
		return -EINVAL;
	config->text.base = start & ~(KALLMOD_CHUNK_BYTES - 1ull);
	config->text.size = end - config->text.base;
	if (config->text.size > KALLMOD_TEXT_MAX)
		return -E2BIG;
	if (modules)
		module_area(&config->modules, &config->text);
	slots->nchunks = kallmod_slots_module_chunks(slots);
	return resize_chunks(slots, slots->nchunks + 1024);
}

static int fill_text(struct kallmod_slots *slots, const struct kallmod_map *map)
{
	const struct kallmod_table_area *text = &slots->config->text;
	struct pieces pieces = {};
	int err = pieces_cut(&pieces, map, text->base, text->base + text->size,
			     KALLMOD_SET_CORE);

	if (!err)
		err = fill_area(slots, text, &pieces, true);
	if (!err)
		err = bounds_close(slots, true);
	free(pieces.at);
	slots->first_module_bound = slots->nbounds;
	slots->first_module_leaf = slots->nchunks;
	return err;
}

static int fill_modules(struct kallmod_slots *slots, const struct kallmod_map *map, bool grow)
{
	const struct kallmod_table_area *modules = &slots->config->modules;
	struct pieces pieces = {};
	int err = pieces_cut(&pieces, map, modules->base, modules->base + modules->size,
			     KALLMOD_SET_UNRESOLVED);

	slots->overflow_pages = 0;
	if (!err) {
		slots->nchunks = slots->first_module_leaf;
		slots->nbounds = slots->first_module_bound;
		err = fill_area(slots, modules, &pieces, grow);
		if (!err)
			err = bounds_close(slots, grow);
	}
	free(pieces.at);
	return err;
}

/* Room for what comes later, zeroed: the BPF maps get their size now. */
static int add_spare(struct kallmod_slots *slots)
{
	size_t bounds = slots->nbounds + SPARE_BOUNDS;
	void *new = reallocarray(slots->bounds, bounds, sizeof(*slots->bounds));

	if (!new)
		return -ENOMEM;
	slots->bounds = new;
	slots->bound_capacity = bounds;
	memset(&slots->bounds[slots->nbounds], 0,
	       (bounds - slots->nbounds) * sizeof(*slots->bounds));
	if (slots->chunk_capacity >= slots->nchunks + SPARE_LEAVES)
		return 0;
	return resize_chunks(slots, slots->nchunks + SPARE_LEAVES);
}

int kallmod_slots_init(struct kallmod_slots *slots, const struct kallmod_map *map, bool modules)
{
	int err;

	*slots = (struct kallmod_slots){};
	if (kallmod_map_set_count(map) > KALLMOD_SET_RESERVED)
		return -E2BIG;
	err = init_areas(slots, map, modules);
	if (!err)
		err = fill_text(slots, map);
	if (!err && modules)
		err = fill_modules(slots, map, true);
	if (!err && modules)
		err = add_spare(slots);
	if (err)
		kallmod_slots_deinit(slots);
	return err;
}

void kallmod_slots_deinit(struct kallmod_slots *slots)
{
	free(slots->config);
	free(slots->chunks);
	free(slots->leaf_bounds);
	free(slots->bounds);
	*slots = (struct kallmod_slots){};
}

int kallmod_slots_update(struct kallmod_slots *slots, const struct kallmod_map *map)
{
	return fill_modules(slots, map, false);
}
