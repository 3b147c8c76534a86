/* SPDX-License-Identifier: GPL-2.0-only */
/* The kallmodsyms tables as files that a kernel's link can take. */
#ifndef KALLMOD_BUILD_TABLES_H
#define KALLMOD_BUILD_TABLES_H

#include "kallmod.h"

/* Text of an object: [start, end), link-time addresses. */
struct build_tables_piece {
	uint64_t start, end;
	const char *object;  /* its path in the tree; "" for none */
	const char *modules; /* blanks between them; "" for the kernel proper */
};

struct build_tables {
	struct build_tables_piece *pieces; /* owned */
	size_t count, capacity;
};

/* A kallmod_ranges_input's piece function; arg is a struct build_tables, empty at first. */
int build_tables_piece(void *arg, uint64_t start, uint64_t end, const char *object,
		       const char *modules);
void build_tables_deinit(struct build_tables *tables);

/* Bytes of the tables: as they are, and compressed (zlib, level 9). */
struct build_tables_size {
	size_t bytes, compressed;
	size_t entries;
};

struct build_tables_report {
	struct build_tables_size before, after; /* optimising */
};

/*
 * Makes the kallmodsyms tables of the kernel that image was linked to and writes
 * DIRECTORY/kallmodsyms.bin and DIRECTORY/kallmodsyms.S, which includes pieces of the former:
 * assemble it with -I DIRECTORY. The .bin is there, whole, before the .S is. Addresses, words
 * and bytes are as image has them in its kallsyms tables; a kernel without (7.0 on, or without
 * kallsyms) gets a kallsyms_relative_base with the tables. A negative errno, with its line.
 */
int build_tables_write(struct kallmod_ctx *ctx, struct build_tables *tables, const char *image,
		       const char *directory, struct build_tables_report *report_ret);

#endif
