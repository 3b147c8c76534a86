// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Globs. Not fnmatch(): that depends on the locale, and takes a pattern that is no good for one
 * that matches nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "pattern.h"

static int refuse(struct kallmod_pattern_error *error, size_t at, const char *what)
{
	error->at = at;
	snprintf(error->what, sizeof(error->what), "%s", what);
	return -EINVAL;
}

/* Behind the bracket that opens at text[at]; 0: it is not closed. */
static size_t bracket_end(const char *text, size_t at)
{
	at++;
	if (text[at] == '!' || text[at] == '^')
		at++;
	/* The first one may be the bracket that else would close. */
	do {
		if (text[at] == '\\' && text[at + 1])
			at++;
		if (!text[at])
			return 0;
		at++;
	} while (text[at] != ']');
	return at + 1;
}

static int check_glob(const char *text, bool *wild, struct kallmod_pattern_error *error)
{
	for (size_t at = 0; text[at];) {
		size_t end = at + 1;

		if (text[at] == '\\' && !text[end++])
			return refuse(error, at,
				      "a backslash at the end; write '\\\\' for a backslash");
		if (text[at] == '[') {
			end = bracket_end(text, at);
			if (!end)
				return refuse(error, at,
					      "'[' is not closed; write '\\[' for a bracket");
			if (!strncmp(text + at, "[[:", 3))
				return refuse(
					error, at,
					"classes such as [:alpha:] are for regular expressions; write /[[:alpha:]]/");
		}
		*wild |= strchr("*?[", text[at]) != NULL;
		at = end;
	}
	return 0;
}

/* The name without its backslashes. */
static char *plain(const char *text)
{
	char *copy = malloc(strlen(text) + 1), *out = copy;

	if (!copy)
		return NULL;
	for (; *text; text++) {
		if (*text == '\\')
			text++;
		*out++ = *text;
	}
	*out = '\0';
	return copy;
}

int kallmod_pattern_glob(struct kallmod_pattern *pattern, const char *text, size_t length,
			 struct kallmod_pattern_error *error_ret)
{
	cleanup_free char *copy = NULL;
	bool wild = false;
	int err;

	if (length > KALLMOD_PATTERN_MAX)
		return refuse(error_ret, KALLMOD_PATTERN_MAX,
			      "longer than 512 bytes; shorten it");
	copy = strndup(text, length);
	if (!copy)
		return -ENOMEM;
	err = check_glob(copy, &wild, error_ret);
	if (err)
		return err;
	*pattern = (struct kallmod_pattern){.literal = wild ? NULL : plain(copy)};
	if (!wild && !pattern->literal)
		return -ENOMEM;
	pattern->text = cleanup_take(copy);
	return 0;
}

/* One character of a bracket at *at, past a backslash. */
static unsigned char member(const char **at)
{
	if (**at == '\\')
		++*at;
	return *(*at)++;
}

/* Does the bracket at *at, which is closed, have c? Moves *at behind it. */
static bool in_bracket(const char **at, unsigned char c)
{
	const char *s = *at + 1;
	bool negated = *s == '!' || *s == '^', found = false;

	s += negated;
	do {
		unsigned char first = member(&s), last = first;

		if (s[0] == '-' && s[1] != ']') {
			s++;
			last = member(&s);
		}
		found |= c >= first && c <= last;
	} while (*s != ']');
	*at = s + 1;
	return found != negated;
}

/* One character of a name against one element of the glob, behind which *at then stands. */
static bool element(const char **at, unsigned char c)
{
	if (**at == '[')
		return in_bracket(at, c);
	if (**at == '?') {
		++*at;
		return true;
	}
	if (!**at)
		return false;
	return member(at) == c;
}

/* Only the last '*' is ever tried again: so it is length times length, and not a power of it. */
bool kallmod_glob_matches(const char *glob, const char *name)
{
	const char *star = NULL, *again = NULL;

	while (*name) {
		if (*glob == '*') {
			star = ++glob;
			again = name;
		} else if (element(&glob, *name)) {
			name++;
		} else if (star) {
			glob = star;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}
