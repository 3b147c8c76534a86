// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The names of the kallsyms tables: tokens, lengths, markers; their search by name. */
#include <string.h>

#include "cleanup.h"
#include "kallsyms_priv.h"

/* The kernel's own are a few bytes; with LTO and Rust some grow to a name's length. */
#define TOKENS_SIZE_MAX ((size_t)64 << 10)

static bool is_token(const struct kallmod_kallsyms_span *tokens, size_t at, size_t length)
{
	return at < tokens->size && length < tokens->size - at && !tokens->data[at + length] &&
	       !memchr(tokens->data + at, 0, length);
}

/* The last token, which no entry follows: up to its NUL. */
static size_t last_length(const struct kallmod_kallsyms_span *tokens, size_t at)
{
	return at < tokens->size ? strnlen((const char *)tokens->data + at, tokens->size - at) : 0;
}

int kallmod_kallsyms_read_tokens(struct kallmod_kallsyms *table,
				 const struct kallmod_kallsyms_span *tokens, const uint8_t *index)
{
	size_t size, at = kallmod_image_load(index, 2, table->big_endian), next;

	if (at)
		return -EINVAL;
	for (size_t i = 0; i < KALLMOD_KALLSYMS_TOKENS; i++, at = next) {
		next = i + 1 < KALLMOD_KALLSYMS_TOKENS ?
			       kallmod_image_load(index + 2 * i + 2, 2, table->big_endian) :
			       at + last_length(tokens, at) + 1;
		if (next <= at || !is_token(tokens, at, next - at - 1))
			return -EINVAL;
		table->token_at[i] = at;
		table->token_length[i] = next - at - 1;
	}
	size = at < TOKENS_SIZE_MAX ? at : TOKENS_SIZE_MAX;
	free(table->tokens);
	table->tokens = malloc(size);
	if (!table->tokens)
		return -ENOMEM;
	memcpy(table->tokens, tokens->data, size);
	return at <= TOKENS_SIZE_MAX ? 0 : -EINVAL;
}

/* The token numbers of the name at `at`, and how many; 0: it leads out of the names. */
static size_t name_tokens(const struct kallmod_kallsyms *table, size_t at, size_t *first_ret)
{
	const struct kallmod_kallsyms_span *names = &table->names;
	size_t length;

	if (at >= names->size)
		return 0;
	length = names->data[at++];
	if (length >= 0x80 && table->two_bytes) {
		if (at >= names->size)
			return 0;
		length = (length & 0x7f) | (size_t)names->data[at++] << 7;
	}
	*first_ret = at;
	return length <= names->size - at ? length : 0;
}

/* Bytes that the tokens stand for: type and name. */
static size_t expanded_length(const struct kallmod_kallsyms *table, size_t first, size_t n)
{
	size_t length = 0;

	for (size_t i = 0; i < n; i++)
		length += table->token_length[table->names.data[first + i]];
	return length;
}

static int walk_names(struct kallmod_kallsyms *table, size_t count)
{
	size_t at = 0, first;

	for (size_t i = 0; i < count; i++) {
		size_t n = name_tokens(table, at, &first);
		size_t length = n ? expanded_length(table, first, n) : 0;

		/* A type, at least a letter, at most 511 of them. */
		if (length < 2 || length > KALLMOD_KALLSYMS_NAME_SIZE)
			return -EINVAL;
		if (i % 256 == 0)
			table->markers[i / 256] = at;
		at = first + n;
	}
	table->names.size = at;
	return 0;
}

int kallmod_kallsyms_read_names(struct kallmod_kallsyms *table,
				const struct kallmod_kallsyms_span *names, size_t count)
{
	int err;

	if (!count || count > KALLMOD_KALLSYMS_MAX || count > names->size / 2 ||
	    names->size > UINT32_MAX)
		return -EINVAL;
	free(table->markers);
	table->markers = malloc((count + 255) / 256 * sizeof(*table->markers));
	if (!table->markers)
		return -ENOMEM;
	table->count = count;
	/* Before 6.1 the length was one byte, of which no name ever used the upper bit. */
	table->two_bytes = true;
	table->names = *names;
	err = walk_names(table, count);
	if (!err)
		return 0;
	table->two_bytes = false;
	table->names = *names;
	return walk_names(table, count);
}

