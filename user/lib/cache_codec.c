// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A cached map as bytes: a header with a checksum over all of the file, then the key, the
 * sets, the ranges, the extents and the marks. Only for the machine that wrote it: numbers
 * are in its own byte order. Nothing in it is trusted: each part goes through the same
 * functions that build a map.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "cleanup.h"
#include "hash.h"
#include "map_priv.h"

#define MAGIC "kallmodC"
#define FORMAT 2

struct header {
	char magic[8];
	uint32_t format;
	uint32_t key_size;
	uint64_t checksum;
	uint32_t sets, ranges, extents, marks;
	uint8_t source, trust;
	uint8_t pad[6];
};
_Static_assert(sizeof(struct header) == 48, "layout");

struct stored_range {
	uint64_t start, end;
	uint32_t set;
	float confidence;
	uint8_t trust, section, source, pad[5];
};
_Static_assert(sizeof(struct stored_range) == 32, "layout");

struct stored_span {
	uint64_t start, end;
	uint64_t kind;
};

/* FNV-1a of words, so that a map of 100 kB costs microseconds. */
static uint64_t checksum(uint64_t hash, const char *data, size_t size)
{
	uint64_t word;

	for (; size >= 8; data += 8, size -= 8) {
		memcpy(&word, data, 8);
		hash = kallmod_hash_word(hash, word);
		hash ^= hash >> 29;
	}
	return kallmod_hash_bytes(hash, data, size);
}

/* Of the whole file, its own field taken as zero. */
static uint64_t file_checksum(struct header header, const char *rest, size_t size)
{
	header.checksum = 0;
	return checksum(checksum(KALLMOD_HASH_START, (const char *)&header, sizeof(header)), rest,
			size);
}

static void write_sets(FILE *out, const struct kallmod_map *map)
{
	for (size_t i = 1; i < map->set_count; i++) {
		const struct kallmod_set *set = &map->sets[i];

		putc(set->kind, out);
		putc(set->count, out);
		for (size_t j = 0; j < set->count; j++)
			fwrite(set->modules[j], strlen(set->modules[j]) + 1, 1, out);
	}
}

static void write_span(FILE *out, uint64_t start, uint64_t end, unsigned int kind)
{
	struct stored_span span = { start, end, kind };

	fwrite(&span, sizeof(span), 1, out);
}

static void write_map(FILE *out, const struct kallmod_map *map)
{
	write_sets(out, map);
	for (size_t i = 0; i < map->range_count; i++) {
		const struct kallmod_range *range = &map->ranges[i];
		struct stored_range stored = { range->start, range->end, range->set,
					       range->confidence, range->trust, range->section,
					       range->source };

		fwrite(&stored, sizeof(stored), 1, out);
	}
	for (size_t i = 0; i < map->extent_count; i++)
		write_span(out, map->extents[i].start, map->extents[i].end,
			   map->extents[i].section);
	for (size_t i = 0; i < map->mark_count; i++)
		write_span(out, map->marks[i].start, map->marks[i].end, map->marks[i].kind);
}

void kallmod_cache_seal(char *data, size_t size)
{
	struct header header;

	if (size < sizeof(header))
		return;
	memcpy(&header, data, sizeof(header));
	header.checksum = file_checksum(header, data + sizeof(header), size - sizeof(header));
	memcpy(data, &header, sizeof(header));
}

int kallmod_cache_encode(const struct kallmod_map *map, const char *key, char **data_ret,
			 size_t *size_ret)
{
	struct header header = { MAGIC, FORMAT, strlen(key), .sets = map->set_count,
				 .ranges = map->range_count, .extents = map->extent_count,
				 .marks = map->mark_count, .source = map->source,
				 .trust = map->trust };
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		return -ENOMEM;
	fwrite(&header, sizeof(header), 1, out);
	fwrite(key, header.key_size, 1, out);
	write_map(out, map);
	if (fclose(out)) {
		free(data);
		return -ENOMEM;
	}
	kallmod_cache_seal(data, size);
	*data_ret = data;
	*size_ret = size;
	return 0;
}

