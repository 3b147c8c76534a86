// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The kallmodsyms tables that a kernel carries in its .rodata: out of an image, a vmcore, or the
 * running kernel's memory. docs/formats/kallmodsyms-tables.md has the format.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "image.h"
#include "modtables.h"
#include "source.h"
#include "symbols.h"

enum { ENTRIES_MAX = 1 << 22, NAMES_MAX = 64 << 20 };

struct reader {
	struct kallmod_ctx *ctx;
	const char *path;
	struct kallmod_image *image;
	const struct kallmod_symbols *symbols;
};

static int absent(const struct reader *reader)
{
	return kallmod_fail(reader->ctx, -ENODATA, "%s: the kernel has no kallmodsyms tables",
			    reader->path);
}

static int torn(const struct reader *reader)
{
	return kallmod_fail(reader->ctx, -EINVAL,
			    "%s: its kallmodsyms tables make no sense; get the image again",
			    reader->path);
}

static const void *at_symbol(const struct reader *reader, const char *name, size_t size)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_by_name(reader->symbols, name);

	return symbol ? kallmod_image_at(reader->image, symbol->addr, size) : NULL;
}

static bool read_number(const struct reader *reader, const char *name, unsigned int size,
			uint64_t *ret)
{
	const void *at = at_symbol(reader, name, size);

	if (at)
		*ret = kallmod_image_load(at, size, kallmod_image_big_endian(reader->image));
	return at != NULL;
}

/* Where the tables' addresses are, and in which of the three forms; false: not all is there. */
static bool find_tables(const struct reader *reader, struct kallmod_modtables_form *form,
			struct kallmod_modtables_raw *raw)
{
	uint64_t count, names_len;

	if (!read_number(reader, "kallsyms_num_modules", 4, &count) ||
	    !read_number(reader, "kallsyms_module_names_len", 4, &names_len) ||
	    count > ENTRIES_MAX || names_len > NAMES_MAX)
		return false;
	raw->count = count;
	raw->names_len = names_len;
	raw->modules = at_symbol(reader, "kallsyms_modules", count * 4);
	raw->names = at_symbol(reader, "kallsyms_module_names", names_len);
	if (!raw->names) /* since v9 of the patches */
		raw->names = at_symbol(reader, "kallsyms_mod_objnames", names_len);
	raw->addresses = at_symbol(reader, "kallsyms_module_addresses", count * form->word);
	form->encoding = KALLMOD_MODTABLES_ABSOLUTE;
	if (!raw->addresses) {
		raw->addresses = at_symbol(reader, "kallsyms_module_offsets", count * 4);
		form->encoding = KALLMOD_MODTABLES_RELATIVE;
		if (!read_number(reader, "kallsyms_relative_base", form->word, &form->base))
			return false;
	}
	return raw->addresses && raw->modules && raw->names;
}

/* Do the entries begin where text does? What a wrong guess at the form gives does not. */
static bool begins_with_text(const struct reader *reader, const struct kallmod_modtables *tables)
{
	static const char *const names[] = {"_stext", "_text"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct kallmod_symbol *symbol =
			kallmod_symbols_by_name(reader->symbols, names[i]);

		if (symbol && symbol->addr == tables->entries[0].addr)
			return true;
	}
	return false;
}

/* KALLSYMS_ABSOLUTE_PERCPU is nowhere written down: both ways of offsets are tried. */
static int decode(const struct reader *reader, struct kallmod_modtables *ret)
{
	struct kallmod_modtables_form form = {
		.word = kallmod_image_word(reader->image),
		.big_endian = kallmod_image_big_endian(reader->image)};
	struct kallmod_modtables_raw raw;
	int err;

	if (!find_tables(reader, &form, &raw))
		return torn(reader);
	for (int tries = form.encoding == KALLMOD_MODTABLES_ABSOLUTE ? 1 : 2; tries; tries--) {
		err = kallmod_modtables_decode(&raw, &form, ret);
		if (err == -ENOMEM)
			return kallmod_fail(reader->ctx, err, "out of memory");
		if (!err && begins_with_text(reader, ret))
			return 0;
		if (!err)
			kallmod_modtables_deinit(ret);
		form.encoding = KALLMOD_MODTABLES_PERCPU;
	}
	return torn(reader);
}

static int add_entry(struct kallmod_map *map, const struct kallmod_modtables *tables, size_t i,
		     uint8_t id)
{
	const char *names[KALLMOD_MODTABLES_MODULES_MAX];
	int n = kallmod_modtables_modules(tables, tables->entries[i].module, names);
	struct kallmod_range range = {
		.start = tables->entries[i].addr,
		.end = tables->entries[i + 1].addr,
		.confidence = 1,
		.trust = KALLMOD_TRUST_EXACT,
		.source = id,
	};
	int err;

	if (n <= 0 || range.start == range.end ||
	    !kallmod_source_section(map, range.start, &range.section))
		return 0;
	err = kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, n, &range.set);
	return err ? err : kallmod_map_add(map, &range);
}

static int read_tables(const struct reader *reader, struct kallmod_map *map, uint8_t id,
		       char **why_ret)
{
	__attribute__((cleanup(kallmod_modtables_deinit))) struct kallmod_modtables tables = {};
	int err = decode(reader, &tables);

	if (!err)
		err = kallmod_source_add_landmarks(reader->ctx, map, reader->symbols);
	/* The last entry ends the text. */
	for (size_t i = 0; !err && i + 1 < tables.count; i++)
		err = add_entry(map, &tables, i, id);
	if (err == -EINVAL)
		return torn(reader);
	if (!err && asprintf(why_ret, "%zu module sets in %zu entries of %s",
			     kallmod_map_set_count(map) - 1, tables.count, reader->path) < 0)
		err = -ENOMEM;
	return err;
}

/* image is NULL where path is still to be opened. */
static int load_path(struct kallmod_ctx *ctx, const char *path, struct kallmod_image *image,
		     struct kallmod_map *map, uint8_t id, char **why_ret)
{
	struct reader reader = {.ctx = ctx, .path = path, .image = image};
	cleanup_image struct kallmod_image *opened = NULL;
	int err = kallmod_ctx_symbols(ctx, &reader.symbols);

	if (err)
		return err;
	/* All of them are data: seen with KALLSYMS_ALL, or in an image's own symbol table. */
	if (!kallmod_symbols_by_name(reader.symbols, "kallsyms_num_modules"))
		return absent(&reader);
	if (!image) {
		err = kallmod_image_open(ctx, path, &opened);
		if (err)
			return err;
		reader.image = opened;
	}
	return read_tables(&reader, map, id, why_ret);
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	const char *given = kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX);
	struct kallmod_image *image;
	cleanup_free char *kcore = NULL;

	if (given) {
		int err = kallmod_ctx_image(ctx, &image);

		return err ? err : load_path(ctx, given, image, map, id, why_ret);
	}
	kcore = kallmod_path(ctx, "/proc/kcore");
	if (!kcore)
		return -ENOMEM;
	/* Before the symbols are read, which takes longer. */
	if (!kallmod_ctx_running(ctx) || access(kcore, F_OK))
		return kallmod_fail(ctx, -ENOENT, "%s: not found", kcore);
	return load_path(ctx, kcore, NULL, map, id, why_ret);
}

const struct kallmod_source kallmod_source_tables = {
	.name = "tables",
	.trust = KALLMOD_TRUST_EXACT,
	.advice = "run a kernel with kallmodsyms tables ('kallmod build' makes them for any), or name its image with --vmlinux",
	.load = load,
};
