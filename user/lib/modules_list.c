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

static int add_name(void *arg, const struct kallmod_module_line *line)
{
	struct kallmod_module_names *names = arg;
	char *copy;
	int err = kallmod_grow(&names->names, &names->capacity, names->count,
			       sizeof(*names->names));

	if (err)
		return err;
	copy = strdup(line->name);
	if (!copy)
		return -ENOMEM;
	for (char *c = copy; *c; c++)
		if (*c == '-')
			*c = '_';
	names->names[names->count++] = copy;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int kallmod_module_names_read(struct kallmod_ctx *ctx, struct kallmod_module_names *names)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	cleanup_free char *path = kallmod_path(ctx, "/proc/modules");
	int err = path ? kallmod_reader_open(&reader, ctx, path) : -ENOMEM;

	if (err == -ENOENT)
		return 0;
	if (!err)
		err = kallmod_modules_stream(&reader, add_name, names);
	if (!err && names->count)
		qsort(names->names, names->count, sizeof(*names->names), compare_names);
	return err;
}

bool kallmod_module_names_has(const struct kallmod_module_names *names, const char *name)
{
	return names->count && bsearch(&name, names->names, names->count, sizeof(*names->names),
				       compare_names);
}

void kallmod_module_names_free(struct kallmod_module_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct kallmod_module_names)KALLMOD_MODULE_NAMES_EMPTY;
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
