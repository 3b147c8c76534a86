// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* From pieces of objects to ranges, as the kernel's script has it, and these as text. */
#include <stdlib.h>

#include "grow.h"
#include "ranges_make_priv.h"

/* The range at hand now ends at end; new: it is there for the first time. */
static int put_range(struct ranges_maker *maker, uint64_t end, bool new)
{
	struct ranges_section *section = &maker->sections[maker->range_section];
	int err = new ? kallmod_grow(&maker->entries, &maker->entry_capacity,
				     maker->entry_count, sizeof(*maker->entries)) :
			0;

	if (err)
		return err;
	maker->entry_count += new;
	maker->sections[section->in].has_ranges = true;
	maker->entries[maker->entry_count - 1] = (struct ranges_entry){
		.key = maker->range_start + section->base,
		.order = maker->entry_count,
		.section = section->in,
		.start = maker->range_start,
		.end = end,
		.modules = maker->modules,
	};
	return 0;
}

/*
 * Sizes in a map can be too large, those of strings that were merged for example: a range ends
 * where the next piece begins, or with its section. The last range of all is never checked.
 */
static int end_range(struct ranges_maker *maker, uint32_t output, uint64_t start)
{
	uint32_t in = maker->sections[maker->range_section].in;
	uint64_t limit = in == output ? start : maker->sections[in].size;

	return (int64_t)maker->range_end > (int64_t)limit ? put_range(maker, limit, false) : 0;
}

static int put_piece(struct ranges_maker *maker, const struct ranges_piece *piece)
{
	const char *modules = kallmod_objmods_modules(maker->input->objmods, piece->object);
	uint64_t end = piece->start + piece->size;
	int err = 0;

	if (*maker->modules && maker->modules == modules) {
		maker->range_end = end;
		return put_range(maker, end, false);
	}
	if (*maker->modules)
		err = end_range(maker, piece->output, piece->start);
	maker->modules = modules;
	if (err || !*modules)
		return err;
	maker->range_section = piece->section;
	maker->range_start = piece->start;
	maker->range_end = end;
	return put_range(maker, end, true);
}

static int tell_piece(const struct ranges_maker *maker, const struct ranges_piece *piece)
{
	const struct kallmod_ranges_input *input = maker->input;
	uint64_t start = maker->sections[piece->output].base + piece->start;

	if (!input->piece || !piece->size)
		return 0;
	return input->piece(input->piece_arg, start, start + piece->size,
			    kallmod_objmods_object(input->objmods, piece->object),
			    kallmod_objmods_modules(input->objmods, piece->object));
}

int ranges_make_entries(struct ranges_maker *maker)
{
	int err = kallmod_objmods_settle(maker->input->objmods);

	if (err)
		return err;
	for (size_t i = 0; i < maker->piece_count && !err; i++) {
		err = tell_piece(maker, &maker->pieces[i]);
		if (!err)
			err = put_piece(maker, &maker->pieces[i]);
	}
	return err ? kallmod_fail(maker->ctx, err, "out of memory") : 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct ranges_entry *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The anchors of the sections that have ranges, as entries that come before these. */
static int add_anchors(struct ranges_maker *maker, struct kallmod_ranges_report *report)
{
	for (size_t i = 0; i < maker->names.count; i++) {
		const struct ranges_section *section = &maker->sections[i];
		int err;

		if (!section->has_ranges)
			continue;
		report->sections++;
		if (!section->anchor)
			continue;
		err = kallmod_grow(&maker->entries, &maker->entry_capacity, maker->entry_count,
				   sizeof(*maker->entries));
		if (err)
			return kallmod_fail(maker->ctx, err, "out of memory");
		maker->entries[maker->entry_count++] = (struct ranges_entry){
			section->base, 0, i, section->anchor_offset, section->anchor_offset};
	}
	return 0;
}

/* As "%08llx", thousands of times. */
static char *put_offset(char *to, uint64_t offset)
{
	int digits = 8;

	while (digits < 16 && offset >> (4 * digits))
		digits++;
	while (digits--)
		*to++ = "0123456789abcdef"[offset >> (4 * digits) & 15];
	return to;
}

/* " START-END " */
static void write_offsets(FILE *out, uint64_t start, uint64_t end)
{
	char text[40], *to = text;

	*to++ = ' ';
	to = put_offset(to, start);
	*to++ = '-';
	to = put_offset(to, end);
	*to++ = ' ';
	fwrite_unlocked(text, 1, to - text, out);
}

int ranges_write_entries(struct ranges_maker *maker, FILE *out,
			 struct kallmod_ranges_report *report)
{
	int err = add_anchors(maker, report);

	if (err)
		return err;
	qsort(maker->entries, maker->entry_count, sizeof(*maker->entries), compare_entries);
	for (size_t i = 0; i < maker->entry_count; i++) {
		const struct ranges_entry *entry = &maker->entries[i];
		const char *section = maker->names.strings[entry->section];
		bool anchor = !entry->modules;

		/* Of several ranges at one address, the script keeps the last it sees. */
		if (!anchor && i + 1 < maker->entry_count && entry[1].key == entry->key)
			continue;
		fputs_unlocked(section, out);
		write_offsets(out, entry->start, entry->end);
		if (anchor)
			fputs_unlocked("= ", out);
		fputs_unlocked(anchor ? maker->sections[entry->section].anchor :
					entry->modules,
			       out);
		putc_unlocked('\n', out);
		report->ranges += !anchor;
	}
	return 0;
}
