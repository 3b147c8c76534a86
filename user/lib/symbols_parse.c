// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The stream of /proc/kallsyms and System.map: "ADDR TYPE NAME[<tab>[MODULE]]". */
#include <string.h>

#include "cleanup.h"
#include "parse.h"
#include "symbols.h"

/* KSYM_NAME_LEN - 1 since 6.1: the kernel's own table leaves longer names out. */
#define NAME_MAX_BYTES 511

/* "[ext4]" behind the name's tab; ends the string at the bracket. */
static char *parse_module(char *text)
{
	size_t length;

	if (*text != '[')
		return NULL;
	length = strcspn(++text, "] \t");
	if (text[length] != ']' || !length)
		return NULL;
	text[length] = '\0';
	return text;
}

/* 1: a symbol; 0: one to leave out; -EINVAL. Writes into line. */
static int parse_symbol(char *line, size_t length, struct kallmod_symbol *ret)
{
	struct kallmod_symbol symbol = { 0 };
	const char *at = line;
	char *name, *tab;

	if (!kallmod_parse_hex(&at, &symbol.addr) || at[0] != ' ' || !at[1] || at[2] != ' ')
		return -EINVAL;
	symbol.type = at[1];
	name = line + (at - line) + 3;
	tab = memchr(name, '\t', line + length - name);
	if (tab) {
		*tab = '\0';
		symbol.module = parse_module(tab + 1);
		if (!symbol.module)
			return -EINVAL;
	}
	symbol.name = name;
	length = (tab ? tab : line + length) - name;
	if (!length || memchr(name, ' ', length) || symbol.type == ' ')
		return -EINVAL;
	*ret = symbol;
	return length <= NAME_MAX_BYTES;
}

static int refuse_line(struct kallmod_reader *reader, const char *line)
{
	/* Debian ships a System.map of one line that says where the real one is. */
	if (strstr(line, "The real System.map is in"))
		return kallmod_fail(reader->ctx, -ENODATA,
				    "%s: only a stub; install the kernel's -dbg package, or use its vmlinuz (--vmlinux)",
				    reader->path);
	return kallmod_reader_fail(reader, -EINVAL,
				   "is not 'ADDRESS TYPE NAME'; give a /proc/kallsyms or System.map");
}

int kallmod_symbols_stream(struct kallmod_reader *reader,
			   int (*fn)(void *arg, const struct kallmod_symbol *symbol), void *arg)
{
	struct kallmod_symbol symbol;
	size_t length;
	char *line;
	int got, err;

	while ((got = kallmod_reader_line(reader, &line, &length)) > 0) {
		err = parse_symbol(line, length, &symbol);
		if (err < 0)
			return refuse_line(reader, line);
		if (!err)
			continue;
		err = fn(arg, &symbol);
		if (err)
			return err;
	}
	return got;
}
