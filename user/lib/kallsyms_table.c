// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "kallsyms_priv.h"

/* Text and read-only data of a core that is searched: no kernel has more before the tables. */
#define CORE_SEARCH_MAX ((uint64_t)192 << 20)
/* The tables themselves. */
#define NAMES_MAX ((uint64_t)64 << 20)
#define TOKENS_MAX ((uint64_t)64 << 10)
#define INDEX_SIZE (2 * KALLMOD_KALLSYMS_TOKENS)

size_t kallmod_kallsyms_count(const struct kallmod_kallsyms *table)
{
	return table->count;
}

enum kallmod_kallsyms_encoding kallmod_kallsyms_encoding(const struct kallmod_kallsyms *table)
{
	return table->encoding;
}

uint64_t kallmod_kallsyms_base(const struct kallmod_kallsyms *table)
{
	return table->base;
}

bool kallmod_kallsyms_has_seqs(const struct kallmod_kallsyms *table)
{
	return table->seqs;
}

ptrdiff_t kallmod_kallsyms_by_addr(const struct kallmod_kallsyms *table, uint64_t addr)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kallmod_kallsyms_addr(table, middle) <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t)low - 1;
}

/* ---- what names the tables ---------------------------------------------------------- */

/* The tables' symbols, and where in a place they belong. */
static const struct {
	const char *name;
	size_t member;
} named[] = {
	{ "kallsyms_num_syms", offsetof(struct kallmod_kallsyms_place, num_syms) },
	{ "kallsyms_names", offsetof(struct kallmod_kallsyms_place, names) },
	{ "kallsyms_token_table", offsetof(struct kallmod_kallsyms_place, token_table) },
	{ "kallsyms_token_index", offsetof(struct kallmod_kallsyms_place, token_index) },
	{ "kallsyms_offsets", offsetof(struct kallmod_kallsyms_place, offsets) },
	{ "kallsyms_relative_base", offsetof(struct kallmod_kallsyms_place, relative_base) },
	{ "kallsyms_addresses", offsetof(struct kallmod_kallsyms_place, addresses) },
	{ "kallsyms_seqs_of_names", offsetof(struct kallmod_kallsyms_place, seqs) },
};

static uint64_t *member_of(struct kallmod_kallsyms_place *place, size_t i)
{
	return (uint64_t *)((char *)place + named[i].member);
}

static int note_symbol(void *arg, const struct kallmod_symbol *symbol)
{
	if (strncmp(symbol->name, "kallsyms_", 9))
		return 0;
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (!strcmp(symbol->name, named[i].name))
			*member_of(arg, i) = symbol->addr;
	return 0;
}

static void find_place(struct kallmod_image *image, struct kallmod_kallsyms_place *place)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		kallmod_image_vmcoreinfo_symbol(image, named[i].name, member_of(place, i));
	/* A torn symbol table is reported by whoever wants the symbols; here the shape helps. */
	kallmod_image_elf_symbols(image, note_symbol, place);
}

/* [start, end) of the image; an empty span where it is not all there. */
static struct kallmod_kallsyms_span span_of(struct kallmod_image *image, uint64_t start,
					    uint64_t end, uint64_t max)
{
	struct kallmod_kallsyms_span span = { .vaddr = start };

	if (start < end && end - start <= max)
		span.data = kallmod_image_at(image, start, end - start);
	span.size = span.data ? end - start : 0;
	return span;
}

/* The number of names, which is a word in old kernels, and 32 bits since about 4.20. */
static uint64_t read_count(struct kallmod_image *image, const struct kallmod_kallsyms_place *place)
{
	const uint8_t *at = kallmod_image_at(image, place->num_syms, 4);
	uint64_t count = at ? kallmod_image_load(at, 4, kallmod_image_big_endian(image)) : 0;

	if (!count && kallmod_image_word(image) == 8) {
		at = kallmod_image_at(image, place->num_syms, 8);
		count = at ? kallmod_image_load(at, 8, kallmod_image_big_endian(image)) : 0;
	}
	return count;
}

