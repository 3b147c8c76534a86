// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signature files: what is accepted can be searched, and every number in it followed. Version
 * and checksum are made good first, or no change would get past them. A file is at least 256
 * KiB of index, which a fuzzer does not write: input is what differs from an empty index. Its
 * first bytes are the header; in the index, every name is in the bucket of its number.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sigfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the index goes in, and where in it the names begin to count. */
struct layout {
	size_t at;
	uint32_t names;
};

/* The header's counts say where the index belongs; a wrong place is a try as well. */
static struct layout layout_of(const uint8_t *data, size_t size)
{
	struct kallmod_sig_header header;
	struct layout layout = {.at = size};
	size_t at;

	if (size < sizeof(header))
		return layout;
	memcpy(&header, data, sizeof(header));
	/* Releases; names and places of modules and objects; where modules exist. */
	at = sizeof(header) + 4 * ((size_t)header.nreleases + 3 * (size_t)header.nmodules +
				   2 * (size_t)header.nobjects);
	layout.at = at < size ? at : size;
	layout.names = header.nnames;
	return layout;
}

static uint8_t *expand(const uint8_t *data, size_t size, size_t *size_ret)
{
	struct layout layout = layout_of(data, size);
	size_t index_size = 4 * KALLMOD_SIG_INDEX;
	uint8_t *file = malloc(size + index_size);

	if (!file)
		return NULL;
	memcpy(file, data, layout.at);
	for (uint32_t i = 0; i < KALLMOD_SIG_INDEX; i++) {
		uint32_t value = i < layout.names && i + 1 < KALLMOD_SIG_INDEX ? i : layout.names;

		memcpy(file + layout.at + 4 * i, &value, 4);
	}
	memcpy(file + layout.at + index_size, data + layout.at, size - layout.at);
	*size_ret = size + index_size;
	if (size >= sizeof(struct kallmod_sig_header)) {
		struct kallmod_sig_header *header = (void *)file;

		memcpy(header->magic, KALLMOD_SIG_MAGIC, sizeof(header->magic));
		header->version = KALLMOD_SIG_VERSION;
		header->crc32 = crc32(0, file + sizeof(*header), *size_ret - sizeof(*header));
	}
	return file;
}

static void check_name(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > 255 || strpbrk(name, " ,[]\t\n\033"))
		abort();
}

static void check_places(const struct kallmod_sigfile *file)
{
	for (size_t i = 0; i < (size_t)file->header->nmodules + file->header->nobjects; i++) {
		struct kallmod_sigplace place = kallmod_sigfile_place(file, i);

		check_name(kallmod_sigfile_name(file, i));
		if ((file->places[i] & 0xffff) != place.low)
			abort();
	}
}

static void walk(const struct kallmod_sigfile *file)
{
	for (size_t i = 0; i < file->header->nreleases; i++)
		check_name(kallmod_sigfile_release(file, i));
	check_places(file);
	for (uint32_t high = 0; high <= 0xffff; high++) {
		for (uint32_t i = file->index[high]; i < file->index[high + 1]; i++) {
			const uint32_t *posts;
			size_t n = kallmod_sigfile_find(file, high << 16 | file->hashes[i],
							&posts);

			for (size_t k = 0; k < n; k++)
				check_name(kallmod_sigfile_name(file, posts[k] & 0xffff));
		}
	}
}

static void parse(const uint8_t *data, size_t size)
{
	struct kallmod_sigfile file;

	if (!kallmod_sigfile_parse(NULL, "fuzz", data, size, &file))
		walk(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1), *whole;
	size_t whole_size;

	if (copy) {
		memcpy(copy, data, size);
		parse(copy, size);
	}
	free(copy);
	whole = expand(data, size, &whole_size);
	if (whole)
		parse(whole, whole_size);
	free(whole);
	return 0;
}
