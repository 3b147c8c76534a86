// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The kallsyms tables by their shape. Where nothing names them:
 *
 *	num_syms | names | markers [| seqs_of_names in 6.2, 6.3] | token_table | token_index
 *
 * stand in this order in every kernel since 2.6.10, aligned to words (or to 4 bytes).
 * token_index, 256 16-bit numbers that rise from zero, each where a NUL-terminated string behind
 * the one before begins, is like nothing else. From there it goes back: markers rise from zero
 * to their end, num_syms says as many names as they have, and all names end where they should.
 */
#include <errno.h>
#include <string.h>

#include "kallsyms_priv.h"

/* Names that share a marker, and the most bytes that these have: on average they take 15 each. */
#define MARKED 256
#define MARKED_BYTES_MAX (MARKED * 160)
#define INDEX_SIZE (2 * KALLMOD_KALLSYMS_TOKENS)
/* Hostile data may have many beginnings that come to nothing: steps until we give up (1 s). */
#define WORK_MAX ((size_t)1 << 28)

struct search {
	struct kallmod_kallsyms *table;
	const struct kallmod_kallsyms_span *data;
	struct kallmod_kallsyms_place *place;
	size_t least, most; /* names that there can be */
};

/* False when there were too many steps. */
static bool spend(struct search *search, size_t steps)
{
	search->table->searched += steps;
	return search->table->searched <= WORK_MAX;
}

static uint32_t load32(const struct search *search, size_t at)
{
	return kallmod_image_load(search->data->data + at, 4, search->table->big_endian);
}

static uint32_t load_marker(const struct search *search, size_t at, unsigned int step)
{
	return kallmod_image_load(search->data->data + at, step, search->table->big_endian);
}

static struct kallmod_kallsyms_span piece(const struct search *search, size_t start, size_t end)
{
	return (struct kallmod_kallsyms_span){ search->data->data + start,
					       search->data->vaddr + start, end - start };
}

/* Do the names say the same as the image's markers, which are `step` bytes each? */
static bool markers_agree(const struct search *search, size_t markers, unsigned int step)
{
	for (size_t i = 0; i < (search->table->count + MARKED - 1) / MARKED; i++)
		if (search->table->markers[i] != load_marker(search, markers + i * step, step))
			return false;
	return true;
}

/* The names begin at `at`, if num_syms, before it, is a number of names that fits. */
static int try_names(struct search *search, size_t at, size_t markers, unsigned int step)
{
	struct kallmod_kallsyms_span names = piece(search, at, markers);

	for (size_t back = 4; back <= 8 && back <= at; back += 4) {
		size_t count = load32(search, at - back);

		if (count < search->least || count > search->most)
			continue;
		if (!spend(search, 2 * count) ||
		    kallmod_kallsyms_read_names(search->table, &names, count) ||
		    markers - at - search->table->names.size >= 16 ||
		    !markers_agree(search, markers, step))
			continue;
		search->place->num_syms = search->data->vaddr + at - back;
		search->place->names = names.vaddr;
		search->place->count = count;
		return 0;
	}
	return -ENODATA;
}

/* Goes back from the markers to where the names begin; only the last few have no marker. */
static int find_names(struct search *search, size_t markers, size_t count, unsigned int step)
{
	size_t last = load_marker(search, markers + (count - 1) * step, step);
	size_t most = last + MARKED_BYTES_MAX, at;
	size_t over = (search->data->vaddr + markers - last) % 4;
	size_t back = last + (over ? over : 4);

	for (; back <= most && back + 4 <= markers && spend(search, 1); back += 4) {
		at = markers - back;
		if (!try_names(search, at, markers, step))
			return 0;
	}
	return -ENODATA;
}

/* Markers that end at `end`, as many as there are: how many; 0: none. */
static size_t count_markers(struct search *search, size_t end, unsigned int step)
{
	uint32_t above = UINT32_MAX;
	size_t count = 0;

	while (end >= (count + 1) * step && spend(search, 1)) {
		uint32_t value = load_marker(search, end - (count + 1) * step, step);

		if (value >= above)
			return 0;
		count++;
		if (!value)
			return count;
		above = value;
	}
	return 0;
}

static int try_markers(struct search *search, size_t end, unsigned int step)
{
	size_t count = count_markers(search, end, step);

	if (!count)
		return -ENODATA;
	search->least = (count - 1) * MARKED + 1;
	search->most = count * MARKED;
	return find_names(search, end - count * step, count, step);
}

