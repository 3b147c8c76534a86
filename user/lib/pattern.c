// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Regular expressions that cannot eat the machine; and which kind of pattern does what. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "pattern.h"

/*
 * glibc copies what is repeated: (a{255}){255} has 65,025 positions, one level more takes all
 * memory. So positions are counted first. And where a loop goes over places that may be empty in
 * two ways, it follows both, then both of the next: ((a?|b?)(a?|b?)…)* takes hours with 30 of them.
 */
enum { POSITIONS_MAX = 1000, CHOICES_MAX = 12, DEPTH_MAX = 32 };
/*
 * And it keeps every state that it has come across, some of them large: after so many bytes it
 * begins anew.
 */
enum { FED_MAX = 8192 };
/* All symbols of a kernel take a simple expression some 50 ms. */
static const uint64_t spent_max_ns = 10 * 1000000000ull;

/* What an expression costs: characters in it, and ways to go on. */
struct cost {
	size_t positions, choices;
};

struct counter {
	struct cost outer[DEPTH_MAX]; /* what is in front of each open group */
	size_t depth;
	struct cost total, last; /* last: of the element that a repetition would repeat */
	bool looped;		 /* too many choices are repeated without end */
};

static int refuse(struct kallmod_pattern_error *error, size_t at, const char *what)
{
	error->at = at;
	snprintf(error->what, sizeof(error->what), "%s", what);
	return -EINVAL;
}

static void add_element(struct counter *counter, struct cost cost)
{
	counter->total.positions += cost.positions;
	counter->total.choices += cost.choices;
	counter->last = cost;
}

/* Behind a bracket expression at text[at], or at + 1 where it is not one. */
static size_t skip_bracket(const char *text, size_t at)
{
	size_t end = at + 1;

	end += text[end] == '^';
	end += text[end] == ']';
	for (; text[end] && text[end] != ']'; end++) {
		char kind = text[end] == '[' ? text[end + 1] : '\0';
		const char *close;

		if (kind != ':' && kind != '.' && kind != '=')
			continue;
		close = strchr(text + end + 2, ']');
		while (close && close[-1] != kind)
			close = strchr(close + 1, ']');
		if (!close)
			return at + 1;
		end = (size_t)(close - text);
	}
	return text[end] ? end + 1 : at + 1;
}

/* The last element, so many times; loop: and then any number more. */
static void multiply(struct counter *counter, unsigned long times, bool loop)
{
	struct cost *last = &counter->last;

	if (times > POSITIONS_MAX)
		times = POSITIONS_MAX + 1;
	counter->looped |= loop && last->choices > CHOICES_MAX;
	counter->total.positions += last->positions * (times - 1);
	counter->total.choices += last->choices * (times - 1) + 1;
	last->positions *= times;
	last->choices = last->choices * times + 1;
}

/*
 * "{2,5}" at text[at] repeats the last element, at most five times; "{2,}" is two and any number
 * more. Returns what is behind it.
 */
static size_t repeat(struct counter *counter, const char *text, size_t at)
{
	unsigned long most = 1;
	size_t end = at + 1;
	bool loop;

	for (; isdigit((unsigned char)text[end]) || text[end] == ','; end++) {
		unsigned long number = strtoul(text + end, NULL, 10);

		most = number > most ? number : most;
	}
	if (text[end] != '}')
		return at + 1;
	loop = text[end - 1] == ',';
	multiply(counter, most + loop, loop);
	return end + 1;
}

static int group(struct counter *counter, char bracket)
{
	if (bracket == '(') {
		if (counter->depth == DEPTH_MAX)
			return -E2BIG;
		counter->outer[counter->depth++] = counter->total;
		counter->total = (struct cost){0, 0};
	} else if (counter->depth) {
		struct cost inner = counter->total;

		/* What is empty is copied, too. */
		inner.positions++;
		counter->total = counter->outer[--counter->depth];
		add_element(counter, inner);
	} else {
		/* Closes nothing: to glibc it is a character. */
		add_element(counter, (struct cost){1, 0});
	}
	return 0;
}

