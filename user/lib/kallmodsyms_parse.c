// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "kallmodsyms.h"
#include "parse.h"

/* "ADDR [SIZE ]TYPE NAME" up to the end of text. */
static bool parse_head(char *text, struct kallmod_kallmodsyms_line *line)
{
	const char *at = text;

	if (!kallmod_parse_hex(&at, &line->addr) || *at++ != ' ')
		return false;
	/* A size is told from a type by what follows: a type is followed by the last field. */
	line->size = 0;
	line->sized = strchr(at, ' ') != strrchr(at, ' ');
	if (line->sized && !kallmod_parse_hex(&at, &line->size))
		return false;
	/* Our own text marks sizes that are estimates. */
	at += line->sized && *at == '~';
	if (line->sized && *at++ != ' ')
		return false;
	if (!isalpha((unsigned char)at[0]) || at[1] != ' ')
		return false;
	line->type = at[0];
	line->name = at + 2;
	return *line->name && !strchr(line->name, ' ');
}

/* "[MOD1] [MOD2] {OBJECT.o}", each part of which may be missing. */
static bool parse_tags(char *text, struct kallmod_kallmodsyms_line *line)
{
	while (text && *text == '[') {
		char *name = text + 1, *end = strchr(name, ']');

		if (!end || end == name || (end[1] && end[1] != ' ') ||
		    line->module_count == KALLMOD_KALLMODSYMS_MODULES_MAX)
			return false;
		*end = '\0';
		line->modules[line->module_count++] = name;
		text = end[1] ? end + 2 : NULL;
	}
	return !text || (text[0] == '{' && text[strlen(text) - 1] == '}');
}

static bool parse_line(char *text, struct kallmod_kallmodsyms_line *line)
{
	char *tags = strchr(text, '\t');

	line->module_count = 0;
	if (tags)
		*tags++ = '\0';
	return parse_head(text, line) && parse_tags(tags, line);
}

int kallmod_kallmodsyms_stream(struct kallmod_reader *reader,
			       int (*fn)(void *arg, const struct kallmod_kallmodsyms_line *line),
			       void *arg)
{
	struct kallmod_kallmodsyms_line line;
	size_t length;
	char *text;
	int got, err;

	while ((got = kallmod_reader_line(reader, &text, &length)) > 0) {
		if (!parse_line(text, &line))
			return kallmod_reader_fail(reader, -EINVAL,
						   "is not 'ADDRESS [SIZE] TYPE NAME [MODULE]'; give a /proc/kallmodsyms");
		err = fn(arg, &line);
		if (err)
			return err;
	}
	return got;
}
