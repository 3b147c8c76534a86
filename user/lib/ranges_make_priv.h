/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KALLMOD_RANGES_MAKE_PRIV_H
#define KALLMOD_RANGES_MAKE_PRIV_H

#include "ranges_make.h"
#include "strtab.h"

#define NO_SECTION KALLMOD_STRTAB_NONE

/* Output sections and those of objects: they have the same names and share what is here. */
struct ranges_section {
	bool has_base, has_addend;
	uint64_t base, size;
	uint64_t addend; /* to make offsets in it offsets in the output section */
	uint32_t in;	 /* that output section */
	uint64_t o_size; /* of the first piece, where that is of vmlinux.o */
	char *anchor;	 /* owned; NULL: none */
	uint64_t anchor_offset;
	bool has_ranges;
};

struct ranges_entry {
	uint64_t key; /* the address, which entries are sorted by */
	size_t order; /* of those with the same key the last counts */
	uint32_t section;
	uint64_t start, end;
	const char *modules; /* NULL: an anchor */
};

/* Of an object, in the order of the map: what ranges are made of once all maps are read. */
struct ranges_piece {
	uint64_t start, size; /* start is an offset in the output section */
	uint32_t section, output, object;
};

struct ranges_maker {
	struct kallmod_ctx *ctx;
	const struct kallmod_ranges_input *input;
	struct kallmod_strtab names; /* of sections */
	struct ranges_section *sections;
	size_t section_capacity;
	struct ranges_piece *pieces;
	size_t piece_count, piece_capacity;
	struct ranges_entry *entries;
	size_t entry_count, entry_capacity;
	/* The output section at hand. */
	uint32_t section;
	bool anchored;
	/* The range at hand: the last entry, while modules is not "". */
	const char *modules;
	uint32_t range_section; /* of the object */
	uint64_t range_start, range_end;
	bool need_o_map, lld;
	size_t progressed;
	/* The section that was asked for last, or NO_SECTION, for a name that is none's. */
	uint32_t recent;
	char recent_name[64];
	size_t recent_length; /* SIZE_MAX: nothing was asked for, or too long a name */
};

/* Makes entries of the pieces, once what modules the objects have is known. */
int ranges_make_entries(struct ranges_maker *maker);
/* Adds the anchors, and writes all in order. */
int ranges_write_entries(struct ranges_maker *maker, FILE *out,
			 struct kallmod_ranges_report *report);

#endif
