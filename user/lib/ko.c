// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "cleanup.h"
#include "file.h"
#include "ko.h"
#include "sigfile.h"

enum { PACKED_MAX = 64 << 20, KO_MAX = 256 << 20 };

/* Unpacked bytes, growing; owned. */
struct bytes {
	char *data;
	size_t size, capacity;
};

static void bytes_deinit(struct bytes *bytes)
{
	free(bytes->data);
}

/* Makes room for more; -EFBIG at KO_MAX. */
static int bytes_grow(struct bytes *bytes)
{
	size_t capacity = bytes->capacity ? bytes->capacity * 2 : 1 << 18;
	char *data;

	if (capacity > KO_MAX)
		return -EFBIG;
	data = realloc(bytes->data, capacity);
	if (!data)
		return -ENOMEM;
	bytes->data = data;
	bytes->capacity = capacity;
	return 0;
}

static int unpack_xz(const char *data, size_t size, struct bytes *out)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_stream_decoder(&stream, KO_MAX, LZMA_CONCATENATED);
	int err = 0;

	stream.next_in = (const uint8_t *)data;
	stream.avail_in = size;
	while (result == LZMA_OK && !err) {
		if (out->size == out->capacity)
			err = bytes_grow(out);
		stream.next_out = (uint8_t *)out->data + out->size;
		stream.avail_out = out->capacity - out->size;
		if (!err)
			result = lzma_code(&stream, LZMA_FINISH);
		out->size = out->capacity - stream.avail_out;
	}
	lzma_end(&stream);
	return err ? err : result == LZMA_STREAM_END ? 0 : -EINVAL;
}

static int unpack_gz(const char *data, size_t size, struct bytes *out)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = size};
	int result = inflateInit2(&stream, 15 + 16), err = 0;

	while (result == Z_OK && !err) {
		if (out->size == out->capacity)
			err = bytes_grow(out);
		stream.next_out = (Bytef *)out->data + out->size;
		stream.avail_out = out->capacity - out->size;
		if (!err)
			result = inflate(&stream, Z_NO_FLUSH);
		out->size = out->capacity - stream.avail_out;
	}
	inflateEnd(&stream);
	return err ? err : result == Z_STREAM_END ? 0 : -EINVAL;
}

static int unpack_zstd(const char *data, size_t size, struct bytes *out)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {data, size, 0};
	size_t left = 1;
	int err = stream ? 0 : -ENOMEM;

	while (!err && left && in.pos < in.size) {
		ZSTD_outBuffer to;

		if (out->size == out->capacity)
			err = bytes_grow(out);
		if (err)
			break;
		to = (ZSTD_outBuffer){out->data, out->capacity, out->size};
		left = ZSTD_decompressStream(stream, &to, &in);
		out->size = to.pos;
		if (ZSTD_isError(left))
			err = -EINVAL;
	}
	ZSTD_freeDStream(stream);
	return err ? err : left ? -EINVAL : 0;
}

static int unpack_none(const char *data, size_t size, struct bytes *out)
{
	out->data = malloc(size + 1);
	if (!out->data)
		return -ENOMEM;
	memcpy(out->data, data, size);
	out->size = size;
	return 0;
}

static const struct {
	const char *suffix;
	int (*unpack)(const char *data, size_t size, struct bytes *out);
} packings[] = {
	{".ko", unpack_none},
	{".ko.xz", unpack_xz},
	{".ko.zst", unpack_zstd},
	{".ko.gz", unpack_gz},
};
enum { NPACKINGS = sizeof(packings) / sizeof(packings[0]) };

static int find_packing(const char *path)
{
	size_t length = strlen(path);

	for (int i = 0; i < NPACKINGS; i++) {
		size_t n = strlen(packings[i].suffix);

		if (length > n && !strcmp(path + length - n, packings[i].suffix))
			return i;
	}
	return -1;
}

bool kallmod_ko_is_path(const char *path)
{
	return find_packing(path) >= 0;
}

