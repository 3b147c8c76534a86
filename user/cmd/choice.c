// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "cleanup.h"
#include "ctx.h"
#include "distance.h"

enum { NEAREST_MAX = 3, SET_MODULES = 256 };

/* As module names are shown; in brackets '-' is a range. */
static char *underscored(const char *pattern)
{
	char *copy = strdup(pattern);
	bool bracket = false;

	for (char *at = copy; at && *at; at++) {
		if (*at == '[' || *at == ']')
			bracket = *at == '[';
		else if (*at == '-' && !bracket)
			*at = '_';
	}
	return copy;
}

static size_t modules_of(const struct kallmod_map *map, uint32_t set,
			 const char *names[SET_MODULES])
{
	size_t n = kallmod_map_set_modules(map, set, names, SET_MODULES);

	return n < SET_MODULES ? n : SET_MODULES;
}

static bool matches(const struct kallmod_map *map, uint32_t set, const char *pattern)
{
	const char *names[SET_MODULES];
	size_t n = modules_of(map, set, names);

	/* The core kernel, and sets as they are shown. */
	if (!fnmatch(pattern, kallmod_map_set_name(map, set), 0))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(pattern, names[i], 0))
			return true;
	return false;
}

static int no_match(struct kallmod_ctx *ctx, const struct kallmod_map *map, const bool *there,
		    const char *pattern)
{
	size_t length = strlen(pattern);
	size_t worst = length > NEAREST_MAX ? NEAREST_MAX : length - !!length;
	struct kallmod_nearest nearest = {};
	char text[512];

	for (uint32_t set = 0; set < kallmod_map_set_count(map); set++) {
		const char *names[SET_MODULES];
		size_t n = there[set] ? modules_of(map, set, names) : 0;

		for (size_t i = 0; i < n; i++)
			kallmod_nearest_note(&nearest, pattern, worst, names[i]);
	}
	if (!nearest.n)
		return kallmod_fail(ctx, -ENOENT,
				    "no module matches %s; 'kallmod modules' lists them", pattern);
	kallmod_nearest_text(&nearest, text, sizeof(text));
	return kallmod_fail(ctx, -ENOENT, "no module matches %s; nearest: %s", pattern, text);
}

/* The sets that have anything to show. */
static void mark_there(const struct kallmod_map *map, bool data, bool *there)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (data || range->section != KALLMOD_SECTION_DATA)
			there[range->set] = true;
	}
}

static int choose(struct kallmod_ctx *ctx, const struct kallmod_map *map, const bool *there,
		  const char *argument, bool *chosen)
{
	cleanup_free char *pattern = underscored(argument);
	bool any = false;

	if (!pattern)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	for (uint32_t set = 0; set < kallmod_map_set_count(map); set++) {
		if (!there[set] || !matches(map, set, pattern))
			continue;
		chosen[set] = any = true;
	}
	return any ? 0 : no_match(ctx, map, there, pattern);
}

int kallmod_choose_sets(struct kallmod_ctx *ctx, const struct kallmod_map *map, bool data,
			int n, char *const *patterns, bool **ret)
{
	cleanup_free bool *there = calloc(kallmod_map_set_count(map), sizeof(*there));
	cleanup_free bool *chosen = calloc(kallmod_map_set_count(map), sizeof(*chosen));
	int err = 0;

	if (!there || !chosen)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	mark_there(map, data, there);
	for (int i = 0; !err && i < n; i++)
		err = choose(ctx, map, there, patterns[i], chosen);
	if (!err)
		*ret = n ? cleanup_take(chosen) : NULL;
	return err;
}
