// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Where no kprobe may be: /sys/kernel/debug/kprobes/blacklist, "0xSTART-0xEND<tab>NAME", and, for
 * debugfs is often not mounted, the sections that the kernel keeps such code in.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "parse.h"
#include "probeable_priv.h"
#include "symbols.h"

static int add_range(struct kallmod_blacklist *list, uint64_t start, uint64_t end)
{
	/* Zeros and hashes are what those get who may not know; an empty range is no harm. */
	if (start >= end)
		return 0;
	if (kallmod_grow(&list->ranges, &list->capacity, list->count, sizeof(*list->ranges)))
		return -ENOMEM;
	list->ranges[list->count++] = (struct kallmod_blacklist_range){start, end};
	if (end - start > list->reach)
		list->reach = end - start;
	return 0;
}

static int add_sections(struct kallmod_blacklist *list, const struct kallmod_symbols *symbols)
{
	static const char *const sections[][2] = {
		{"__kprobes_text_start", "__kprobes_text_end"},
		{"__noinstr_text_start", "__noinstr_text_end"},
		{"__entry_text_start", "__entry_text_end"},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(sections) / sizeof(*sections); i++) {
		const struct kallmod_symbol *start, *end;

		start = kallmod_symbols_by_name(symbols, sections[i][0]);
		end = kallmod_symbols_by_name(symbols, sections[i][1]);
		if (start && end)
			err = add_range(list, start->addr, end->addr);
	}
	return err;
}

static int add_line(struct kallmod_reader *reader, struct kallmod_blacklist *list,
		    const char *line)
{
	uint64_t start, end;

	if (!strncmp(line, "0x", 2))
		line += 2;
	if (!kallmod_parse_hex(&line, &start) || *line++ != '-')
		return kallmod_reader_fail(
			reader, -EINVAL,
			"no range of addresses; the kernel's own list is wanted");
	if (!strncmp(line, "0x", 2))
		line += 2;
	if (!kallmod_parse_hex(&line, &end))
		return kallmod_reader_fail(
			reader, -EINVAL,
			"no range of addresses; the kernel's own list is wanted");
	return add_range(list, start, end);
}

static int add_file(struct kallmod_ctx *ctx, struct kallmod_blacklist *list, const char *path)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, path);
	size_t length;
	char *line;

	/* Not mounted, not root's, locked down: the sections have to do. */
	if (err == -ENOENT || err == -EACCES || err == -EPERM)
		return 0;
	while (!err) {
		int got = kallmod_reader_line(&reader, &line, &length);

		if (got <= 0)
			return got;
		err = add_line(&reader, list, line);
	}
	return err;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct kallmod_blacklist_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

int kallmod_blacklist_read(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			   struct kallmod_blacklist *list)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/kernel/debug/kprobes/blacklist");
	int err = path ? add_sections(list, symbols) : -ENOMEM;

	if (!err)
		err = add_file(ctx, list, path);
	if (err == -ENOMEM)
		return kallmod_fail(ctx, err, "out of memory");
	if (list->count)
		qsort(list->ranges, list->count, sizeof(*list->ranges), compare_ranges);
	return err;
}

void kallmod_blacklist_deinit(struct kallmod_blacklist *list)
{
	free(list->ranges);
	*list = (struct kallmod_blacklist)KALLMOD_BLACKLIST_EMPTY;
}

bool kallmod_blacklist_has(const struct kallmod_blacklist *list, uint64_t addr)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->ranges[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	/* Ranges may be in one another: a section, and functions of it. */
	for (; low > 0 && addr - list->ranges[low - 1].start < list->reach; low--)
		if (addr < list->ranges[low - 1].end)
			return true;
	return false;
}
