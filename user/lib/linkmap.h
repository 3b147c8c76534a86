/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Linker maps, of GNU ld and of lld, as one stream: docs/formats/linker-map.md. */
#ifndef KALLMOD_LINKMAP_H
#define KALLMOD_LINKMAP_H

#include "file.h"

enum kallmod_linkmap_kind {
	KALLMOD_LINKMAP_SECTION, /* an output section begins: name, addr, size */
	KALLMOD_LINKMAP_END,	 /* the output section at hand ends; none has begun */
	KALLMOD_LINKMAP_ANCHOR,	 /* name = the address at hand */
	KALLMOD_LINKMAP_SYMBOL,	 /* name, addr */
	KALLMOD_LINKMAP_OBJECT,	 /* a piece of an object: name of its section, addr, size */
	KALLMOD_LINKMAP_FILL,	 /* padding with a pattern: addr, size */
};

struct kallmod_linkmap_record {
	enum kallmod_linkmap_kind kind;
	const char *name;   /* NULL for an end and for a fill */
	const char *object; /* a path in the build tree; NULL but for an object */
	uint64_t addr, size;
};

struct kallmod_linkmap {
	struct kallmod_reader reader;
	/*
	 * Set by the user: anchors and symbols are wanted from here on. They are most of a
	 * map, and only the first of a section is of interest.
	 */
	bool symbols;
	/*
	 * Set by the user, unless it is NULL: are objects with this section name wanted? Most of
	 * them are debug information. Fills are then not wanted.
	 */
	bool (*wants)(void *arg, const char *name, size_t length);
	void *arg;
	bool lld;
	bool has_head, has_tail; /* of GNU ld's: what comes first and last in a whole map */
	char *held; /* a name whose record goes on in the next line; owned */
	size_t held_size;
	char *fields[7]; /* of the line at hand */
};

#define KALLMOD_LINKMAP_EMPTY                  \
	{                                      \
		.reader = KALLMOD_READER_EMPTY \
	}

/* As kallmod_reader_open(). */
int kallmod_linkmap_open(struct kallmod_linkmap *map, struct kallmod_ctx *ctx,
			 const char *path);
/* As kallmod_reader_memory(). */
int kallmod_linkmap_memory(struct kallmod_linkmap *map, struct kallmod_ctx *ctx,
			   const char *name, const void *data, size_t size);
void kallmod_linkmap_close(struct kallmod_linkmap *map);
/* 1: a record, whose strings live until the next call; 0: the end; -EINVAL: torn. */
int kallmod_linkmap_next(struct kallmod_linkmap *map, struct kallmod_linkmap_record *ret);

/*
 * Calls fn for the objects that GNU ld names at the head of a map, before all else: most of
 * them will be in it. A map that has none, or cannot be read, is no error; what fn returns,
 * unless it is 0, ends that and is returned. -ENOMEM.
 */
int kallmod_linkmap_members(const char *path,
			    int (*fn)(void *arg, const char *object, size_t length), void *arg);

#define cleanup_linkmap __attribute__((cleanup(kallmod_linkmap_close)))

#endif
