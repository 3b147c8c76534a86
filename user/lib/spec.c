// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "spec.h"

/* As many modules as a set has at most. */
enum { SET_MODULES = 256 };

static int refuse(struct kallmod_ctx *ctx, const char *text, size_t at, const char *what)
{
	return kallmod_fail(ctx, -EINVAL, "%.80s%s: at character %zu: %s", text,
			    strlen(text) > 80 ? "..." : "", at + 1, what);
}

/* The slash that ends the regular expression in text, which begins with one; NULL: none does. */
static const char *regex_end(const char *text)
{
	for (const char *at = text + 1; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '/')
			return at;
	}
	return NULL;
}

/* The colon that ends the glob in text, or the end of the text. */
static const char *glob_end(const char *text)
{
	bool bracket = false;
	const char *at;

	for (at = text; *at && (*at != ':' || bracket); at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '[' && strchr(at, ']'))
			bracket = true;
		else if (*at == ']')
			bracket = false;
	}
	return at;
}

/* Parses what is between from and to, which are in the spec. */
static int parse_pattern(struct kallmod_ctx *ctx, const char *text, const char *from,
			 const char *to, struct kallmod_pattern *pattern)
{
	struct kallmod_pattern_error error = {.what = ""};
	bool regex = *from == '/' && to > from;
	int err;

	if (regex)
		err = kallmod_pattern_regex(pattern, from + 1, (size_t)(to - from) - 2,
					    &error);
	else
		err = kallmod_pattern_glob(pattern, from, (size_t)(to - from), &error);
	if (err == -EINVAL)
		return refuse(ctx, text, (size_t)(from - text) + regex + error.at, error.what);
	return err ? kallmod_fail(ctx, err, "out of memory") : 0;
}

/* Where the first part of text ends. */
static int find_end(struct kallmod_ctx *ctx, const char *text, const char *part,
		    const char **end_ret)
{
	const char *end;

	if (*part != '/') {
		*end_ret = glob_end(part);
		return 0;
	}
	end = regex_end(part);
	if (!end)
		return refuse(
			ctx, text, (size_t)(part - text),
			"the regular expression has no '/' at its end; add it, or write '\\/' for a slash");
	*end_ret = end + 1;
	return 0;
}

static int parse_module(struct kallmod_ctx *ctx, const char *text, const char *end,
			struct kallmod_spec *spec)
{
	cleanup_free char *copy = NULL;
	bool bracket = false;

	copy = strdup(text);
	if (!copy)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	/* Modules are shown with '_'; between brackets '-' is a range. */
	for (char *at = copy; at < copy + (end - text); at++) {
		if (*at == '[' || *at == ']')
			bracket = *at == '[';
		else if (*at == '-' && !bracket)
			*at = '_';
	}
	return parse_pattern(ctx, copy, copy, copy + (end - text), &spec->module);
}

/* The function's part is all the rest: a colon is nothing special there. */
static int parse_function(struct kallmod_ctx *ctx, const char *text, const char *part,
			  struct kallmod_spec *spec)
{
	const char *all = "*", *end = part + strlen(part), *regex;
	int err;

	if (!*part)
		return parse_pattern(ctx, all, all, all + 1, &spec->function);
	if (*part == '/') {
		err = find_end(ctx, text, part, &regex);
		if (err)
			return err;
		if (regex != end)
			return refuse(
				ctx, text, (size_t)(regex - text),
				"there is more behind the regular expression; write '\\/' for a slash in it");
	}
	return parse_pattern(ctx, text, part, end, &spec->function);
}

static int parse(struct kallmod_ctx *ctx, const char *text, struct kallmod_spec *spec)
{
	const char *end;
	int err =
		*text ? find_end(ctx, text, text, &end) :
			kallmod_fail(ctx, -EINVAL, "an empty spec; MODULE:FUNCTION is wanted");

	if (err)
		return err;
	if (*end && *end != ':')
		return refuse(
			ctx, text, (size_t)(end - text),
			"a colon is wanted behind the regular expression; write '\\/' for a slash in it");
	if (end == text)
		return refuse(
			ctx, text, 0,
			"a module is wanted before the colon; core: is the kernel proper, *: all modules");
	spec->any_module = !*end;
	if (spec->any_module)
		return parse_function(ctx, text, text, spec);
	err = parse_module(ctx, text, end, spec);
	return err ? err : parse_function(ctx, text, end + 1, spec);
}

int kallmod_spec_parse(struct kallmod_ctx *ctx, const char *text, struct kallmod_spec *spec)
{
	struct kallmod_spec made = {.text = strdup(text)};
	int err = made.text ? parse(ctx, text, &made) :
			      kallmod_fail(ctx, -ENOMEM, "out of memory");

	if (err)
		kallmod_spec_deinit(&made);
	else
		*spec = made;
	return err;
}

void kallmod_spec_deinit(struct kallmod_spec *spec)
{
	free(spec->text);
	kallmod_pattern_deinit(&spec->module);
	kallmod_pattern_deinit(&spec->function);
	*spec = (struct kallmod_spec){.text = NULL};
}

static bool has_module(struct kallmod_spec *spec, const char *name, bool pseudo)
{
	if (pseudo)
		return spec->module.literal && !strcmp(spec->module.literal, name);
	return kallmod_pattern_matches(&spec->module, name);
}

bool kallmod_spec_has_set(struct kallmod_spec *spec, const struct kallmod_map *map,
			  uint32_t set)
{
	bool pseudo = kallmod_map_set_kind(map, set) == KALLMOD_KIND_PSEUDO;
	const char *names[SET_MODULES];
	size_t n;

	if (spec->any_module)
		return !pseudo;
	/* The core, and sets as they are shown. */
	if (has_module(spec, kallmod_map_set_name(map, set), pseudo))
		return true;
	n = kallmod_map_set_modules(map, set, names, SET_MODULES);
	for (size_t i = 0; i < n && i < SET_MODULES; i++)
		if (has_module(spec, names[i], pseudo))
			return true;
	return false;
}

bool kallmod_spec_has_function(struct kallmod_spec *spec, const char *name)
{
	return kallmod_pattern_matches(&spec->function, name);
}

int kallmod_spec_check(struct kallmod_ctx *ctx, const struct kallmod_spec *spec)
{
	int err = spec->module.err ? spec->module.err : spec->function.err;

	if (err == -ETIME)
		return kallmod_fail(ctx, err,
				    "%s: this regular expression takes too long; simplify it",
				    spec->text);
	return err ? kallmod_fail(ctx, err, "out of memory") : 0;
}
