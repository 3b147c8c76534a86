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
static struct kallmod_strtab_slot *slot_of(const struct kallmod_strtab *tab,
					   const char *string, size_t length, uint32_t hash)
{
	for (size_t at = hash;; at++) {
		struct kallmod_strtab_slot *slot = &tab->slots[at & (tab->slot_count - 1)];
		const char *there;

		if (!slot->number)
			return slot;
		if (slot->hash != hash)
			continue;
		there = tab->strings[slot->number - 1];
		if (!strncmp(there, string, length) && !there[length])
			return slot;
	}
}

uint32_t kallmod_strtab_find(const struct kallmod_strtab *tab, const char *string,
			     size_t length)
{
	return tab->slot_count ?
		       slot_of(tab, string, length, hash_of(string, length))->number - 1 :
		       KALLMOD_STRTAB_NONE;
}

/* Room for one more, with half of the slots free. */
static int make_room(struct kallmod_strtab *tab)
{
	size_t count = tab->slot_count ? 2 * tab->slot_count : FIRST_SLOTS;
	struct kallmod_strtab_slot *slots;
	char **strings;

	if (2 * (tab->count + 1) <= tab->slot_count)
		return 0;
	if (count > UINT32_MAX / 2)
		return -ENOMEM;
	strings = realloc(tab->strings, count / 2 * sizeof(*strings));
	if (!strings)
		return -ENOMEM;
	tab->strings = strings;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < tab->slot_count; i++) {
		size_t at = tab->slots[i].hash;

		if (!tab->slots[i].number)
			continue;
		while (slots[at & (count - 1)].number)
			at++;
		slots[at & (count - 1)] = tab->slots[i];
	}
	free(tab->slots);
	tab->slots = slots;
	tab->slot_count = count;
	return 0;
}

int kallmod_strtab_add(struct kallmod_strtab *tab, const char *string, size_t length,
		       uint32_t *ret)
{
	uint32_t hash = hash_of(string, length);
	struct kallmod_strtab_slot *slot;
	int err = make_room(tab);

	if (err)
		return err;
	slot = slot_of(tab, string, length, hash);
	if (!slot->number) {
		tab->strings[tab->count] = strndup(string, length);
		if (!tab->strings[tab->count])
			return -ENOMEM;
		*slot = (struct kallmod_strtab_slot){hash, ++tab->count};
	}
	*ret = slot->number - 1;
	return 0;
}