/* Counts one element or operator, and returns what is behind it. */
static size_t count(struct counter *counter, const char *text, size_t at)
{
	char c = text[at];

	if (c == '{')
		return repeat(counter, text, at);
	if (strchr("*+?", c)) {
		/* x+ is made xx*. */
		multiply(counter, 1 + (c == '+'), c != '?');
		return at + 1;
	}
	add_element(counter, (struct cost){1, c == '|'});
	return c == '[' ? skip_bracket(text, at) : at + 1 + (c == '\\' && text[at + 1]);
}

static int check_regex(const char *text, struct kallmod_pattern_error *error)
{
	struct counter counter = {.depth = 0};

	for (size_t at = 0; text[at];) {
		size_t start = at;
		char c = text[at];

		if (c == '\\' && text[at + 1] >= '1' && text[at + 1] <= '9')
			return refuse(error, at,
				      "back-references are not supported; leave it out");
		if ((c == '(' || c == ')') && group(&counter, c))
			return refuse(error, at,
				      "more than 32 groups in one another; simplify it");
		at = c == '(' || c == ')' ? at + 1 : count(&counter, text, at);
		if (counter.total.positions > POSITIONS_MAX)
			return refuse(
				error, start,
				"its repetitions are more than 1,000 characters in all; use smaller numbers");
		if (counter.looped)
			return refuse(error, start,
				      "it repeats more than 12 choices; simplify it");
	}
	return 0;
}

static int compile(struct kallmod_pattern *pattern, struct kallmod_pattern_error *error)
{
	int code = regcomp(&pattern->regex, pattern->text, REG_EXTENDED | REG_NOSUB);

	pattern->fed = 0;
	if (code == REG_ESPACE)
		return -ENOMEM;
	if (code && error) {
		error->at = 0;
		regerror(code, &pattern->regex, error->what, sizeof(error->what));
	}
	return code ? -EINVAL : 0;
}

int kallmod_pattern_regex(struct kallmod_pattern *pattern, const char *text, size_t length,
			  struct kallmod_pattern_error *error_ret)
{
	struct kallmod_pattern made = {.is_regex = true};
	cleanup_free char *copy = NULL;
	int err;

	if (length > KALLMOD_PATTERN_MAX)
		return refuse(error_ret, KALLMOD_PATTERN_MAX,
			      "longer than 512 bytes; shorten it");
	if (!length)
		return refuse(error_ret, 0,
			      "an empty regular expression; write '*' for all names");
	made.text = copy = strndup(text, length);
	err = copy ? check_regex(copy, error_ret) : -ENOMEM;
	if (!err)
		err = compile(&made, error_ret);
	if (err)
		return err;
	(void)cleanup_take(copy);
	*pattern = made;
	return 0;
}

void kallmod_pattern_deinit(struct kallmod_pattern *pattern)
{
	if (pattern->is_regex && pattern->err != -ENOMEM)
		regfree(&pattern->regex);
	free(pattern->text);
	free(pattern->literal);
	*pattern = (struct kallmod_pattern)KALLMOD_PATTERN_EMPTY;
}

static bool begin_anew(struct kallmod_pattern *pattern)
{
	regfree(&pattern->regex);
	/* It compiled before: there is no other reason. */
	if (compile(pattern, NULL))
		pattern->err = -ENOMEM;
	else if (pattern->spent_ns > spent_max_ns)
		pattern->err = -ETIME;
	return !pattern->err;
}

static bool regex_matches(struct kallmod_pattern *pattern, const char *name)
{
	uint64_t start;
	int code;

	if (pattern->err || (pattern->fed > FED_MAX && !begin_anew(pattern)))
		return false;
	start = kallmod_now_ns();
	code = regexec(&pattern->regex, name, 0, NULL, 0);
	pattern->spent_ns += kallmod_now_ns() - start;
	pattern->fed += strlen(name) + 1;
	return !code;
}

bool kallmod_pattern_matches(struct kallmod_pattern *pattern, const char *name)
{
	if (pattern->is_regex)
		return regex_matches(pattern, name);
	if (pattern->literal)
		return !strcmp(pattern->literal, name);
	return kallmod_glob_matches(pattern->text, name);
}
