// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * ftrace's list of functions. available_filter_functions_addrs (6.5 on) has "ADDR NAME [MODULE]",
 * ADDR being where the call is: at the function's symbol or, where an endbr64 or a "bti c" comes
 * first, a little behind it. Before there was available_filter_functions alone, "NAME [MODULE]".
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "parse.h"
#include "probeable_priv.h"
#include "symbols.h"

#define LEFTOVER "__ftrace_invalid_address___"
/* No more functions than symbols. */
#define PLACES_MAX ((size_t)4 << 20)
/* The call comes that far behind the symbol at most, where the size is not known. */
#define CALL_REACH 32

struct stream {
	bool addresses;
	int (*fn)(void *arg, uint64_t addr, const char *name, const char *module, size_t line);
	void *arg;
};

/* "NAME [MODULE]", also with more behind it, which later kernels may add. */
static int split_line(struct kallmod_reader *reader, const struct stream *stream, char *line)
{
	const char *at = line, *module = NULL;
	uint64_t addr = 0;
	char *end, *name;

	if (stream->addresses && (!kallmod_parse_hex(&at, &addr) || *at++ != ' '))
		return kallmod_reader_fail(reader, -EINVAL,
					   "no address; the kernel's own list is wanted");
	name = line + (at - line);
	end = name + strcspn(name, " \t");
	if (end == name)
		return kallmod_reader_fail(reader, -EINVAL,
					   "no name; the kernel's own list is wanted");
	if (*end && end[1] == '[') {
		module = end + 2;
		end[2 + strcspn(module, "]")] = '\0';
	}
	*end = '\0';
	return stream->fn(stream->arg, addr, name, module, reader->line);
}

static int stream_file(struct kallmod_ctx *ctx, const char *path, const struct stream *stream)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, path);
	size_t length;
	char *line;

	while (!err) {
		int got = kallmod_reader_line(&reader, &line, &length);

		if (got <= 0)
			return got;
		err = split_line(&reader, stream, line);
	}
	return err;
}

int kallmod_traced_stream(struct kallmod_ctx *ctx, bool addresses,
			  int (*fn)(void *arg, uint64_t addr, const char *name,
				    const char *module, size_t line),
			  void *arg)
{
	static const char *const places[] = {"/sys/kernel/tracing",
					     "/sys/kernel/debug/tracing"};
	struct stream stream = {addresses, fn, arg};
	int err = -ENOENT;

	for (size_t i = 0; err == -ENOENT && i < 2; i++) {
		cleanup_free char *path = kallmod_path(ctx, "%s/available_filter_functions%s",
						       places[i], addresses ? "_addrs" : "");

		err = path ? stream_file(ctx, path, &stream) : -ENOMEM;
	}
	return err;
}

static int add_place(void *arg, uint64_t addr, const char *name, const char *module,
		     size_t line)
{
	struct kallmod_traced_list *list = arg;

	(void)module;
	(void)line;
	if (list->count == PLACES_MAX)
		return -EFBIG;
	if (kallmod_grow(&list->places, &list->capacity, list->count, sizeof(*list->places)))
		return -ENOMEM;
	list->places[list->count++] = (struct kallmod_traced_place){
		addr, !strncmp(name, LEFTOVER, strlen(LEFTOVER))};
	return 0;
}

static int add_name(void *arg, uint64_t addr, const char *name, const char *module,
		    size_t line)
{
	struct kallmod_traced_list *list = arg;
	struct kallmod_name_count *count = kallmod_name_counts_find(list->names, name, module);

	(void)addr;
	(void)line;
	/* A module may have come or gone since the symbols were read. */
	if (count)
		count->listed++;
	list->count++;
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct kallmod_traced_place *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int read_addresses(struct kallmod_ctx *ctx, struct kallmod_traced_list *list)
{
	int err = kallmod_traced_stream(ctx, true, add_place, list);

	if (!err && list->count)
		qsort(list->places, list->count, sizeof(*list->places), compare_places);
	return err;
}

static int read_names(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
		      struct kallmod_traced_list *list)
{
	int err = kallmod_name_counts_create(symbols, true, &list->names);

	list->count = 0;
	if (!err)
		err = kallmod_traced_stream(ctx, false, add_name, list);
	if (err || !list->count) {
		kallmod_name_counts_destroy(list->names);
		list->names = NULL;
	}
	list->count = 0;
	return err;
}

/* EPERM is lockdown or another policy of the kernel, EACCES a directory that is root's. */
int kallmod_traced_list_read(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			     struct kallmod_traced_list *list)
{
	int err = read_addresses(ctx, list);

	if (err == -ENOENT)
		err = read_names(ctx, symbols, list);
	list->denied = err == -EPERM || err == -EACCES;
	if (err == -ENOMEM)
		return kallmod_fail(ctx, err, "out of memory");
	return list->denied || err == -ENOENT ? 0 : err;
}

void kallmod_traced_list_deinit(struct kallmod_traced_list *list)
{
	free(list->places);
	kallmod_name_counts_destroy(list->names);
	*list = (struct kallmod_traced_list)KALLMOD_TRACED_LIST_EMPTY;
}

static enum kallmod_traced find_address(const struct kallmod_traced_list *list,
					const struct kallmod_function *function)
{
	uint64_t reach = function->size ? function->size : CALL_REACH;
	enum kallmod_traced found = KALLMOD_TRACED_NO;
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->places[middle].addr < function->addr)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && list->places[low].addr - function->addr < reach; low++) {
		if (!list->places[low].leftover)
			return KALLMOD_TRACED_YES;
		found = KALLMOD_TRACED_LEFTOVER;
	}
	return found;
}

static enum kallmod_traced find_name(const struct kallmod_traced_list *list,
				     const struct kallmod_symbol *symbol)
{
	const struct kallmod_name_count *count;

	count = kallmod_name_counts_find(list->names, symbol->name, symbol->module);
	if (!count || !count->listed)
		return KALLMOD_TRACED_NO;
	return count->listed >= count->symbols ? KALLMOD_TRACED_YES : KALLMOD_TRACED_UNKNOWN;
}

/* The list may have the function by any of its names. */
static enum kallmod_traced find_names(const struct kallmod_traced_list *list,
				      const struct kallmod_symbols *symbols, uint64_t addr)
{
	enum kallmod_traced found = KALLMOD_TRACED_NO;
	const struct kallmod_symbol *symbol;
	ptrdiff_t i = kallmod_symbols_find(symbols, addr);

	if (i < 0)
		return KALLMOD_TRACED_NO;
	while (i > 0 && kallmod_symbols_at(symbols, i - 1)->addr == addr)
		i--;
	while ((symbol = kallmod_symbols_at(symbols, i++)) && symbol->addr == addr) {
		enum kallmod_traced as = find_name(list, symbol);

		if (as == KALLMOD_TRACED_YES)
			return as;
		if (as == KALLMOD_TRACED_UNKNOWN)
			found = as;
	}
	return found;
}

enum kallmod_traced kallmod_traced_list_find(const struct kallmod_traced_list *list,
					     const struct kallmod_symbols *symbols,
					     const struct kallmod_function *function)
{
	if (list->names)
		return find_names(list, symbols, function->addr);
	return list->count ? find_address(list, function) : KALLMOD_TRACED_UNKNOWN;
}
