/* SPDX-License-Identifier: GPL-2.0-only */
/* The kallmodsyms tables as files that a kernel's link can take. */
#ifndef KALLMOD_BUILD_TABLES_H
#define KALLMOD_BUILD_TABLES_H

#include "kallmod.h"
#include "modtables.h"

/* Bytes of the tables: as they are, and compressed (zlib, level 9). */
struct build_tables_size {
	size_t bytes, compressed;
	size_t entries;
};

struct build_tables_report {
	struct build_tables_size before, after; /* optimising */
};

/*
 * Optimises tables and writes DIRECTORY/kallmodsyms.bin and DIRECTORY/kallmodsyms.S, which
 * includes pieces of the former: assemble it with -I DIRECTORY. The .bin is there, whole,
 * before the .S is. A negative errno, with a line in the context.
 */
int build_tables_write(struct kallmod_ctx *ctx, struct kallmod_modtables *tables,
		       const struct kallmod_modtables_form *form, const char *directory,
		       struct build_tables_report *report_ret);

#endif
