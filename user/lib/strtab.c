// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "strtab.h"

enum { FIRST_SLOTS = 1024 };

void kallmod_strtab_deinit(struct kallmod_strtab *tab)
{
	for (size_t i = 0; i < tab->count; i++)
		free(tab->strings[i]);
	free(tab->strings);
	free(tab->hashes);
	free(tab->slots);
	*tab = (struct kallmod_strtab)KALLMOD_STRTAB_EMPTY;
}

/* Eight bytes at a time: the strings are paths that differ at their ends. */
static uint32_t hash_of(const char *string, size_t length)
{
	uint64_t hash = length * 0x9e3779b97f4a7c15u, word;

	for (; length >= sizeof(word); string += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, string, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, string, length);
	hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
	return hash ^ hash >> 32;
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t *slot_of(const struct kallmod_strtab *tab, const char *string, size_t length,
			 uint32_t hash)
{
	for (size_t at = hash;; at++) {
		uint32_t *slot = &tab->slots[at & (tab->slot_count - 1)];
		const char *there;

		if (!*slot)
			return slot;
		there = tab->strings[*slot - 1];
		if (tab->hashes[*slot - 1] == hash && !strncmp(there, string, length) &&
		    !there[length])
			return slot;
	}
}

uint32_t kallmod_strtab_find(const struct kallmod_strtab *tab, const char *string,
			     size_t length)
{
	return tab->slot_count ? *slot_of(tab, string, length, hash_of(string, length)) - 1 :
				 KALLMOD_STRTAB_NONE;
}

/* Room for one more, with half of the slots free. */
static int make_room(struct kallmod_strtab *tab)
{
	size_t count = tab->slot_count ? 2 * tab->slot_count : FIRST_SLOTS;
	char **strings;
	uint32_t *hashes, *slots;

	if (2 * (tab->count + 1) <= tab->slot_count)
		return 0;
	if (count > UINT32_MAX / 2)
		return -ENOMEM;
	strings = realloc(tab->strings, count / 2 * sizeof(*strings));
	if (!strings)
		return -ENOMEM;
	tab->strings = strings;
	hashes = realloc(tab->hashes, count / 2 * sizeof(*hashes));
	if (!hashes)
		return -ENOMEM;
	tab->hashes = hashes;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(tab->slots);
	tab->slots = slots;
	tab->slot_count = count;
	for (size_t i = 0; i < tab->count; i++) {
		size_t at = tab->hashes[i];

		while (tab->slots[at & (count - 1)])
			at++;
		tab->slots[at & (count - 1)] = i + 1;
	}
	return 0;
}

int kallmod_strtab_add(struct kallmod_strtab *tab, const char *string, size_t length,
		       uint32_t *ret)
{
	uint32_t hash = hash_of(string, length), *slot;
	int err = make_room(tab);

	if (err)
		return err;
	slot = slot_of(tab, string, length, hash);
	if (!*slot) {
		tab->strings[tab->count] = strndup(string, length);
		if (!tab->strings[tab->count])
			return -ENOMEM;
		tab->hashes[tab->count] = hash;
		*slot = ++tab->count;
	}
	*ret = *slot - 1;
	return 0;
}