/* Where the name of symbol index begins. */
static size_t name_at(const struct kallmod_kallsyms *table, size_t index)
{
	size_t at = table->markers[index / 256], first;

	for (size_t i = index % 256; i > 0; i--) {
		size_t n = name_tokens(table, at, &first);

		at = first + n;
	}
	return at;
}

/* Expands the name at `at`; *next_ret is where the next begins. The walk has checked all. */
static char expand(const struct kallmod_kallsyms *table, size_t at, char *name, size_t *next_ret)
{
	size_t first = at, n = name_tokens(table, at, &first), done = 0;
	char buffer[KALLMOD_KALLSYMS_NAME_SIZE];

	for (size_t i = 0; i < n; i++) {
		uint8_t token = table->names.data[first + i];
		size_t length = table->token_length[token];

		memcpy(buffer + done, table->tokens + table->token_at[token], length);
		done += length;
	}
	memcpy(name, buffer + 1, done - 1);
	name[done - 1] = '\0';
	*next_ret = first + n;
	return buffer[0];
}

char kallmod_kallsyms_name(const struct kallmod_kallsyms *table, size_t index,
			   char name[static KALLMOD_KALLSYMS_NAME_SIZE])
{
	size_t next;

	return expand(table, name_at(table, index), name, &next);
}

int kallmod_kallsyms_each_name(const struct kallmod_kallsyms *table,
			       int (*fn)(void *arg, size_t index, char type, const char *name),
			       void *arg)
{
	char name[KALLMOD_KALLSYMS_NAME_SIZE];
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; !err && i < table->count; i++) {
		char type = expand(table, at, name, &at);

		err = fn(arg, i, type, name);
	}
	return err;
}

static int stop_at_name(void *arg, size_t index, char type, const char *name)
{
	(void)type;
	return strcmp(name, arg) ? 0 : (int)index + 1;
}

ptrdiff_t kallmod_kallsyms_scan(const struct kallmod_kallsyms *table, const char *name)
{
	return (ptrdiff_t)kallmod_kallsyms_each_name(table, stop_at_name, (void *)name) - 1;
}

/* The symbol that stands at place i of the names' order; a wild number is the last symbol. */
static size_t sequence(const struct kallmod_kallsyms *table, size_t i)
{
	size_t index = kallmod_image_load(table->seqs + 3 * i, 3, true);

	return index < table->count ? index : table->count - 1;
}

static int compare_at(const struct kallmod_kallsyms *table, size_t i, const char *name)
{
	char found[KALLMOD_KALLSYMS_NAME_SIZE];

	kallmod_kallsyms_name(table, sequence(table, i), found);
	return strcmp(found, name);
}

ptrdiff_t kallmod_kallsyms_by_name(const struct kallmod_kallsyms *table, const char *name)
{
	size_t low = 0, high = table->count;

	if (!table->seqs)
		return kallmod_kallsyms_scan(table, name);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_at(table, middle, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->count || compare_at(table, low, name))
		return -1;
	return sequence(table, low);
}

bool kallmod_kallsyms_seqs_ordered(const struct kallmod_kallsyms *table, const uint8_t *seqs)
{
	struct kallmod_kallsyms probe = *table;
	size_t step = table->count / 256 + 1;
	char name[KALLMOD_KALLSYMS_NAME_SIZE];

	probe.seqs = seqs;
	for (size_t i = 0; i + 1 < table->count; i += step) {
		if (kallmod_image_load(seqs + 3 * i, 3, true) >= table->count)
			return false;
		kallmod_kallsyms_name(&probe, sequence(&probe, i), name);
		if (compare_at(&probe, i + 1, name) < 0)
			return false;
	}
	return true;
}
