// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "cleanup.h"
#include "unpack.h"

#define FIRST_ROOM ((size_t)1 << 20)
/* What a block of lz4's legacy frame unpacks to at most. */
#define LZ4_BLOCK ((size_t)8 << 20)
/* xz -9 needs 65 MiB; no kernel's build asks for more. */
#define XZ_MEMORY ((uint64_t)256 << 20)

/* Unpacked bytes, growing. */
struct bytes {
	uint8_t *data;
	size_t size, capacity, max;
};

static void bytes_deinit(struct bytes *bytes)
{
	free(bytes->data);
}

/* Makes room for more bytes than are there now, at least for `more`. */
static int bytes_grow(struct bytes *bytes, size_t more)
{
	size_t capacity = bytes->capacity ? bytes->capacity : FIRST_ROOM;
	uint8_t *data;

	while (capacity - bytes->size < more)
		capacity *= 2;
	if (capacity > bytes->max)
		capacity = bytes->max;
	if (capacity - bytes->size < more)
		return -EFBIG;
	data = realloc(bytes->data, capacity);
	if (!data)
		return -ENOMEM;
	bytes->data = data;
	bytes->capacity = capacity;
	return 0;
}

static int bytes_want(struct bytes *bytes, size_t more)
{
	return bytes->capacity - bytes->size >= more ? 0 : bytes_grow(bytes, more);
}

static int unpack_gzip(const uint8_t *data, size_t size, struct bytes *out)
{
	z_stream stream = {};
	int result = inflateInit2(&stream, 15 + 16), err = 0;

	while (result == Z_OK && !(err = bytes_want(out, 1))) {
		/* zlib counts in 32 bits. */
		if (!stream.avail_in) {
			stream.next_in = (Bytef *)data;
			stream.avail_in = size < 1 << 30 ? size : 1 << 30;
			data += stream.avail_in;
			size -= stream.avail_in;
		}
		stream.next_out = out->data + out->size;
		stream.avail_out = out->capacity - out->size;
		result = inflate(&stream, Z_NO_FLUSH);
		out->size = stream.next_out - out->data;
	}
	inflateEnd(&stream);
	if (err)
		return err;
	return result == Z_STREAM_END ? 0 : result == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
}

static int unpack_xz(const uint8_t *data, size_t size, struct bytes *out)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_stream_decoder(&stream, XZ_MEMORY, 0);
	int err = 0;

	stream.next_in = data;
	stream.avail_in = size;
	while (result == LZMA_OK && !(err = bytes_want(out, 1))) {
		stream.next_out = out->data + out->size;
		stream.avail_out = out->capacity - out->size;
		result = lzma_code(&stream, LZMA_FINISH);
		out->size = stream.next_out - out->data;
	}
	lzma_end(&stream);
	if (err)
		return err;
	return result == LZMA_STREAM_END ? 0 : result == LZMA_MEM_ERROR ? -ENOMEM : -EINVAL;
}

static int unpack_zstd(const uint8_t *data, size_t size, struct bytes *out)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };
	size_t left = 1, before;
	int err = stream ? 0 : -ENOMEM;

	while (!err && left && !(err = bytes_want(out, 1))) {
		ZSTD_outBuffer to = { out->data, out->capacity, out->size };

		before = in.pos;
		left = ZSTD_decompressStream(stream, &to, &in);
		/* No progress: the rest of the frame is not there. */
		if (ZSTD_isError(left) || (left && in.pos == before && to.pos == out->size))
			err = -EINVAL;
		out->size = to.pos;
	}
	ZSTD_freeDStream(stream);
	return err;
}

static uint32_t le32(const uint8_t *data)
{
	return data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
}

/*
 * Blocks, each with its packed size, up to the end. The kernel's build puts the unpacked size
 * behind the last, which is no block: fewer bytes follow than it says.
 */
static int unpack_lz4(const uint8_t *data, size_t size, struct bytes *out)
{
	size_t at = 4;

	while (size - at > 4) {
		uint32_t packed = le32(data + at);
		int got, err;

		at += 4;
		if (!packed || packed > size - at)
			return -EINVAL;
		/* Never more than 255 times as much: a small file asks for little memory. */
		err = bytes_want(out, packed < LZ4_BLOCK / 255 ? packed * (size_t)255 : LZ4_BLOCK);
		if (err)
			return err;
		got = LZ4_decompress_safe((const char *)data + at, (char *)out->data + out->size,
					  packed, LZ4_BLOCK < out->capacity - out->size ?
					  LZ4_BLOCK : out->capacity - out->size);
		if (got <= 0)
			return -EINVAL;
		at += packed;
		out->size += got;
		/* A block that is not full is the last. */
		if ((size_t)got < LZ4_BLOCK)
			break;
	}
	return out->size ? 0 : -EINVAL;
}

struct kallmod_packing {
	const char *name;
	const char *magic;
	size_t magic_size;
	int (*unpack)(const uint8_t *data, size_t size, struct bytes *out);
};

static const struct kallmod_packing packings[] = {
	{ "gzip", "\x1f\x8b\x08", 3, unpack_gzip },
	{ "xz", "\xfd" "7zXZ", 6, unpack_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, unpack_zstd },
	{ "lz4", "\x02\x21\x4c\x18", 4, unpack_lz4 },
};

const struct kallmod_packing *kallmod_packing_find(const void *data, size_t size)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (size > packings[i].magic_size &&
		    !memcmp(data, packings[i].magic, packings[i].magic_size))
			return &packings[i];
	return NULL;
}

const char *kallmod_packing_name(const struct kallmod_packing *packing)
{
	return packing->name;
}

int kallmod_unpack(const struct kallmod_packing *packing, const void *data, size_t size,
		   size_t max, uint8_t **ret, size_t *size_ret)
{
	__attribute__((cleanup(bytes_deinit))) struct bytes out = { .max = max };
	int err = packing->unpack(data, size, &out);

	if (err)
		return err;
	*size_ret = out.size;
	*ret = cleanup_take(out.data);
	return *ret ? 0 : -EINVAL;
}
