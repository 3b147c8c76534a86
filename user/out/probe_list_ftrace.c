// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines for ftrace's set_ftrace_filter: names, and for those that several functions have their
 * numbers in available_filter_functions, which the kernel takes as well (5.1 on). Numbers are
 * good until a module comes or goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "ctx.h"
#include "name_counts.h"
#include "probe_list.h"
#include "probeable.h"

struct lines {
	const struct kallmod_probe_list *list;
	size_t *lines; /* of each function: the number of its line; 0: not found */
	struct kallmod_name_counts *names;
};

/* The function that ends last before addr, which is in it or behind it. */
static size_t find_function(const struct kallmod_probe_list *list, uint64_t addr)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->functions[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int note_line(void *arg, uint64_t addr, const char *name, const char *module,
		     size_t line)
{
	struct lines *lines = arg;
	struct kallmod_name_count *count = kallmod_name_counts_find(lines->names, name, NULL);
	size_t i = find_function(lines->list, addr);

	(void)module;
	if (count)
		count->listed++;
	if (i &&
	    addr - lines->list->functions[i - 1].addr < lines->list->functions[i - 1].size)
		lines->lines[i - 1] = line;
	return 0;
}

/* Without a list, or with one of names alone, names that are there once are what remains. */
static int read_lines(struct lines *lines)
{
	struct kallmod_ctx *ctx = lines->list->ctx;
	const struct kallmod_symbols *symbols;
	int err = kallmod_ctx_symbols(ctx, &symbols);

	if (err)
		return err;
	lines->lines = calloc(lines->list->n + 1, sizeof(*lines->lines));
	err = lines->lines ? kallmod_name_counts_create(symbols, false, &lines->names) :
			     -ENOMEM;
	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	if (!kallmod_ctx_running(ctx))
		return 0;
	err = kallmod_traced_stream(ctx, true, note_line, lines);
	return err == -ENOENT || err == -EPERM || err == -EACCES ? 0 : err;
}

/* The kernel compares names with those that it knows, which may be another of the same address. */
static bool print(const struct lines *lines, size_t i)
{
	const struct kallmod_function *function = &lines->list->functions[i];
	const struct kallmod_name_count *count =
		kallmod_name_counts_find(lines->names, function->name, NULL);
	uint32_t times = !count ? 0 : count->listed ? count->listed : count->symbols;

	if (function->mechanism == KALLMOD_MECHANISM_NO)
		return false;
	if (times == 1 && (count->listed || !lines->lines[i]))
		puts(function->name);
	else if (lines->lines[i])
		printf("%zu\n", lines->lines[i]);
	else
		return false;
	return true;
}

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	struct lines lines = {.list = list};
	int err = read_lines(&lines);

	for (size_t i = 0; !err && i < list->n; i++)
		*left_ret += !print(&lines, i);
	free(lines.lines);
	kallmod_name_counts_destroy(lines.names);
	return err;
}

const struct kallmod_out_probe_list kallmod_out_probe_list_ftrace = {
	.name = "ftrace",
	.left = "they cannot be traced, or have a name that is another function's, too",
	.write = write_list};
