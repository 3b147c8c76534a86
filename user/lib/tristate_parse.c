// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The language: Documentation/kbuild/kconfig-language.rst and kconfig-macro-language.rst. The
 * lexer whose ways this follows is scripts/kconfig/lexer.l (zconf.l before 4.18).
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tristate_parse.h"

static const struct keyword {
	const char *name;
	enum kallmod_kconfig_kind kind;
	enum kallmod_kconfig_type type;
} keywords[] = {
	{"config", KALLMOD_KCONFIG_SYMBOL},
	{"menuconfig", KALLMOD_KCONFIG_SYMBOL},
	{"choice", KALLMOD_KCONFIG_CHOICE},
	{"endchoice", KALLMOD_KCONFIG_ENDCHOICE},
	{"source", KALLMOD_KCONFIG_SOURCE},
	{"tristate", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_TRISTATE},
	{"def_tristate", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_TRISTATE},
	{"bool", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"boolean", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER}, /* until 3.19 */
	{"def_bool", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"def_boolean", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"int", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"hex", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"string", KALLMOD_KCONFIG_TYPE, KALLMOD_KCONFIG_OTHER},
	{"if", KALLMOD_KCONFIG_OUTSIDE},
	{"endif", KALLMOD_KCONFIG_OUTSIDE},
	{"menu", KALLMOD_KCONFIG_OUTSIDE},
	{"endmenu", KALLMOD_KCONFIG_OUTSIDE},
	{"mainmenu", KALLMOD_KCONFIG_OUTSIDE},
	{"comment", KALLMOD_KCONFIG_OUTSIDE},
};

/* Where in the text we are. */
struct cursor {
	char *at;
	size_t line; /* number of the line that at begins, from 1 */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static char *skip_blanks(char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* Ends the line at the cursor and steps behind it; NULL at the end of the text. */
static char *next_line(struct cursor *cursor)
{
	char *line = cursor->at, *end;

	if (!*line)
		return NULL;
	end = line + strcspn(line, "\n");
	cursor->at = *end ? end + 1 : end;
	*end = '\0';
	cursor->line++;
	return line;
}

static char *last_char(char *line)
{
	return *line ? line + strlen(line) - 1 : line;
}

/* As above, with the lines that a backslash at the end continues; a comment has none. */
static char *next_logical(struct cursor *cursor)
{
	char *line = next_line(cursor), *end, *more;

	if (!line || *skip_blanks(line) == '#')
		return line;
	for (end = last_char(line); *end == '\\'; end = last_char(more)) {
		more = next_line(cursor);
		*end = ' ';
		if (!more)
			break;
		/* The lines lie side by side, with the NUL between them. */
		end[1] = ' ';
	}
	return line;
}

/* The column that the first character of a line stands in, as an editor shows it. */
static size_t indent_of(const char *line)
{
	size_t column = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		column = *line == '\t' ? (column | 7) + 1 : column + 1;
	return column;
}

static bool is_blank(const char *line)
{
	return !line[strspn(line, " \t\r")] || line[strspn(line, " \t\r")] == '\n';
}

/*
 * A help text goes as far as lines are indented as its first one is, at least: whatever looks
 * like a keyword in it is none.
 */
static void skip_help(struct cursor *cursor)
{
	size_t first = 0;

	while (*cursor->at) {
		if (!is_blank(cursor->at)) {
			size_t indent = indent_of(cursor->at);

			if (!indent || indent < first)
				return;
			if (!first)
				first = indent;
		}
		next_line(cursor);
	}
}

static const struct keyword *find_keyword(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strlen(keywords[i].name) == length && !memcmp(keywords[i].name, word, length))
			return &keywords[i];
	return NULL;
}

/* "path", 'path' or path. */
static const char *take_path(char *rest)
{
	char quote = *rest;

	if (quote == '"' || quote == '\'') {
		char *end = strchr(++rest, quote);

		if (!end)
			return NULL;
		*end = '\0';
	} else {
		rest[strcspn(rest, " \t\r#")] = '\0';
	}
	return *rest ? rest : NULL;
}

static const char *take_name(char *rest)
{
	char *end = rest;

	while (is_word(*end))
		end++;
	if (end == rest || (*end && !strchr(" \t\r#", *end)))
		return NULL;
	*end = '\0';
	return rest;
}

/* "NAME = value", "NAME := value" or "NAME += value", where rest is behind the name. */
static bool take_assignment(char *name, char *rest, struct kallmod_kconfig_line *line)
{
	char *end = rest;

	rest = skip_blanks(rest);
	line->how = *rest;
	if (*rest == ':' || *rest == '+')
		rest++;
	if (*rest != '=')
		return false;
	line->kind = KALLMOD_KCONFIG_ASSIGN;
	line->value = skip_blanks(rest + 1);
	*end = '\0';
	line->text = name;
	return true;
}

static int take_keyword(const struct keyword *keyword, char *rest,
			struct kallmod_kconfig_line *line)
{
	line->kind = keyword->kind;
	line->type = keyword->type;
	rest = skip_blanks(rest);
	if (keyword->kind == KALLMOD_KCONFIG_SYMBOL)
		line->text = take_name(rest);
	else if (keyword->kind == KALLMOD_KCONFIG_SOURCE)
		line->text = take_path(rest);
	else
		return 1;
	return line->text ? 1 : -EINVAL;
}

/* 1: *line is set; 0: a line without meaning here; -EINVAL. */
static int parse_line(char *text, struct cursor *cursor, struct kallmod_kconfig_line *line)
{
	char *word = skip_blanks(text), *end = word;
	const struct keyword *keyword;

	while (is_word(*end))
		end++;
	if (end == word)
		return 0;
	if (take_assignment(word, end, line))
		return 1;
	if ((end - word == 4 && !memcmp(word, "help", 4)) ||
	    (end - word == 10 && !memcmp(word, "---help---", 10))) {
		skip_help(cursor);
		return 0;
	}
	keyword = find_keyword(word, end - word);
	return keyword ? take_keyword(keyword, end, line) : 0;
}

int kallmod_kconfig_parse(char *text,
			  int (*fn)(void *arg, const struct kallmod_kconfig_line *line),
			  void *arg, size_t *line_ret)
{
	struct cursor cursor = {text, 1};
	char *logical;

	for (;;) {
		struct kallmod_kconfig_line line = {.line = cursor.line};
		int got;

		logical = next_logical(&cursor);
		if (!logical)
			return 0;
		got = parse_line(logical, &cursor, &line);
		if (got < 0)
			*line_ret = line.line;
		else if (got)
			got = fn(arg, &line);
		if (got)
			return got;
	}
}
