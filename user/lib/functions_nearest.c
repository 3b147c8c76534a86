// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A spec that matches nothing: what it may have meant. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "distance.h"
#include "functions_priv.h"

enum { SET_MODULES = 256 };

struct nearest {
	char pattern[64]; /* without the wildcards */
	size_t worst;	  /* names that are farther are none */
	struct kallmod_nearest found;
};

struct search {
	const struct kallmod_chooser *chooser;
	const struct kallmod_map *map;
	struct nearest nearest;
	const char *elsewhere; /* the module that has that very function, or NULL */
};

static void begin(struct nearest *nearest, const struct kallmod_pattern *pattern)
{
	size_t n = 0;

	*nearest = (struct nearest){.worst = 0};
	for (const char *at = pattern->text; *at && n < sizeof(nearest->pattern) - 1; at++)
		if (!strchr("*?\\^$()|+", *at))
			nearest->pattern[n++] = *at;
	nearest->worst = n < 6 ? n / 2 : 3;
}

static void note(struct nearest *nearest, const char *name)
{
	kallmod_nearest_note(&nearest->found, nearest->pattern, nearest->worst, name);
}

static int tell(struct kallmod_ctx *ctx, const struct kallmod_chooser *chooser,
		const char *what, const struct nearest *nearest, const char *advice)
{
	bool any = nearest->found.n;
	char names[512];

	kallmod_nearest_text(&nearest->found, names, sizeof(names));
	return kallmod_fail(ctx, -ENOENT, "%.200s: %s; %s%s", chooser->spec.text, what,
			    any ? "nearest: " : "", any ? names : advice);
}

static void note_modules(const struct kallmod_map *map, struct nearest *nearest)
{
	for (uint32_t set = 1; set < kallmod_map_set_count(map); set++) {
		const char *names[SET_MODULES];
		size_t n = kallmod_map_set_modules(map, set, names, SET_MODULES);

		for (size_t i = 0; i < n && i < SET_MODULES; i++)
			note(nearest, names[i]);
	}
	note(nearest, kallmod_map_set_name(map, KALLMOD_SET_CORE));
}

static int note_function(void *arg, const struct kallmod_alias_list *list)
{
	struct search *search = arg;
	const char *literal = search->chooser->spec.function.literal;
	uint32_t set = list->range->set;

	for (size_t i = 0; i < list->n; i++) {
		if (search->chooser->sets[set])
			note(&search->nearest, list->names[i]);
		else if (literal && !strcmp(literal, list->names[i]))
			search->elsewhere = kallmod_map_set_name(search->map, set);
	}
	return 0;
}

/* "ext4" alone is a function: who means the module has to learn it. */
static bool is_module(const struct kallmod_map *map, const struct kallmod_chooser *chooser)
{
	const char *literal = chooser->spec.function.literal;

	if (!chooser->spec.any_module || !literal)
		return false;
	for (uint32_t set = 0; set < kallmod_map_set_count(map); set++) {
		const char *names[SET_MODULES];
		size_t n = kallmod_map_set_modules(map, set, names, SET_MODULES);

		for (size_t i = 0; i < n && i < SET_MODULES; i++)
			if (!strcmp(names[i], literal))
				return true;
	}
	return !strcmp(literal, kallmod_map_set_name(map, KALLMOD_SET_CORE));
}

int kallmod_functions_none(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			   const struct kallmod_symbols *symbols,
			   const struct kallmod_chooser *chooser)
{
	struct search search = {.chooser = chooser, .map = map};
	const char *literal = chooser->spec.function.literal;

	if (!chooser->any_set) {
		begin(&search.nearest, &chooser->spec.module);
		note_modules(map, &search.nearest);
		return tell(ctx, chooser, "no such module", &search.nearest,
			    "'kallmod modules' lists them");
	}
	if (is_module(map, chooser))
		return kallmod_fail(
			ctx, -ENOENT,
			"%s: no such function, but a module; write '%s:*' for its functions",
			literal, literal);
	begin(&search.nearest, &chooser->spec.function);
	kallmod_functions_walk(map, symbols, note_function, &search);
	if (search.elsewhere)
		return kallmod_fail(ctx, -ENOENT,
				    "%.200s: no such function there; write '%s:%s'",
				    chooser->spec.text, search.elsewhere, literal);
	return tell(ctx, chooser,
		    chooser->spec.any_module ? "no such function" : "no such function in it",
		    &search.nearest, "'kallmod syms' lists them; inlined ones are not there");
}