/* The markers end at `end`, and three bytes for each name are between it and the tokens. */
static int try_before_seqs(struct search *search, size_t end, size_t tokens)
{
	size_t count, least;

	/* The padding can seem another name or two. */
	search->most = (tokens - end) / 3;
	search->least = search->most > 2 ? search->most - 2 : 1;
	count = (search->most + MARKED - 1) / MARKED;
	least = (search->least + MARKED - 1) / MARKED;
	for (; count >= least && count; count--) {
		if (end < 4 * count || load32(search, end - 4 * count) ||
		    count_markers(search, end, 4) != count ||
		    find_names(search, end - 4 * count, count, 4))
			continue;
		search->place->markers_end = search->data->vaddr + end;
		return 0;
	}
	return -ENODATA;
}

/* 6.2 and 6.3. */
static int find_before_seqs(struct search *search, size_t tokens)
{
	size_t near = tokens - (tokens < 4 * MARKED ? tokens : 4 * MARKED);
	size_t far = tokens - (tokens < 3 * KALLMOD_KALLSYMS_MAX ? tokens :
								    3 * KALLMOD_KALLSYMS_MAX);

	/* Few names have one marker only, and any zero may be that: those come last. */
	for (size_t end = near; end > far + 8 && spend(search, 1); end -= 4)
		if (!try_before_seqs(search, end, tokens))
			return 0;
	for (size_t end = tokens; end > near + 8 && spend(search, 1); end -= 4)
		if (!try_before_seqs(search, end, tokens))
			return 0;
	return -ENODATA;
}

/* From the tokens back. Before about 4.20 markers were words. */
static int find_markers(struct search *search, size_t tokens)
{
	for (unsigned int step = 4; step <= search->table->word; step += 4)
		for (size_t pad = 0; pad <= 12 && pad < tokens; pad += 4)
			if (!try_markers(search, tokens - pad, step))
				return 0;
	return find_before_seqs(search, tokens);
}

/* The token table ends before its index; its first token begins where the index says. */
static int try_tokens(struct search *search, size_t index, size_t pad)
{
	const uint8_t *data = search->data->data;
	size_t end = index - pad, last = end - 1, first, length;
	struct kallmod_kallsyms_span tokens;
	int err;

	length = kallmod_image_load(data + index + INDEX_SIZE - 2, 2, search->table->big_endian);
	while (last > 0 && data[last - 1] && end - last <= KALLMOD_KALLSYMS_NAME_SIZE)
		last--;
	if (last < length)
		return -ENODATA;
	first = last - length;
	if ((search->data->vaddr + first) % 4)
		return -ENODATA;
	tokens = piece(search, first, end);
	err = kallmod_kallsyms_read_tokens(search->table, &tokens, data + index);
	if (!err)
		err = find_markers(search, first);
	if (!err)
		search->place->token_table = tokens.vaddr;
	return err;
}

static int try_index(struct search *search, size_t index)
{
	const uint8_t *data = search->data->data;

	for (size_t pad = 0; pad < 8 && pad + 1 < index && !(pad && data[index - pad]); pad++) {
		if (data[index - pad - 1])
			continue;
		if (!spend(search, INDEX_SIZE) || try_tokens(search, index, pad))
			continue;
		search->place->token_index = search->data->vaddr + index;
		return 0;
	}
	return -ENODATA;
}

/* 256 numbers that rise from zero, by at most a name's length each. */
static bool rises(const struct search *search, size_t index)
{
	const uint8_t *at = search->data->data + index;
	unsigned int before = 0, next;

	for (size_t i = 1; i < KALLMOD_KALLSYMS_TOKENS; i++, before = next) {
		next = kallmod_image_load(at + 2 * i, 2, search->table->big_endian);
		if (next <= before || next - before > KALLMOD_KALLSYMS_NAME_SIZE)
			return false;
	}
	return true;
}

int kallmod_kallsyms_search(struct kallmod_kallsyms *table,
			    const struct kallmod_kallsyms_span *data,
			    struct kallmod_kallsyms_place *ret)
{
	struct kallmod_kallsyms_place place = {};
	struct search search = { .table = table, .data = data, .place = &place };

	for (size_t at = -data->vaddr & 3; at + INDEX_SIZE <= data->size && spend(&search, 1); at += 4) {
		const uint8_t *bytes = data->data + at;

		/* Quickly over what is nothing of the kind: the first is zero, the second not. */
		if (bytes[0] || bytes[1] || !(bytes[2] | bytes[3]) || !rises(&search, at) ||
		    try_index(&search, at))
			continue;
		*ret = place;
		return 0;
	}
	return -ENODATA;
}
