/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The lines of a Kconfig file, as far as the types of symbols need them. What depends on what,
 * defaults and prompts are passed over: a type holds under all conditions.
 */
#ifndef KALLMOD_TRISTATE_PARSE_H
#define KALLMOD_TRISTATE_PARSE_H

#include <stddef.h>

enum kallmod_kconfig_type {
	KALLMOD_KCONFIG_UNTYPED,
	KALLMOD_KCONFIG_TRISTATE,
	KALLMOD_KCONFIG_OTHER, /* bool, int, hex, string */
};

enum kallmod_kconfig_kind {
	KALLMOD_KCONFIG_SYMBOL,	   /* config, menuconfig: text is the name */
	KALLMOD_KCONFIG_CHOICE,	   /* choice */
	KALLMOD_KCONFIG_ENDCHOICE,
	KALLMOD_KCONFIG_TYPE,	   /* of the symbol or choice before; type is set */
	KALLMOD_KCONFIG_OUTSIDE,   /* menu, if, comment, …: ends the entry before */
	KALLMOD_KCONFIG_SOURCE,	   /* text is the path, macros not expanded */
	KALLMOD_KCONFIG_ASSIGN,	   /* a macro: text is the name, value the rest */
};

struct kallmod_kconfig_line {
	enum kallmod_kconfig_kind kind;
	enum kallmod_kconfig_type type;
	const char *text;
	const char *value;
	char how;    /* of a macro: '=', ':' (expand at once) or '+' (append) */
	size_t line; /* number of the line, from 1 */
};

/*
 * Calls fn for each line that matters; text, NUL-terminated, is written to. The strings live
 * as long as text. A non-zero return of fn ends it. -EINVAL: line_ret has the number of a
 * line that cannot be read; it is written in this case only.
 */
int kallmod_kconfig_parse(char *text,
			  int (*fn)(void *arg, const struct kallmod_kconfig_line *line),
			  void *arg, size_t *line_ret);

#endif
