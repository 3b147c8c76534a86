// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The addresses of the kallsyms tables. They stand before num_syms until 6.3 and behind
 * token_index since, in one of four encodings, and no field says which: but only one of them gives
 * addresses that never fall and that lie in the image.
 */
#include <errno.h>
#include <string.h>

#include "kallsyms_priv.h"

#define INDEX_SIZE (2 * KALLMOD_KALLSYMS_TOKENS)

struct finder {
	struct kallmod_kallsyms *table;
	struct kallmod_image *image;
	const struct kallmod_kallsyms_place *place;
	uint64_t text; /* vaddr of the image's first segment with code */
	size_t anchor; /* the index of _text, else _stext; the count: neither */
	bool anchor_is_text;
	uint64_t end;	   /* where the addresses and their base end, if they are found behind */
	uint64_t moved_by; /* how far from the guess a raw image is linked, if anything says it */
};

static uint64_t align_up(uint64_t value, unsigned int to)
{
	return (value + to - 1) & ~(uint64_t)(to - 1);
}

uint64_t kallmod_kallsyms_addr(const struct kallmod_kallsyms *table, size_t index)
{
	const uint8_t *at = table->addresses.data;
	uint64_t mask = table->word == 8 ? UINT64_MAX : UINT32_MAX;
	uint32_t value;

	if (table->encoding == KALLMOD_KALLSYMS_ABSOLUTE)
		return kallmod_image_load(at + index * table->word, table->word,
					  table->big_endian);
	value = kallmod_image_load(at + 4 * index, 4, table->big_endian);
	switch (table->encoding) {
	case KALLMOD_KALLSYMS_PERCPU:
		return ((int32_t)value >= 0 ? value : table->base - 1 - (int64_t)(int32_t)value) &
		       mask;
	case KALLMOD_KALLSYMS_PLACE:
		return (table->addresses.vaddr + 4 * index + (int64_t)(int32_t)value) & mask;
	default:
		return (table->base + value) & mask;
	}
}

static bool never_falls(const struct kallmod_kallsyms *table)
{
	uint64_t before = 0, addr;

	for (size_t i = 0; i < table->count; i++, before = addr) {
		addr = kallmod_kallsyms_addr(table, i);
		if (addr < before)
			return false;
	}
	return true;
}

/* Is the last address, at or behind all others, that of a place near the image? */
static bool reaches_image(const struct finder *finder)
{
	const struct kallmod_kallsyms *table = finder->table;
	size_t index = finder->anchor < table->count ? finder->anchor : table->count / 2;
	uint64_t addr = kallmod_kallsyms_addr(table, index);
	const struct kallmod_image_segment *segment;

	for (size_t i = 0; (segment = kallmod_image_segment(finder->image, i)); i++)
		if (addr >= segment->start && addr < segment->end)
			return true;
	return false;
}

/*
 * Where the kernel can be moved (arm64), the base in the file may be zero. What belongs there
 * is in the dynamic relocations; else the text begins where the image's first code does.
 */
static bool settle_base(struct finder *finder, uint64_t base_at)
{
	struct kallmod_kallsyms *table = finder->table;
	uint64_t base, place;

	if (!kallmod_image_relocation(finder->image, base_at, &base, &place)) {
		table->base = base;
		finder->moved_by = place - base_at;
	} else if (finder->anchor < table->count && finder->anchor_is_text) {
		table->base = 0;
		table->base = finder->text - kallmod_kallsyms_addr(table, finder->anchor);
	} else {
		return false;
	}
	return never_falls(table) && (finder->moved_by || reaches_image(finder));
}

/* A raw image may be linked anywhere; it begins with _text, and the tables say where that is. */
static bool is_elsewhere(struct finder *finder)
{
	const struct kallmod_kallsyms *table = finder->table;
	uint64_t start;

	if (kallmod_image_kind(finder->image) != KALLMOD_IMAGE_RAW || !table->base ||
	    table->encoding == KALLMOD_KALLSYMS_PLACE || !finder->anchor_is_text)
		return false;
	start = kallmod_kallsyms_addr(table, finder->anchor);
	if (start % 4096 || !(start >> (8 * table->word - 1)))
		return false;
	finder->moved_by = start - finder->text;
	return true;
}

static bool set_addresses(struct finder *finder, uint64_t vaddr,
			  enum kallmod_kallsyms_encoding encoding)
{
	struct kallmod_kallsyms *table = finder->table;
	unsigned int step = encoding == KALLMOD_KALLSYMS_ABSOLUTE ? table->word : 4;

	table->encoding = encoding;
	table->addresses.vaddr = vaddr;
	table->addresses.size = table->count * step;
	table->addresses.data = kallmod_image_at(finder->image, vaddr, table->count * step);
	finder->end = vaddr + table->count * step;
	return table->addresses.data;
}

/* One way to read them: the table there, in this encoding, with the base at base_at (0: none). */
static bool try_reading(struct finder *finder, uint64_t vaddr,
			enum kallmod_kallsyms_encoding encoding, uint64_t base_at)
{
	struct kallmod_kallsyms *table = finder->table;
	const void *base = NULL;

