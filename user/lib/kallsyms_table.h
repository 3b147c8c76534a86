/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The kallsyms tables of a kernel image: its symbols, as /proc/kallsyms of that kernel would
 * show them. docs/formats/kallsyms-tables.md has the format in all its variants.
 */
#ifndef KALLMOD_KALLSYMS_TABLE_H
#define KALLMOD_KALLSYMS_TABLE_H

#include "image.h"

/* KSYM_NAME_LEN since 6.1, the NUL included. */
#define KALLMOD_KALLSYMS_NAME_SIZE 512

enum kallmod_kallsyms_encoding {
	KALLMOD_KALLSYMS_ABSOLUTE, /* words: the addresses themselves (until 6.10) */
	KALLMOD_KALLSYMS_RELATIVE, /* u32: base + value */
	KALLMOD_KALLSYMS_PERCPU,   /* s32: value if >= 0, else base - 1 - value */
	KALLMOD_KALLSYMS_PLACE,    /* s32: the value's own address + value (7.0) */
};

struct kallmod_kallsyms;

/*
 * Finds and checks the tables, by VMCOREINFO or the ELF symbols where these name them, else by
 * their shape. The image must outlive them. -ENODATA: there are none; -EINVAL: they are broken.
 */
int kallmod_kallsyms_open(struct kallmod_ctx *ctx, struct kallmod_image *image,
			  struct kallmod_kallsyms **ret);
void kallmod_kallsyms_close(struct kallmod_kallsyms *table);

size_t kallmod_kallsyms_count(const struct kallmod_kallsyms *table);
enum kallmod_kallsyms_encoding kallmod_kallsyms_encoding(const struct kallmod_kallsyms *table);
uint64_t kallmod_kallsyms_base(const struct kallmod_kallsyms *table);
/* True where the table has seqs_of_names, so that names are found in O(log n). */
bool kallmod_kallsyms_has_seqs(const struct kallmod_kallsyms *table);

/* Index must be below the count. */
uint64_t kallmod_kallsyms_addr(const struct kallmod_kallsyms *table, size_t index);
/* The name of symbol index, written to name; its type is what it returns. */
char kallmod_kallsyms_name(const struct kallmod_kallsyms *table, size_t index,
			   char name[static KALLMOD_KALLSYMS_NAME_SIZE]);
/* Names and types of all in turn; fn returns 0 to go on, or what is returned. */
int kallmod_kallsyms_each_name(const struct kallmod_kallsyms *table,
			       int (*fn)(void *arg, size_t index, char type, const char *name),
			       void *arg);
/* The first symbol of that name in address order, or -1: O(log n) with seqs_of_names. */
ptrdiff_t kallmod_kallsyms_by_name(const struct kallmod_kallsyms *table, const char *name);
/* As above, through every name in turn. */
ptrdiff_t kallmod_kallsyms_scan(const struct kallmod_kallsyms *table, const char *name);
/* The last symbol at or below addr, or -1. O(log n). */
ptrdiff_t kallmod_kallsyms_by_addr(const struct kallmod_kallsyms *table, uint64_t addr);

#endif
