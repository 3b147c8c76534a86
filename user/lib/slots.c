// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "slots.h"

enum {
	MAX_LEAVES = 0x8000,
	SPARE_LEAVES = 4096, /* for modules and BPF programs that come later */
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

/* What is new is zero: the BPF maps get all of it. */
static int resize_bounds(struct kallmod_slots *slots, size_t capacity)
{
	size_t old = slots->bound_capacity;
	struct kallmod_bound *bounds = reallocarray(slots->bounds, capacity, sizeof(*bounds));

	if (!bounds)
		return -ENOMEM;
	if (capacity > old)
		memset(&bounds[old], 0, (capacity - old) * sizeof(*bounds));
	slots->bounds = bounds;
	slots->bound_capacity = capacity;
	return 0;
}

static int resize_leaves(struct kallmod_slots *slots, size_t capacity)
{
	size_t old = slots->leaf_capacity;
	struct kallmod_leaf *leaves = reallocarray(slots->leaves, capacity, sizeof(*leaves));

	if (!leaves)
		return -ENOMEM;
	if (capacity > old)
		memset(&leaves[old], 0, (capacity - old) * sizeof(*leaves));
	slots->leaves = leaves;
	slots->leaf_capacity = capacity;
	return 0;
}

static int bounds_push(struct kallmod_slots *slots, uint64_t start, uint32_t set, bool grow)
{
	if (slots->nbounds == slots->bound_capacity) {
		if (!grow)
			return -ENOSPC;
		if (resize_bounds(slots, slots->bound_capacity * 2 + 1024))
			return -ENOMEM;
	}
	slots->bounds[slots->nbounds++] = (struct kallmod_bound){.start = start, .set = set};
	return 0;
}

static int leaf_add(struct kallmod_slots *slots, bool grow)
{
	if (slots->nleaves >= MAX_LEAVES)
		return grow ? -E2BIG : -ENOSPC;
	if (slots->nleaves == slots->leaf_capacity) {
		if (!grow)
			return -ENOSPC;
		if (resize_leaves(slots, slots->leaf_capacity * 2 + 1024))
			return -ENOMEM;
	}
	return (int)slots->nleaves++;
}

/* The page's pieces, up to eight; returns how many there are, also when it is more. */
static unsigned int fill_pieces(struct kallmod_leaf *leaf, struct cursor cursor, uint64_t addr,
				uint64_t end)
{
	const uint64_t unused = 0x1fff * KALLMOD_LEAF_ONES;
	unsigned int n = 0;

	*leaf = (struct kallmod_leaf){.last = {unused, unused}};
	for (uint64_t pos = addr; pos < end; n++) {
		cursor_seek(&cursor, pos);
		pos = min_u64(cursor_piece_end(&cursor), end);
		if (n >= KALLMOD_LEAF_PIECES)
			continue;
		leaf->sets[-n % KALLMOD_LEAF_PIECES] = cursor_set(&cursor);
		if (pos < end)
			leaf->last[n / 4] ^= (0xfff ^ (pos - 1 - addr)) << n % 4 * 16;
	}
	return n;
}

static int fill_crowded(struct kallmod_slots *slots, struct kallmod_leaf *leaf,
			struct cursor cursor, uint64_t addr, uint64_t end, bool grow)
{
	size_t first = slots->nbounds;

	for (uint64_t pos = addr; pos < end; pos = cursor_piece_end(&cursor)) {
		int err;

		cursor_seek(&cursor, pos);
		err = bounds_push(slots, pos, cursor_set(&cursor), grow);
		if (err) {
			slots->nbounds = first;
			return err;
		}
	}
	*leaf = (struct kallmod_leaf){.last = {first, slots->nbounds - first}};
	for (int i = 0; i < KALLMOD_LEAF_PIECES; i++)
		leaf->sets[i] = KALLMOD_SET_CROWDED;
	return 0;
}

/* The leaf of the page at addr: its number, or a negative errno. */
static int fill_leaf(struct kallmod_slots *slots, const struct cursor *cursor, uint64_t addr,
		     bool grow)
{
	uint64_t end = min_u64(addr + KALLMOD_PAGE_BYTES, cursor->end);
	int number = leaf_add(slots, grow), err = 0;
	struct kallmod_leaf *leaf;

	if (number < 0)
		return number;
	leaf = &slots->leaves[number];
	if (fill_pieces(leaf, *cursor, addr, end) > KALLMOD_LEAF_PIECES)
		err = fill_crowded(slots, leaf, *cursor, addr, end, grow);
	if (err)
		slots->nleaves--;
	return err ? err : number;
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
	slots->nchunks = (config->modules.size + KALLMOD_CHUNK_BYTES - 1) / KALLMOD_CHUNK_BYTES;
	slots->chunks = calloc(slots->nchunks + 1, sizeof(*slots->chunks));
	return slots->chunks ? 0 : -ENOMEM;
}

static int fill_text(struct kallmod_slots *slots, const struct kallmod_map *map)
{
	const struct kallmod_table_area *text = &slots->config->text;
	struct pieces pieces = {};
	int err = pieces_cut(&pieces, map, text->base, text->base + text->size,
			     KALLMOD_SET_CORE);

	if (!err)
		err = fill_area(slots, text, &pieces, true);
	free(pieces.at);
	slots->first_module_bound = slots->nbounds;
	slots->first_module_leaf = slots->nleaves;
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
		slots->nleaves = slots->first_module_leaf;
		slots->nbounds = slots->first_module_bound;
		err = fill_area(slots, modules, &pieces, grow);
	}
	free(pieces.at);
	return err;
}

/* Room for what comes later: the BPF maps get their size now. */
static int set_room(struct kallmod_slots *slots, bool spare)
{
	size_t leaves = slots->nleaves + (spare ? SPARE_LEAVES : 0);

	if (leaves > MAX_LEAVES)
		leaves = MAX_LEAVES;
	if (resize_leaves(slots, leaves ? leaves : 1))
		return -ENOMEM;
	return resize_bounds(slots, slots->nbounds + (spare ? SPARE_BOUNDS : 1));
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
	if (!err)
		err = set_room(slots, modules);
	if (err)
		kallmod_slots_deinit(slots);
	return err;
}

void kallmod_slots_deinit(struct kallmod_slots *slots)
{
	free(slots->config);
	free(slots->chunks);
	free(slots->leaves);
	free(slots->bounds);
	*slots = (struct kallmod_slots){};
}

int kallmod_slots_update(struct kallmod_slots *slots, const struct kallmod_map *map)
{
	return fill_modules(slots, map, false);
}
