/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Strings, each once and numbered: strings are equal when their numbers are. */
#ifndef KALLMOD_STRTAB_H
#define KALLMOD_STRTAB_H

#include <stddef.h>
#include <stdint.h>

struct kallmod_strtab {
	char **strings; /* by number; owned, each */
	size_t count;
	struct kallmod_strtab_slot {
		uint32_t hash, number; /* + 1; 0: free */
	} *slots;
	size_t slot_count; /* a power of two, or 0 */
};
#define KALLMOD_STRTAB_EMPTY    \
	{                       \
		.strings = NULL \
	}

#define KALLMOD_STRTAB_NONE UINT32_MAX

void kallmod_strtab_deinit(struct kallmod_strtab *tab);
#define cleanup_strtab __attribute__((cleanup(kallmod_strtab_deinit)))

/* The number of a string of length bytes, KALLMOD_STRTAB_NONE where it is not there. */
uint32_t kallmod_strtab_find(const struct kallmod_strtab *tab, const char *string,
			     size_t length);
/* The same, and added where it is not there: numbers are 0, 1, 2, … -ENOMEM. */
int kallmod_strtab_add(struct kallmod_strtab *tab, const char *string, size_t length,
		       uint32_t *ret);

#endif
