/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The map's inside, for the files that build, freeze, read and store it. */
#ifndef KALLMOD_MAP_PRIV_H
#define KALLMOD_MAP_PRIV_H

#include "map.h"

/* 0x7fff is taken by KALLMOD_SET_UNRESOLVED. */
#define KALLMOD_MAP_SETS_MAX 32767
/* Modules of one set; the kernel's own tables count them in a byte. */
#define KALLMOD_MAP_SET_MODULES_MAX 255

struct kallmod_set {
	char *name;	      /* "a,b"; owned */
	const char **modules; /* names of the modules table; array owned */
	size_t count;
	uint64_t hash;	      /* of kind and modules, whatever their order */
	enum kallmod_kind kind;
};

struct kallmod_extent {
	uint64_t start, end;
	enum kallmod_section section;
};

/* Open hash: 0 is free, else index + 1. */
struct kallmod_index {
	uint32_t *slots;
	size_t mask;
};

struct kallmod_map {
	bool frozen;
	uint8_t source;
	enum kallmod_trust trust;
	/* Of a map that was written down before: a source of the same trust is to be preferred. */
	bool outdated;
	const char *advice; /* what to do about its file, static; NULL: nothing */
	/* Unfrozen: in order of adding. Frozen: sorted, without overlaps. */
	struct kallmod_range *ranges;
	size_t range_count, range_capacity;
	struct kallmod_set *sets; /* [0] is core */
	size_t set_count, set_capacity;
	struct kallmod_index set_index;
	char **modules; /* names, each once; owned */
	size_t module_count, module_capacity;
	struct kallmod_index module_index;
	struct kallmod_extent *extents;
	size_t extent_count, extent_capacity;
	struct kallmod_mark *marks;
	size_t mark_count, mark_capacity;
};

/* Removes overlaps: see map_overlap.c. *ret is malloc'ed. */
int kallmod_map_resolve(const struct kallmod_range *ranges, size_t count,
			struct kallmod_range **ret, size_t *count_ret);

#endif
