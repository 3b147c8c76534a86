// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* /proc/modules: "NAME SIZE REFCOUNT USERS STATE 0xBASE [(TAINTS)]". */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "map_priv.h"
#include "modules.h"
#include "parse.h"

static bool parse_decimal(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned char)*text - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = 10 * value + digit;
	}
	*ret = value;
	return true;
}

static bool parse_line(char *line, struct kallmod_module_line *ret)
{
	char *fields[6], *rest = line;
	const char *base;

	for (size_t i = 0; i < 6; i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i] || !*fields[i])
			return false;
	}
	if (strncmp(fields[5], "0x", 2))
		return false;
	base = fields[5] + 2;
	ret->name = fields[0];
	ret->loading = !strcmp(fields[4], "Loading");
	return parse_decimal(fields[1], &ret->size) && kallmod_parse_hex(&base, &ret->base) &&
	       !*base && strlen(ret->name) < 256;
}

int kallmod_modules_stream(struct kallmod_reader *reader,
			   int (*fn)(void *arg, const struct kallmod_module_line *line),
			   void *arg)
{
	size_t length;
	char *line;
	int got, err;

	while ((got = kallmod_reader_line(reader, &line, &length)) > 0) {
		struct kallmod_module_line module;

		if (!parse_line(line, &module))
			return kallmod_reader_fail(reader, -EINVAL,
						   "is not a line of /proc/modules; give the right root");
		err = fn(arg, &module);
		if (err)
			return err;
	}
	return got;
}

const char *kallmod_pseudo_module(const char *tag)
{
	if (!strcmp(tag, "bpf"))
		return "bpf";
	if (!strcmp(tag, "__builtin__ftrace"))
		return "ftrace";
	if (!strcmp(tag, "__builtin__kprobes"))
		return "kprobes";
	return NULL;
}
