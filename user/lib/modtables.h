/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The kallmodsyms tables of a kernel image: kallsyms_module_offsets (or _addresses),
 * kallsyms_modules and kallsyms_module_names. docs/formats/kallmodsyms-tables.md has the format.
 */
#ifndef KALLMOD_MODTABLES_H
#define KALLMOD_MODTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KALLMOD_MODTABLES_MODULES_MAX 255 /* of one entry: the count is a byte */

/* From addr to the next entry's; module is an offset into names, 0 for the kernel proper. */
struct kallmod_modtables_entry {
	uint64_t addr;
	uint32_t module;
};

struct kallmod_modtables {
	struct kallmod_modtables_entry *entries; /* owned */
	size_t count, capacity;
	char *names; /* owned; see the format */
	size_t names_len, names_capacity;
};

/* Releases what tables holds and empties it. */
void kallmod_modtables_deinit(struct kallmod_modtables *tables);

/*
 * Adds an object: from addr on, until the next one, text belongs to these n modules; none: to
 * the kernel proper. Addresses must not fall. Names are copied, once more for each object.
 * -ENOMEM; -EINVAL for an address that falls or an empty name; -E2BIG.
 */
int kallmod_modtables_add(struct kallmod_modtables *tables, uint64_t addr,
			  const char *const *modules, size_t n);
/*
 * Each list and each name once, single modules that are in a list as places in it, and
 * neighbours that say the same fused. -ENOMEM: tables is as it was.
 */
int kallmod_modtables_optimise(struct kallmod_modtables *tables);
/*
 * The modules of an entry: names_ret has room for KALLMOD_MODTABLES_MODULES_MAX pointers into
 * names. How many; -EINVAL where the offset leads out of the names, or into nonsense.
 */
int kallmod_modtables_modules(const struct kallmod_modtables *tables, uint32_t module,
			      const char **names_ret);

/* How an image holds addresses. */
enum kallmod_modtables_encoding {
	KALLMOD_MODTABLES_RELATIVE, /* u32, base + value */
	KALLMOD_MODTABLES_PERCPU,   /* s32, value if >= 0, else base - 1 - value */
	KALLMOD_MODTABLES_ABSOLUTE, /* words */
};

struct kallmod_modtables_form {
	enum kallmod_modtables_encoding encoding;
	uint64_t base;	       /* kallsyms_relative_base */
	unsigned int word;     /* 4 or 8 bytes */
	bool big_endian;
};

/* The bytes of the tables in one piece, and where in it each begins. */
struct kallmod_modtables_image {
	uint8_t *data; /* owned; free() */
	size_t size;
	size_t addresses, modules, names, num_modules, names_len; /* offsets in data */
};

/* -ERANGE: an address is too far from the base; -E2BIG; -ENOMEM. */
int kallmod_modtables_encode(const struct kallmod_modtables *tables,
			     const struct kallmod_modtables_form *form,
			     struct kallmod_modtables_image *ret);

/* The tables as an image has them: count entries, names_len bytes of names. */
struct kallmod_modtables_raw {
	const uint8_t *addresses; /* count words, or count u32 */
	const uint8_t *modules;	  /* count u32 */
	const char *names;
	size_t count, names_len;
};

/* Copies and checks them all. -EINVAL: not such tables; -ENOMEM. */
int kallmod_modtables_decode(const struct kallmod_modtables_raw *raw,
			     const struct kallmod_modtables_form *form,
			     struct kallmod_modtables *ret);

#endif
