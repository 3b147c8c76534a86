/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The compile units of a kernel image with debug information: source file → addresses. */
#ifndef KALLMOD_DWARF_UNITS_H
#define KALLMOD_DWARF_UNITS_H

#include "ctx.h"

/* Link-time addresses, [start, end); none is empty. */
struct kallmod_dwarf_range {
	uint64_t start, end;
	uint32_t unit; /* index into names */
};

struct kallmod_dwarf_units {
	/* The source files as the compiler was given them, of units that have code; owned. */
	char **names;
	size_t count, capacity;
	struct kallmod_dwarf_range *ranges; /* in address order; owned */
	size_t range_count, range_capacity;
	uint64_t anchor; /* the address of _stext, else of _text; 0: it has neither */
	uint8_t build_id[64];
	size_t build_id_size; /* 0: none */
};

/*
 * Reads path's compile units; nothing below them is looked at. Released with _deinit().
 * -ENOENT: no such file; -ENODATA: it has no debug information; -EINVAL: it is no ELF file, or
 * torn; each with its line in the context.
 */
int kallmod_dwarf_units_read(struct kallmod_ctx *ctx, const char *path,
			     struct kallmod_dwarf_units *ret);
void kallmod_dwarf_units_deinit(struct kallmod_dwarf_units *units);

/*
 * The object that a source file is compiled to, relative to the top of the build:
 * "fs/ext4/inode.c" → "fs/ext4/inode.o". prefix is what kallmod_dwarf_units_prefix() gave.
 * False where it has no place below the top, or is too long for size.
 */
bool kallmod_dwarf_object(const char *name, size_t prefix, char *object_ret, size_t size);
/* The length of the source tree's path in absolute names, the slash included; 0: relative. */
size_t kallmod_dwarf_units_prefix(const struct kallmod_dwarf_units *units);

#endif
