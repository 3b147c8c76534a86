// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Module sets: each set once, each module name once, found through hashes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "hash.h"
#include "map_priv.h"

#define NAME_BYTES_MAX 512

static uint64_t hash_name(const char *name)
{
	uint64_t hash = kallmod_hash_text(KALLMOD_HASH_START, name);

	return hash ^ hash >> 29;
}

/* Makes the hash at least twice as large as count; *grown_ret: all has to be put in again. */
static int index_grow(struct kallmod_index *index, size_t count, bool *grown_ret)
{
	size_t slots = index->slots ? index->mask + 1 : 0;
	uint32_t *larger;

	*grown_ret = false;
	if (2 * (count + 1) <= slots)
		return 0;
	slots = slots ? 2 * slots : 64;
	larger = calloc(slots, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	free(index->slots);
	index->slots = larger;
	index->mask = slots - 1;
	*grown_ret = true;
	return 0;
}

static void index_put(struct kallmod_index *index, uint64_t hash, size_t position)
{
	size_t i = hash & index->mask;

	while (index->slots[i])
		i = (i + 1) & index->mask;
	index->slots[i] = position + 1;
}

static bool name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= NAME_BYTES_MAX)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == 0x7f || strchr(",[]", *name))
			return false;
	return true;
}

static const char *find_module(const struct kallmod_map *map, const char *name)
{
	const struct kallmod_index *index = &map->module_index;

	for (size_t i = hash_name(name) & index->mask; index->slots && index->slots[i];
	     i = (i + 1) & index->mask)
		if (!strcmp(map->modules[index->slots[i] - 1], name))
			return map->modules[index->slots[i] - 1];
	return NULL;
}

static int add_module(struct kallmod_map *map, const char *name, const char **ret)
{
	bool grown;
	char *copy;
	int err = kallmod_grow(&map->modules, &map->module_capacity, map->module_count,
			       sizeof(*map->modules));

	if (!err)
		err = index_grow(&map->module_index, map->module_count, &grown);
	if (err)
		return err;
	for (size_t i = 0; grown && i < map->module_count; i++)
		index_put(&map->module_index, hash_name(map->modules[i]), i);
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	map->modules[map->module_count] = copy;
	index_put(&map->module_index, hash_name(copy), map->module_count++);
	*ret = copy;
	return 0;
}

/* The one copy of the name, with '_' for '-'. */
static int intern_module(struct kallmod_map *map, const char *name, const char **ret)
{
	char normal[NAME_BYTES_MAX];

	if (!name_is_valid(name))
		return -EINVAL;
	strcpy(normal, name);
	for (char *c = normal; *c; c++)
		if (*c == '-')
			*c = '_';
	*ret = find_module(map, normal);
	return *ret ? 0 : add_module(map, normal, ret);
}

static bool contains(const char *const *modules, size_t n, const char *module)
{
	for (size_t i = 0; i < n; i++)
		if (modules[i] == module)
			return true;
	return false;
}

/* Names are interned, so equal sets have the same pointers in any order. */
static uint64_t hash_set(enum kallmod_kind kind, const char *const *modules, size_t n)
{
	uint64_t hash = kind;

	for (size_t i = 0; i < n; i++)
		hash += hash_name(modules[i]);
	return hash ^ hash >> 31;
}

static bool find_set(const struct kallmod_map *map, const struct kallmod_set *wanted,
		     uint32_t *ret)
{
	const struct kallmod_index *index = &map->set_index;
	size_t i, j;

	for (i = wanted->hash & index->mask; index->slots && index->slots[i];
	     i = (i + 1) & index->mask) {
		const struct kallmod_set *set = &map->sets[index->slots[i] - 1];

		if (set->hash != wanted->hash || set->kind != wanted->kind ||
		    set->count != wanted->count)
			continue;
		for (j = 0; j < set->count; j++)
			if (!contains(set->modules, set->count, wanted->modules[j]))
				break;
		if (j == set->count) {
			*ret = index->slots[i] - 1;
			return true;
		}
	}
	return false;
}

static char *join_names(const char *const *modules, size_t n)
{
	size_t size = 1;
	char *name, *at;

	for (size_t i = 0; i < n; i++)
		size += strlen(modules[i]) + 1;
	name = at = malloc(size);
	if (!name)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (i)
			*at++ = ',';
		at = stpcpy(at, modules[i]);
	}
	return name;
}

static int add_set(struct kallmod_map *map, const struct kallmod_set *set, uint32_t *ret)
{
	cleanup_free const char **modules = NULL;
	cleanup_free char *name = NULL;
	bool grown;
	int err;

	if (map->set_count >= KALLMOD_MAP_SETS_MAX)
		return -E2BIG;
	err = kallmod_grow(&map->sets, &map->set_capacity, map->set_count, sizeof(*map->sets));
	if (!err)
		err = index_grow(&map->set_index, map->set_count, &grown);
	if (err)
		return err;
	for (size_t i = 1; grown && i < map->set_count; i++)
		index_put(&map->set_index, map->sets[i].hash, i);
	name = join_names(set->modules, set->count);
	modules = malloc(set->count * sizeof(*modules));
	if (!name || !modules)
		return -ENOMEM;
	memcpy(modules, set->modules, set->count * sizeof(*modules));
	index_put(&map->set_index, set->hash, map->set_count);
	map->sets[map->set_count] = *set;
	map->sets[map->set_count].name = cleanup_take(name);
	map->sets[map->set_count].modules = cleanup_take(modules);
	*ret = map->set_count++;
	return 0;
}

int kallmod_map_set(struct kallmod_map *map, enum kallmod_kind kind,
		    const char *const *modules, size_t n, uint32_t *ret)
{
	const char *names[KALLMOD_MAP_SET_MODULES_MAX];
	struct kallmod_set set = { .modules = names, .kind = kind };

	if (map->frozen)
		return -EROFS;
	if (!n) {
		*ret = KALLMOD_SET_CORE;
		return 0;
	}
	if (n > KALLMOD_MAP_SET_MODULES_MAX || kind <= KALLMOD_KIND_CORE ||
	    kind > KALLMOD_KIND_PSEUDO)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int err = intern_module(map, modules[i], &names[set.count]);

		if (err)
			return err;
		if (!contains(names, set.count, names[set.count]))
			set.count++;
	}
	set.hash = hash_set(kind, names, set.count);
	return find_set(map, &set, ret) ? 0 : add_set(map, &set, ret);
}

size_t kallmod_map_set_count(const struct kallmod_map *map)
{
	return map->set_count;
}

const char *kallmod_map_set_name(const struct kallmod_map *map, uint32_t set)
{
	return set < map->set_count ? map->sets[set].name : NULL;
}

enum kallmod_kind kallmod_map_set_kind(const struct kallmod_map *map, uint32_t set)
{
	return set < map->set_count ? map->sets[set].kind : KALLMOD_KIND_CORE;
}

size_t kallmod_map_set_modules(const struct kallmod_map *map, uint32_t set,
			       const char **names, size_t max)
{
	if (set >= map->set_count)
		return 0;
	for (size_t i = 0; i < map->sets[set].count && i < max; i++)
		names[i] = map->sets[set].modules[i];
	return map->sets[set].count;
}
