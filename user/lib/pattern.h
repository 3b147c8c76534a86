/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Patterns for names: globs, as of a shell, and regular expressions, of bounded cost. */
#ifndef KALLMOD_PATTERN_H
#define KALLMOD_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No pattern is longer: the names that the kernel has are at most 511 bytes. */
#define KALLMOD_PATTERN_MAX 512

struct kallmod_pattern {
	char *text;    /* owned: the glob, or the regular expression without its slashes */
	char *literal; /* owned: the only name that a glob without wildcards matches; else NULL */
	bool is_regex;
	int err; /* matching had to give up: -ENOMEM, -ETIME */
	/* A regular expression: */
	regex_t regex;
	size_t fed;	   /* bytes that it was tried on since it was compiled */
	uint64_t spent_ns; /* time that it took */
};

#define KALLMOD_PATTERN_EMPTY { .text = NULL }

/* What is wrong with a pattern, and where in it. */
struct kallmod_pattern_error {
	size_t at;
	char what[160];
};

/*
 * A glob of length bytes: '*', '?', "[a-z]", "[!a-z]" or "[^a-z]", and '\' before a character that
 * is to stand for itself. -EINVAL: error_ret has why; -ENOMEM.
 */
int kallmod_pattern_glob(struct kallmod_pattern *pattern, const char *text, size_t length,
			 struct kallmod_pattern_error *error_ret);
/*
 * An extended regular expression, without the slashes. Refused are back-references and
 * repetitions that would need more than their share of memory.
 */
int kallmod_pattern_regex(struct kallmod_pattern *pattern, const char *text, size_t length,
			  struct kallmod_pattern_error *error_ret);
/* Frees what the pattern holds. One that is KALLMOD_PATTERN_EMPTY is fine. */
void kallmod_pattern_deinit(struct kallmod_pattern *pattern);
/*
 * A glob is about the whole name, a regular expression about any part of it. False, with err
 * set in pattern, where it had to give up.
 */
bool kallmod_pattern_matches(struct kallmod_pattern *pattern, const char *name);
/* The same for a glob that kallmod_pattern_glob() has accepted. */
bool kallmod_glob_matches(const char *glob, const char *name);

#endif