/* The module's name: .modinfo's, or the file's without directory and suffix. */
static void module_name(Elf *elf, const char *path, int packing, char *name, size_t size)
{
	const char *base = strrchr(path, '/');
	Elf_Scn *section = NULL;
	size_t strings;

	base = base ? base + 1 : path;
	snprintf(name, size, "%.*s", (int)(strlen(base) - strlen(packings[packing].suffix)), base);
	if (elf_getshdrstrndx(elf, &strings))
		return;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		const char *at, *end, *title;

		if (!gelf_getshdr(section, &header))
			continue;
		title = elf_strptr(elf, strings, header.sh_name);
		data = title && !strcmp(title, ".modinfo") ? elf_rawdata(section, NULL) : NULL;
		if (!data || !data->d_buf)
			continue;
		end = (const char *)data->d_buf + data->d_size;
		for (at = data->d_buf; at < end; at += strnlen(at, end - at) + 1)
			if (end - at > 5 && !memcmp(at, "name=", 5) && memchr(at, 0, end - at))
				snprintf(name, size, "%s", at + 5);
	}
}

/* A function, or a label of assembler in code; not the section and file symbols. */
static bool is_function(Elf *elf, const GElf_Sym *symbol)
{
	unsigned char type = GELF_ST_TYPE(symbol->st_info);
	GElf_Shdr header;
	Elf_Scn *section;

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE)
		return false;
	if (type == STT_FUNC)
		return true;
	if (type != STT_NOTYPE || GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
		return false;
	section = elf_getscn(elf, symbol->st_shndx);
	return section && gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR;
}

/* Every module has these; they tell nothing. */
static bool is_boilerplate(const char *name)
{
	return !*name || !strcmp(name, "init_module") || !strcmp(name, "cleanup_module");
}

static int each_function(Elf *elf, const char *module,
			 int (*fn)(void *arg, const char *module, const char *function),
			 void *arg)
{
	Elf_Scn *section = NULL;
	int err = 0;

	while (!err && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB ||
		    !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		for (size_t i = 0; data && !err && i < header.sh_size / header.sh_entsize; i++) {
			GElf_Sym symbol;
			const char *name;

			if (!gelf_getsym(data, i, &symbol) || !is_function(elf, &symbol))
				continue;
			name = elf_strptr(elf, header.sh_link, symbol.st_name);
			if (name && !is_boilerplate(name))
				err = fn(arg, module, name);
		}
	}
	return err;
}

int kallmod_ko_functions(struct kallmod_ctx *ctx, const char *path,
			 int (*fn)(void *arg, const char *module, const char *function),
			 void *arg)
{
	__attribute__((cleanup(bytes_deinit))) struct bytes bytes = {};
	cleanup_free char *packed = NULL;
	int packing = find_packing(path), err;
	/* One more than a name may have: what is cut off is still too long. */
	char name[KALLMOD_SIG_MAX_NAME + 2];
	size_t size;
	Elf *elf;

	if (packing < 0)
		return kallmod_fail(ctx, -EINVAL, "%s: is no kernel module", path);
	err = kallmod_file_read(ctx, path, PACKED_MAX, &packed, &size);
	if (err)
		return err;
	err = packings[packing].unpack(packed, size, &bytes);
	if (err)
		return kallmod_fail(ctx, err, "%s: cannot be unpacked: %s; get the package again",
				    path, strerror(-err));
	elf_version(EV_CURRENT);
	elf = elf_memory(bytes.data, bytes.size);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return kallmod_fail(ctx, -EINVAL, "%s: is no kernel module", path);
	}
	module_name(elf, path, packing, name, sizeof(name));
	if (kallmod_sig_module_valid(name))
		err = each_function(elf, name, fn, arg);
	else
		err = kallmod_fail(ctx, -EINVAL,
				   "%s: its name (.modinfo) is empty, too long or has an odd character; leave the file out",
				   path);
	elf_end(elf);
	return err;
}
