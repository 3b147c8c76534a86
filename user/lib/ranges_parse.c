// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Two kinds of line, no header, no comments:
 *	SECTION OFFSET-OFFSET = SYMBOL		an anchor: where the symbol stands in the section
 *	SECTION START-END MODULE[ MODULE…]	a range, end exclusive
 */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "ranges.h"

/* "START-END", both hex and nothing else. */
static bool parse_offsets(const char *text, struct kallmod_ranges_line *line)
{
	if (!kallmod_parse_hex(&text, &line->start) || *text++ != '-')
		return false;
	return kallmod_parse_hex(&text, &line->end) && !*text;
}

static bool parse_modules(char *rest, struct kallmod_ranges_line *line)
{
	while (rest) {
		char *name = strsep(&rest, " ");

		if (!*name || line->module_count == KALLMOD_RANGES_MODULES_MAX)
			return false;
		line->modules[line->module_count++] = name;
	}
	return true;
}

static bool parse_line(char *text, struct kallmod_ranges_line *line)
{
	char *rest = text, *offsets;

	line->symbol = NULL;
	line->module_count = 0;
	line->section = strsep(&rest, " ");
	offsets = strsep(&rest, " ");
	if (line->section[0] != '.' || !offsets || !rest || !parse_offsets(offsets, line))
		return false;
	if (strncmp(rest, "= ", 2))
		return parse_modules(rest, line);
	line->symbol = rest + 2;
	return *line->symbol && !strchr(line->symbol, ' ') && line->start == line->end;
}

int kallmod_ranges_stream(struct kallmod_reader *reader,
			  int (*fn)(void *arg, const struct kallmod_ranges_line *line),
			  void *arg)
{
	struct kallmod_ranges_line line;
	size_t length;
	char *text;
	int got, err;

	while ((got = kallmod_reader_line(reader, &text, &length)) > 0) {
		if (!parse_line(text, &line))
			return kallmod_reader_fail(reader, -EINVAL,
						   "is not 'SECTION START-END MODULE'; give a modules.builtin.ranges");
		err = fn(arg, &line);
		if (err)
			return err;
	}
	return got;
}