	table->base = 0;
	finder->moved_by = 0;
	if (!set_addresses(finder, vaddr, encoding))
		return false;
	if (base_at) {
		base = kallmod_image_at(finder->image, base_at, table->word);
		if (!base)
			return false;
		table->base = kallmod_image_load(base, table->word, table->big_endian);
	}
	if (!never_falls(table))
		return false;
	if (base_at > vaddr)
		finder->end = base_at + table->word;
	return reaches_image(finder) || is_elsewhere(finder) ||
	       (encoding == KALLMOD_KALLSYMS_RELATIVE && base_at && settle_base(finder, base_at));
}

/* The encodings with 4 bytes each, from vaddr on. */
static bool try_offsets(struct finder *finder, uint64_t vaddr, uint64_t base_at)
{
	return try_reading(finder, vaddr, KALLMOD_KALLSYMS_RELATIVE, base_at) ||
	       try_reading(finder, vaddr, KALLMOD_KALLSYMS_PERCPU, base_at);
}

/* 6.4 and later; since 7.0 without a base. */
static bool find_behind(struct finder *finder)
{
	const struct kallmod_kallsyms *table = finder->table;
	uint64_t index_end = finder->place->token_index + INDEX_SIZE;

	for (unsigned int align = 4; align <= 8; align += 4) {
		uint64_t vaddr = align_up(index_end, align);

		if (try_offsets(finder, vaddr, align_up(vaddr + 4 * table->count, table->word)) ||
		    try_reading(finder, vaddr, KALLMOD_KALLSYMS_PLACE, 0) ||
		    try_reading(finder, vaddr, KALLMOD_KALLSYMS_ABSOLUTE, 0) ||
		    (table->word == 4 &&
		     try_reading(finder, vaddr, KALLMOD_KALLSYMS_RELATIVE, 0)))
			return true;
	}
	return false;
}

/* Until 6.3; before 4.6, and until 6.10 without CONFIG_KALLSYMS_BASE_RELATIVE, absolute. */
static bool find_before(struct finder *finder)
{
	const struct kallmod_kallsyms *table = finder->table;
	unsigned int word = table->word;

	for (unsigned int back = 0; back < word; back += 4) {
		uint64_t end = finder->place->num_syms - back;

		if (end % word)
			continue;
		if (try_offsets(finder, (end - word - 4 * table->count) & ~(uint64_t)(word - 1),
				end - word) ||
		    try_reading(finder, end - word * table->count, KALLMOD_KALLSYMS_ABSOLUTE, 0))
			return true;
	}
	return false;
}

/* Where VMCOREINFO or the ELF symbols name them. */
static bool find_named(struct finder *finder)
{
	const struct kallmod_kallsyms_place *place = finder->place;

	if (place->addresses)
		return try_reading(finder, place->addresses, KALLMOD_KALLSYMS_ABSOLUTE, 0);
	if (!place->offsets)
		return false;
	if (place->relative_base)
		return try_offsets(finder, place->offsets, place->relative_base);
	return try_reading(finder, place->offsets, KALLMOD_KALLSYMS_PLACE, 0) ||
	       try_reading(finder, place->offsets, KALLMOD_KALLSYMS_RELATIVE, 0);
}

static void try_seqs(struct finder *finder, uint64_t vaddr)
{
	struct kallmod_kallsyms *table = finder->table;
	const uint8_t *seqs = kallmod_image_at(finder->image, vaddr, 3 * table->count);

	if (!table->seqs && seqs && kallmod_kallsyms_seqs_ordered(table, seqs))
		table->seqs = seqs;
}

/* 6.2 and 6.3: behind the markers; since 6.4: behind the addresses and their base. */
static void find_seqs(struct finder *finder)
{
	const struct kallmod_kallsyms_place *place = finder->place;
	const struct kallmod_kallsyms_span *addresses = &finder->table->addresses;

	finder->table->seqs = NULL;
	if (place->seqs)
		try_seqs(finder, place->seqs);
	for (unsigned int align = 1; align <= 8; align *= 2) {
		if (place->markers_end)
			try_seqs(finder, align_up(place->markers_end, align));
		if (addresses->vaddr < place->token_index)
			continue;
		try_seqs(finder, align_up(finder->end, align));
		/* What seemed to be a base of zero may be their beginning. */
		try_seqs(finder, align_up(addresses->vaddr + addresses->size, align));
	}
}

static int note_anchor(void *arg, size_t index, char type, const char *name)
{
	struct finder *finder = arg;

	(void)type;
	if (!strcmp(name, "_stext") && !finder->anchor_is_text)
		finder->anchor = index;
	if (strcmp(name, "_text"))
		return 0;
	finder->anchor = index;
	finder->anchor_is_text = true;
	return 1;
}

static uint64_t text_start(const struct kallmod_image *image)
{
	const struct kallmod_image_segment *segment;

	for (size_t i = 0; (segment = kallmod_image_segment(image, i)); i++)
		if (segment->executable)
			return segment->start;
	return 0;
}

int kallmod_kallsyms_find_addresses(struct kallmod_kallsyms *table, struct kallmod_image *image,
				    const struct kallmod_kallsyms_place *place)
{
	struct finder finder = {
		.table = table,
		.image = image,
		.place = place,
		.text = text_start(image),
		.anchor = table->count,
	};

	kallmod_kallsyms_each_name(table, note_anchor, &finder);
	if (!find_named(&finder) && !find_behind(&finder) && !find_before(&finder))
		return -EINVAL;
	find_seqs(&finder);
	if (finder.moved_by)
		kallmod_image_move(image, finder.text + finder.moved_by);
	return 0;
}