struct cursor {
	const char *at;
	size_t left;
};

static const void *take(struct cursor *cursor, size_t size)
{
	const char *at = cursor->at;

	if (size > cursor->left)
		return NULL;
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static const char *take_name(struct cursor *cursor)
{
	const char *end = memchr(cursor->at, '\0', cursor->left);

	return end ? take(cursor, end + 1 - cursor->at) : NULL;
}

static int read_set(struct cursor *cursor, struct kallmod_map *map, uint32_t expected)
{
	const char *names[KALLMOD_MAP_SET_MODULES_MAX];
	const unsigned char *head = take(cursor, 2);
	uint32_t id;
	int err;

	if (!head)
		return -EINVAL;
	for (size_t i = 0; i < head[1]; i++) {
		names[i] = take_name(cursor);
		if (!names[i])
			return -EINVAL;
	}
	err = kallmod_map_set(map, head[0], names, head[1], &id);
	/* Ids are positions: a set that came twice would move all that follow. */
	return err ? err : id == expected ? 0 : -EINVAL;
}

static int read_ranges(struct cursor *cursor, struct kallmod_map *map, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const void *at = take(cursor, sizeof(struct stored_range));
		struct stored_range stored;
		struct kallmod_range range;
		int err;

		if (!at)
			return -EINVAL;
		memcpy(&stored, at, sizeof(stored));
		range = (struct kallmod_range){ stored.start, stored.end, stored.set,
						stored.confidence, stored.trust, stored.section,
						stored.source };
		err = kallmod_map_add(map, &range);
		if (err)
			return err;
	}
	return 0;
}

static int read_spans(struct cursor *cursor, struct kallmod_map *map,
		      const struct header *header)
{
	for (size_t i = 0; i < (size_t)header->extents + header->marks; i++) {
		const void *at = take(cursor, sizeof(struct stored_span));
		struct stored_span span;
		struct kallmod_mark mark;
		int err;

		if (!at)
			return -EINVAL;
		memcpy(&span, at, sizeof(span));
		if (span.kind > KALLMOD_SECTION_DATA)
			return -EINVAL;
		mark = (struct kallmod_mark){ span.start, span.end, span.kind };
		err = i < header->extents ?
			      kallmod_map_add_extent(map, span.start, span.end, span.kind) :
			      kallmod_map_add_mark(map, &mark);
		if (err)
			return err;
	}
	return 0;
}

static int read_map(struct cursor *cursor, const struct header *header, struct kallmod_map *map)
{
	int err = 0;

	for (uint32_t i = 1; !err && i < header->sets; i++)
		err = read_set(cursor, map, i);
	kallmod_map_set_source(map, header->source, header->trust);
	if (!err)
		err = read_ranges(cursor, map, header->ranges);
	if (!err)
		err = read_spans(cursor, map, header);
	if (!err && cursor->left)
		err = -EINVAL;
	return err ? err : kallmod_map_freeze(map);
}

int kallmod_cache_decode(const void *data, size_t size, const char *key,
			 struct kallmod_map **ret)
{
	struct cursor cursor = { data, size };
	const void *head = take(&cursor, sizeof(struct header)), *stored_key;
	struct kallmod_map *map;
	struct header header;
	int err;

	if (!head)
		return -EINVAL;
	memcpy(&header, head, sizeof(header));
	if (memcmp(header.magic, MAGIC, 8) || header.format != FORMAT ||
	    header.trust > KALLMOD_TRUST_INFERRED ||
	    header.checksum != file_checksum(header, cursor.at, cursor.left))
		return -EINVAL;
	stored_key = take(&cursor, header.key_size);
	if (!stored_key || header.key_size != strlen(key) ||
	    memcmp(stored_key, key, header.key_size))
		return -EINVAL;
	err = kallmod_map_create(&map);
	if (err)
		return err;
	err = read_map(&cursor, &header, map);
	if (err)
		kallmod_map_destroy(map);
	else
		*ret = map;
	return err;
}
