// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Symbol tables: names in one arena, entries in one array in address order. */
#include <string.h>

#include "cleanup.h"
#include "symbols.h"

#define ARENA_CHUNK ((size_t)64 << 10)
/* Far above any kernel; below what would hurt the machine. */
#define SYMBOLS_MAX ((size_t)4 << 20)
#define ARENA_MAX ((size_t)256 << 20)
/* Names that are looked up by scanning before a hash is made. */
#define SCANS_MAX 16

struct chunk {
	struct chunk *next;
	size_t used;
	char data[ARENA_CHUNK];
};

struct kallmod_symbols {
	struct kallmod_symbol *symbols;
	size_t count, capacity;
	struct chunk *chunks;
	size_t arena; /* bytes of the chunks */
	bool unsorted;
	uint32_t *by_name; /* hash of index + 1, made late; 0: free */
	size_t by_name_mask;
	unsigned int scans;
};

/* The state of one reading. */
struct builder {
	struct kallmod_symbols *table;
	enum kallmod_symbols_extent extent;
	bool has_text, text_at_zero;
	uint64_t etext;
};

int kallmod_symbols_create(struct kallmod_symbols **ret)
{
	struct kallmod_symbols *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	*ret = table;
	return 0;
}

void kallmod_symbols_destroy(struct kallmod_symbols *table)
{
	if (!table)
		return;
	while (table->chunks) {
		struct chunk *next = table->chunks->next;

		free(table->chunks);
		table->chunks = next;
	}
	free(table->symbols);
	free(table->by_name);
	free(table);
}

static void destroy_pointer(struct kallmod_symbols **table)
{
	kallmod_symbols_destroy(*table);
}

/* Copies a string into the arena. NULL: no memory. */
static const char *keep(struct kallmod_symbols *table, const char *text)
{
	size_t size = strlen(text) + 1;
	struct chunk *chunk = table->chunks;

	if (!chunk || chunk->used + size > ARENA_CHUNK) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = table->chunks;
		chunk->used = 0;
		table->chunks = chunk;
		table->arena += ARENA_CHUNK;
	}
	memcpy(chunk->data + chunk->used, text, size);
	chunk->used += size;
	return chunk->data + chunk->used - size;
}

