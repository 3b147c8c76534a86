/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Building maps: sources add sets and ranges to an unfrozen map; freezing sorts, tiles and
 * checks it, and from then on it is immutable.
 */
#ifndef KALLMOD_MAP_H
#define KALLMOD_MAP_H

#include "kallmod.h"

/* An empty, unfrozen map. Owned by the caller. */
int kallmod_map_create(struct kallmod_map **ret);
/*
 * An unfrozen copy: every set keeps its id, so that a later generation of a live map is
 * comparable with this one. Ranges of the kinds in keep_kinds (1 << enum kallmod_kind) are
 * copied, others left out.
 */
int kallmod_map_derive(const struct kallmod_map *map, unsigned int keep_kinds,
		       struct kallmod_map **ret);
/*
 * The id of the set of these n modules (any order, duplicates folded, '-' and '_' are the
 * same and shown as '_'), added when new. n = 0: KALLMOD_SET_CORE. -ENOMEM, -EINVAL for an
 * empty name or one with a blank, comma, bracket or control character, -E2BIG past 32,767 sets.
 */
int kallmod_map_set(struct kallmod_map *map, enum kallmod_kind kind,
		    const char *const *modules, size_t n, uint32_t *ret);
/* Adds a range; start < end. Where ranges overlap, the one added last wins. -EINVAL, -ENOMEM. */
int kallmod_map_add(struct kallmod_map *map, const struct kallmod_range *range);
/* What kallmod_map_source() and kallmod_map_trust() say. */
void kallmod_map_set_source(struct kallmod_map *map, uint8_t source, enum kallmod_trust trust);
/*
 * Declares [start, end) to be kernel text: freezing fills what no range covers there with
 * core ranges of this section, source and trust.
 */
int kallmod_map_add_extent(struct kallmod_map *map, uint64_t start, uint64_t end,
			   enum kallmod_section section);
/*
 * Marks are places the sampler needs to know: where an interrupt or softirq begins, where the
 * CPU idles, and the text of booting, to which the boot CPU's idle task still returns although
 * it is freed. Any number of each, independent of ranges.
 */
enum kallmod_mark_kind { KALLMOD_MARK_IRQ, KALLMOD_MARK_IDLE, KALLMOD_MARK_BOOT };
struct kallmod_mark {
	uint64_t start, end; /* [start, end) */
	enum kallmod_mark_kind kind;
};
int kallmod_map_add_mark(struct kallmod_map *map, const struct kallmod_mark *mark);
size_t kallmod_map_mark_count(const struct kallmod_map *map);
const struct kallmod_mark *kallmod_map_mark(const struct kallmod_map *map, size_t index);
/*
 * Sorts, resolves overlaps, merges neighbours that say the same, tiles the extents.
 * Idempotent. After it kallmod_map_set/_add… return -EROFS.
 */
int kallmod_map_freeze(struct kallmod_map *map);

/* The extents as added, sorted: text that is tiled. */
size_t kallmod_map_extent_count(const struct kallmod_map *map);
void kallmod_map_extent(const struct kallmod_map *map, size_t index, uint64_t *start,
			uint64_t *end, enum kallmod_section *section);

#endif