static int open_named(struct kallmod_kallsyms *table, struct kallmod_image *image,
		      const struct kallmod_kallsyms_place *place)
{
	struct kallmod_kallsyms_span tokens, names;
	const uint8_t *index;
	int err;

	if (!place->num_syms || !place->names || !place->token_table || !place->token_index)
		return -ENODATA;
	index = kallmod_image_at(image, place->token_index, INDEX_SIZE);
	tokens = span_of(image, place->token_table, place->token_index, TOKENS_MAX);
	names = span_of(image, place->names, place->token_table, NAMES_MAX);
	if (!index || !tokens.data || !names.data)
		return -EINVAL;
	err = kallmod_kallsyms_read_tokens(table, &tokens, index);
	if (!err)
		err = kallmod_kallsyms_read_names(table, &names, read_count(image, place));
	return err ? err : kallmod_kallsyms_find_addresses(table, image, place);
}

/* ---- by shape ----------------------------------------------------------------------- */

static int search_span(struct kallmod_kallsyms *table, struct kallmod_image *image,
		       const struct kallmod_kallsyms_span *span)
{
	struct kallmod_kallsyms_place place;
	int err = span->data ? kallmod_kallsyms_search(table, span, &place) : -ENODATA;

	return err ? err : kallmod_kallsyms_find_addresses(table, image, &place);
}

/* All that is in an image's file; of a core's memory what can be the kernel itself. */
static int search_image(struct kallmod_kallsyms *table, struct kallmod_image *image)
{
	const struct kallmod_image_segment *segment;
	bool core = kallmod_image_kind(image) == KALLMOD_IMAGE_CORE;
	uint64_t stext = 0;
	int err = -ENODATA;

	if (core)
		kallmod_image_vmcoreinfo_symbol(image, "_stext", &stext);
	for (size_t i = 0; err && (segment = kallmod_image_segment(image, i)); i++) {
		uint64_t start = segment->start, size = segment->end - start;
		struct kallmod_kallsyms_span span;
		int got;

		if (core && stext) {
			if (stext < start || stext >= segment->end)
				continue;
			start = stext & ~(uint64_t)4095;
			size = segment->end - start;
		} else if (core && size > CORE_SEARCH_MAX) {
			continue;
		}
		if (core && size > CORE_SEARCH_MAX)
			size = CORE_SEARCH_MAX;
		span = span_of(image, start, start + size, UINT64_MAX);
		got = search_span(table, image, &span);
		/* Broken tables here do not rule out whole ones further on. */
		if (got != -ENODATA)
			err = got;
	}
	return err;
}

static void close_pointer(struct kallmod_kallsyms **table)
{
	kallmod_kallsyms_close(*table);
}

int kallmod_kallsyms_open(struct kallmod_ctx *ctx, struct kallmod_image *image,
			  struct kallmod_kallsyms **ret)
{
	__attribute__((cleanup(close_pointer))) struct kallmod_kallsyms *table = NULL;
	struct kallmod_kallsyms_place place = {};
	int err;

	table = calloc(1, sizeof(*table));
	if (!table)
		return kallmod_fail(ctx, -ENOMEM, "%s: out of memory", kallmod_image_path(image));
	table->word = kallmod_image_word(image);
	table->big_endian = kallmod_image_big_endian(image);
	find_place(image, &place);
	err = open_named(table, image, &place);
	if (err && err != -ENOMEM)
		err = search_image(table, image);
	if (!err)
		*ret = cleanup_take(table);
	else if (err == -ENODATA)
		kallmod_fail(ctx, err,
			     "%s: has no kallsyms tables (a kernel without CONFIG_KALLSYMS, or none at all); give a System.map with --kallsyms",
			     kallmod_image_path(image));
	else if (err == -EINVAL)
		kallmod_fail(ctx, err,
			     "%s: its kallsyms tables are torn or of an unknown form; get a whole copy, or give a System.map with --kallsyms",
			     kallmod_image_path(image));
	else
		kallmod_fail(ctx, err, "%s: out of memory", kallmod_image_path(image));
	return err;
}

void kallmod_kallsyms_close(struct kallmod_kallsyms *table)
{
	if (!table)
		return;
	free(table->markers);
	free(table->tokens);
	free(table);
}