static int reserve(struct kallmod_symbols *table)
{
	struct kallmod_symbol *larger;
	size_t capacity = table->capacity ? 2 * table->capacity : 1024;

	if (table->count < table->capacity)
		return 0;
	if (capacity > SYMBOLS_MAX)
		return -EFBIG;
	larger = realloc(table->symbols, capacity * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	table->symbols = larger;
	table->capacity = capacity;
	return 0;
}

/* Symbols of a module come together, so comparing with the last one shares nearly all names. */
static const char *keep_module(struct kallmod_symbols *table, const char *module)
{
	const char *last = table->count ? table->symbols[table->count - 1].module : NULL;

	return last && !strcmp(last, module) ? last : keep(table, module);
}

int kallmod_symbols_add(struct kallmod_symbols *table, const struct kallmod_symbol *symbol)
{
	struct kallmod_symbol copy = *symbol;
	int err = table->arena > ARENA_MAX ? -EFBIG : reserve(table);

	if (err)
		return err;
	copy.name = keep(table, symbol->name);
	copy.module = symbol->module ? keep_module(table, symbol->module) : NULL;
	if (!copy.name || (symbol->module && !copy.module))
		return -ENOMEM;
	if (table->count && copy.addr < table->symbols[table->count - 1].addr)
		table->unsorted = true;
	table->symbols[table->count++] = copy;
	return 0;
}

static int add_symbol(void *arg, const struct kallmod_symbol *symbol)
{
	struct builder *builder = arg;
	bool text = kallmod_symbol_is_text(symbol);

	if (builder->etext && symbol->addr > builder->etext && !builder->table->unsorted)
		return 1;
	builder->has_text |= text;
	builder->text_at_zero &= !text || !symbol->addr;
	if (builder->extent == KALLMOD_SYMBOLS_TEXT && !strcmp(symbol->name, "_etext"))
		builder->etext = symbol->addr;
	return kallmod_symbols_add(builder->table, symbol);
}

struct key {
	uint64_t addr;
	size_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

/* Stable: of several at one address the kernel's own choice comes first. */
int kallmod_symbols_sort(struct kallmod_symbols *table)
{
	cleanup_free struct kallmod_symbol *sorted = NULL;
	cleanup_free struct key *keys = NULL;

	if (!table->unsorted)
		return 0;
	keys = malloc(table->count * sizeof(*keys));
	sorted = malloc(table->count * sizeof(*sorted));
	if (!keys || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++)
		keys[i] = (struct key){ table->symbols[i].addr, i };
	qsort(keys, table->count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < table->count; i++)
		sorted[i] = table->symbols[keys[i].index];
	free(table->symbols);
	table->symbols = cleanup_take(sorted);
	table->capacity = table->count;
	table->unsorted = false;
	return 0;
}

void kallmod_symbols_set_size(struct kallmod_symbols *table, size_t index, uint64_t size)
{
	table->symbols[index].size = size;
}

static int check(struct kallmod_reader *reader, const struct builder *builder)
{
	if (!builder->table->count)
		return kallmod_fail(reader->ctx, -EINVAL,
				    "%s: empty; give a /proc/kallsyms or System.map", reader->path);
	if (!builder->has_text)
		return kallmod_fail(reader->ctx, -EINVAL,
				    "%s: no text symbols; give a /proc/kallsyms or System.map",
				    reader->path);
	if (builder->text_at_zero)
		return kallmod_fail(reader->ctx, -EPERM,
				    "%s: all addresses are hidden (zero); run as root (CAP_SYSLOG), with kernel.kptr_restrict below 2",
				    reader->path);
	return 0;
}

int kallmod_symbols_read(struct kallmod_reader *reader, enum kallmod_symbols_extent extent,
			 struct kallmod_symbols **ret)
{
	__attribute__((cleanup(destroy_pointer))) struct kallmod_symbols *table = NULL;
	struct builder builder = { .extent = extent, .text_at_zero = true };
	int err = kallmod_symbols_create(&table);

	if (err)
		return kallmod_fail(reader->ctx, err, "%s: out of memory", reader->path);
	builder.table = table;
	err = kallmod_symbols_stream(reader, add_symbol, &builder);
	if (err == -ENOMEM || err == -EFBIG)
		kallmod_file_fail(reader->ctx, reader->path, err);
	if (err < 0)
		return err;
	err = check(reader, &builder);
	if (!err)
		err = kallmod_symbols_sort(table);
	if (!err)
		*ret = cleanup_take(table);
	return err;
}

size_t kallmod_symbols_count(const struct kallmod_symbols *table)
{
	return table->count;
}

const struct kallmod_symbol *kallmod_symbols_at(const struct kallmod_symbols *table, size_t index)
{
	return index < table->count ? &table->symbols[index] : NULL;
}

/* How many symbols are at or below addr. */
static size_t count_up_to(const struct kallmod_symbols *table, uint64_t addr)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->symbols[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int rank(const struct kallmod_symbol *symbol)
{
	if (!strncmp(symbol->name, "__pfx_", 6))
		return 0;
	return symbol->type >= 'A' && symbol->type <= 'Z' ? 2 : 1;
}

ptrdiff_t kallmod_symbols_find(const struct kallmod_symbols *table, uint64_t addr)
{
	ptrdiff_t best, i = (ptrdiff_t)count_up_to(table, addr) - 1;

	for (best = i; i > 0 && table->symbols[i - 1].addr == table->symbols[i].addr; i--)
		if (rank(&table->symbols[i - 1]) >= rank(&table->symbols[best]))
			best = i - 1;
	return best;
}

uint64_t kallmod_symbols_end(const struct kallmod_symbols *table, size_t index)
{
	uint64_t addr = table->symbols[index].addr;

	for (; index < table->count; index++)
		if (table->symbols[index].addr > addr)
			return table->symbols[index].addr;
	return 0;
}

bool kallmod_symbols_text_at(const struct kallmod_symbols *table, uint64_t addr)
{
	size_t i = count_up_to(table, addr);

	for (; i > 0 && table->symbols[i - 1].addr == addr; i--)
		if (kallmod_symbol_is_text(&table->symbols[i - 1]))
			return true;
	return false;
}

static size_t hash_name(const char *name)
{
	size_t length = strlen(name);
	uint64_t hash = length, word;

	/* By words: with 200,000 names a byte at a time takes longer than all the rest. */
	for (; length >= 8; name += 8, length -= 8) {
		memcpy(&word, name, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, name, length);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

/* The slot that holds name, or the free one where it belongs. */
static uint32_t *name_slot(const struct kallmod_symbols *table, const char *name)
{
	size_t i = hash_name(name) & table->by_name_mask;

	while (table->by_name[i] && strcmp(table->symbols[table->by_name[i] - 1].name, name))
		i = (i + 1) & table->by_name_mask;
	return &table->by_name[i];
}

static bool index_names(struct kallmod_symbols *table)
{
	size_t slots = 1024;

	while (slots < 2 * table->count)
		slots *= 2;
	table->by_name = calloc(slots, sizeof(*table->by_name));
	if (!table->by_name)
		return false;
	table->by_name_mask = slots - 1;
	for (size_t i = 0; i < table->count; i++) {
		uint32_t *slot = name_slot(table, table->symbols[i].name);

		if (!*slot)
			*slot = i + 1;
	}
	return true;
}

static const struct kallmod_symbol *scan_names(const struct kallmod_symbols *table,
					       const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct kallmod_symbol *symbol = &table->symbols[i];

		if (symbol->name[0] == name[0] && !strcmp(symbol->name, name))
			return symbol;
	}
	return NULL;
}

const struct kallmod_symbol *kallmod_symbols_by_name(const struct kallmod_symbols *table,
						     const char *name)
{
	/* The hash costs as much as a score of scans, and most ask less. Lookups as such stay. */
	struct kallmod_symbols *own = (struct kallmod_symbols *)table;
	uint32_t slot;

	if (!table->by_name && (own->scans++ < SCANS_MAX || !index_names(own)))
		return scan_names(table, name);
	slot = *name_slot(table, name);
	return slot ? &table->symbols[slot - 1] : NULL;
}
