// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What a kernel image knows of itself: its symbols, with their sizes, and its release. */
#include <string.h>

#include "cleanup.h"
#include "image.h"
#include "kallsyms_table.h"
#include "symbols.h"
#include "symbols_sizes.h"

/* The banner, and the longest release that uname() can return. */
static const char banner[] = "Linux version ";
#define RELEASE_MAX 64
#define SEARCH_MAX ((uint64_t)1 << 30)

/* ---- symbols ------------------------------------------------------------------------ */

struct adder {
	const struct kallmod_kallsyms *table;
	struct kallmod_symbols *symbols;
};

static int add_name(void *arg, size_t index, char type, const char *name)
{
	struct adder *adder = arg;
	struct kallmod_symbol symbol = {
		.addr = kallmod_kallsyms_addr(adder->table, index),
		.name = name,
		.type = type,
	};

	return kallmod_symbols_add(adder->symbols, &symbol);
}

static int add_elf_symbol(void *arg, const struct kallmod_symbol *symbol)
{
	return kallmod_symbols_add(arg, symbol);
}

static int read_tables(struct kallmod_ctx *ctx, struct kallmod_image *image,
		       const struct kallmod_kallsyms *table, struct kallmod_symbols *symbols)
{
	struct adder adder = { table, symbols };
	int err = kallmod_kallsyms_each_name(table, add_name, &adder);

	if (!err)
		err = kallmod_symbols_sort(symbols);
	/* Without sizes the symbols are still good. */
	if (!err && kallmod_symbols_take_sizes(ctx, symbols, image) == -ENOMEM)
		err = -ENOMEM;
	return err;
}

int kallmod_image_symbols(struct kallmod_ctx *ctx, struct kallmod_image *image,
			  struct kallmod_symbols **ret)
{
	cleanup_symbols struct kallmod_symbols *symbols = NULL;
	struct kallmod_kallsyms *table = NULL;
	int err = kallmod_symbols_create(&symbols), found;

	if (err)
		return kallmod_fail(ctx, err, "%s: out of memory", kallmod_image_path(image));
	found = kallmod_kallsyms_open(ctx, image, &table);
	err = found ? kallmod_image_elf_symbols(image, add_elf_symbol, symbols) :
		      read_tables(ctx, image, table, symbols);
	kallmod_kallsyms_close(table);
	/* No symbol table either: what was wrong with the tables is what counts. */
	if (err == -ENODATA || (!err && !kallmod_symbols_count(symbols)))
		return found ? found : -ENODATA;
	if (!err)
		err = kallmod_symbols_sort(symbols);
	if (err == -ENOMEM || err == -EFBIG)
		kallmod_fail(ctx, err, "%s: too many symbols for the memory",
			     kallmod_image_path(image));
	if (!err)
		*ret = cleanup_take(symbols);
	return err;
}

/* ---- release ------------------------------------------------------------------------ */

static int take_release(const char *text, size_t length, char *release, size_t size)
{
	size_t n = 0;

	while (n < length && n < RELEASE_MAX && text[n] > ' ' && text[n] < 0x7f && text[n] != '/')
		n++;
	if (!n || n == length || text[n] != ' ' || text[0] < '1' || text[0] > '9')
		return -ENODATA;
	if (n >= size)
		return -E2BIG;
	memcpy(release, text, n);
	release[n] = '\0';
	return 0;
}

/* The format of the banner, "Linux version %s", is in there as well: that is no release. */
static int find_banner(const char *data, size_t size, char *release, size_t release_size)
{
	const char *at = data, *end = data + size;
	int err = -ENODATA;

	while (err && (at = memmem(at, end - at, banner, sizeof(banner) - 1))) {
		at += sizeof(banner) - 1;
		err = take_release(at, end - at, release, release_size);
	}
	return err;
}

int kallmod_image_release(struct kallmod_image *image, char *release, size_t size)
{
	const struct kallmod_image_segment *segment;
	const char *value;
	size_t length;
	uint64_t left = SEARCH_MAX;
	int err = -ENODATA;

	if (kallmod_image_vmcoreinfo(image, "OSRELEASE", &value, &length)) {
		char line[RELEASE_MAX + 2];

		snprintf(line, sizeof(line), "%.*s ", (int)(length < 65 ? length : 65), value);
		return take_release(line, strlen(line), release, size);
	}
	if (kallmod_image_kind(image) == KALLMOD_IMAGE_CORE)
		return -ENODATA;
	/* Segments can overlap: no more is searched than the largest kernel has. */
	for (size_t i = 0; err && (segment = kallmod_image_segment(image, i)); i++) {
		uint64_t bytes = segment->end - segment->start;
		const char *data = bytes < left ? kallmod_image_at(image, segment->start, bytes) :
						  NULL;

		if (!data)
			continue;
		err = find_banner(data, bytes, release, size);
		left -= bytes;
	}
	return err;
}
