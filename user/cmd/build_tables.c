// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "build_tables.h"
#include "cleanup.h"
#include "ctx.h"
#include "grow.h"
#include "kallsyms_table.h"
#include "modtables.h"
#include "savefile.h"
#include "symbols.h"

/* ---- the objects ------------------------------------------------------------------------ */

void build_tables_deinit(struct build_tables *tables)
{
	free(tables->pieces);
	*tables = (struct build_tables){};
}

int build_tables_piece(void *arg, uint64_t start, uint64_t end, const char *object,
		       const char *modules)
{
	struct build_tables *tables = arg;
	int err = kallmod_grow(&tables->pieces, &tables->capacity, tables->count,
			       sizeof(*tables->pieces));

	if (!err)
		tables->pieces[tables->count++] =
			(struct build_tables_piece){start, end, object, modules};
	return err;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct build_tables_piece *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static int add_modules(struct kallmod_modtables *tables, uint64_t addr, const char *modules)
{
	const char *names[KALLMOD_MODTABLES_MODULES_MAX];
	cleanup_free char *copy = strdup(modules);
	char *rest = copy, *name;
	size_t n = 0;

	if (!copy)
		return -ENOMEM;
	while ((name = strsep(&rest, " ")))
		if (*name && n < KALLMOD_MODTABLES_MODULES_MAX)
			names[n++] = name;
	return kallmod_modtables_add(tables, addr, names, n);
}

/* Entries for the objects of [start, end), which they tile, and one that ends it. */
static int add_text(struct kallmod_modtables *tables, const struct build_tables *from,
		    uint64_t start, uint64_t end)
{
	int err = kallmod_modtables_add(tables, start, NULL, 0);

	for (size_t i = 0; !err && i < from->count; i++) {
		const struct build_tables_piece *piece = &from->pieces[i];

		if (piece->start >= start && piece->start < end)
			err = add_modules(tables, piece->start, piece->modules);
	}
	return err ? err : kallmod_modtables_add(tables, end, NULL, 0);
}

/* ---- the image -------------------------------------------------------------------------- */

static uint64_t address(const struct kallmod_symbols *symbols, const char *name)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_by_name(symbols, name);

	return symbol ? symbol->addr : 0;
}

/* The tables' form is that of the kernel's own kallsyms, where it has them. */
static int find_form(struct kallmod_ctx *ctx, struct kallmod_image *image, uint64_t text,
		     struct kallmod_modtables_form *form, bool *own_base)
{
	struct kallmod_kallsyms *table;
	int err = kallmod_kallsyms_open(ctx, image, &table);

	*form = (struct kallmod_modtables_form){
		.encoding = KALLMOD_MODTABLES_RELATIVE,
		.base = text,
		.word = kallmod_image_word(image),
		.big_endian = kallmod_image_big_endian(image),
	};
	*own_base = true;
	if (err)
		return err == -ENODATA ? 0 : err;
	switch (kallmod_kallsyms_encoding(table)) {
	case KALLMOD_KALLSYMS_ABSOLUTE:
		form->encoding = KALLMOD_MODTABLES_ABSOLUTE;
		*own_base = false;
		break;
	case KALLMOD_KALLSYMS_PERCPU:
		form->encoding = KALLMOD_MODTABLES_PERCPU;
		__attribute__((fallthrough));
	case KALLMOD_KALLSYMS_RELATIVE:
		form->base = kallmod_kallsyms_base(table);
		*own_base = false;
		break;
	default:
		break;
	}
	kallmod_kallsyms_close(table);
	return 0;
}

static int make_tables(struct kallmod_ctx *ctx, struct build_tables *from,
		       const struct kallmod_symbols *symbols, const char *path,
		       struct kallmod_modtables *ret)
{
	uint64_t text = address(symbols, "_stext"), text_end = address(symbols, "_etext");
	uint64_t init = address(symbols, "_sinittext"), init_end = address(symbols, "_einittext");
	int err;

	if (!text || text_end <= text || init < text_end || init_end < init)
		return kallmod_fail(ctx, -EINVAL,
				    "%s: has no _stext, _etext, _sinittext and _einittext in this order; it is no finished kernel, build it again",
				    path);
	if (from->count)
		qsort(from->pieces, from->count, sizeof(*from->pieces), compare_pieces);
	err = add_text(ret, from, text, text_end);
	if (!err)
		err = add_text(ret, from, init, init_end);
	return err ? kallmod_fail(ctx, err, "the tables: %s", strerror(-err)) : 0;
}

/* ---- the files -------------------------------------------------------------------------- */

static int encode(struct kallmod_ctx *ctx, const struct kallmod_modtables *tables,
		  const struct kallmod_modtables_form *form, struct kallmod_modtables_image *ret)
{
	int err = kallmod_modtables_encode(tables, form, ret);

	if (err == -ERANGE)
		return kallmod_fail(ctx, err,
				    "the tables' addresses do not fit the kernel's encoding (base %lx)",
				    (unsigned long)form->base);
	return err ? kallmod_fail(ctx, err, "the tables: %s", strerror(-err)) : 0;
}

static int measure(const struct kallmod_modtables_image *image, size_t entries,
		   struct build_tables_size *ret)
{
	uLongf size = compressBound(image->size);
	cleanup_free Bytef *packed = malloc(size);

	if (!packed || compress2(packed, &size, image->data, image->size, Z_BEST_COMPRESSION))
		return -ENOMEM;
	*ret = (struct build_tables_size){image->size, size, entries};
	return 0;
}

static int write_bin(struct kallmod_ctx *ctx, const char *path,
		     const struct kallmod_modtables_image *image)
{
	cleanup_savefile struct kallmod_savefile save = KALLMOD_SAVEFILE_EMPTY;
	int err = kallmod_savefile_open(&save, ctx, path);

	if (err)
		return err;
	fwrite(image->data, 1, image->size, save.file);
	kallmod_savefile_open_to_all(&save);
	return kallmod_savefile_commit(&save);
}

static void write_symbol(FILE *file, const char *name, size_t offset, size_t size)
{
	fprintf(file,
		"\n\t.globl %s\n\t.balign 8\n%s:\n\t.incbin \"kallmodsyms.bin\", %zu, %zu\n",
		name, name, offset, size);
}

static int write_s(struct kallmod_ctx *ctx, const char *path,
		   const struct kallmod_modtables *tables,
		   const struct kallmod_modtables_form *form, bool own_base,
		   const struct kallmod_modtables_image *image)
{
	cleanup_savefile struct kallmod_savefile save = KALLMOD_SAVEFILE_EMPTY;
	bool absolute = form->encoding == KALLMOD_MODTABLES_ABSOLUTE;
	size_t bytes = absolute ? form->word : sizeof(uint32_t);
	int err = kallmod_savefile_open(&save, ctx, path);

	if (err)
		return err;
	fprintf(save.file, "/* Made by kallmod build; assemble it with -I and this directory. */\n"
			   "\t.section .rodata, \"a\"\n");
	write_symbol(save.file, absolute ? "kallsyms_module_addresses" : "kallsyms_module_offsets",
		     image->addresses, tables->count * bytes);
	write_symbol(save.file, "kallsyms_modules", image->modules,
		     tables->count * sizeof(uint32_t));
	write_symbol(save.file, "kallsyms_module_names", image->names, tables->names_len);
	write_symbol(save.file, "kallsyms_num_modules", image->num_modules, sizeof(uint32_t));
	write_symbol(save.file, "kallsyms_module_names_len", image->names_len, sizeof(uint32_t));
	if (own_base)
		fprintf(save.file,
			"\n\t.globl kallsyms_relative_base\n\t.balign 8\nkallsyms_relative_base:\n\t%s _text\n",
			form->word == 8 ? ".quad" : ".long");
	/* Old binutils take an object without this for one that wants an executable stack. */
	fprintf(save.file, "\n\t.section .note.GNU-stack, \"\", %%progbits\n");
	kallmod_savefile_open_to_all(&save);
	return kallmod_savefile_commit(&save);
}

struct output {
	struct kallmod_ctx *ctx;
	struct kallmod_modtables_form form;
	bool own_base;
	const char *directory;
};

static int write_files(const struct output *output, const struct kallmod_modtables *tables,
		       const struct kallmod_modtables_image *image)
{
	cleanup_free char *bin = NULL, *s = NULL;
	int err;

	if (asprintf(&bin, "%s/kallmodsyms.bin", output->directory) < 0)
		bin = NULL;
	if (asprintf(&s, "%s/kallmodsyms.S", output->directory) < 0)
		s = NULL;
	if (!bin || !s)
		return kallmod_fail(output->ctx, -ENOMEM, "out of memory");
	err = write_bin(output->ctx, bin, image);
	return err ? err : write_s(output->ctx, s, tables, &output->form, output->own_base, image);
}

/* Encodes and measures; with write, the files as well. */
static int put_tables(const struct output *output, const struct kallmod_modtables *tables,
		      bool write, struct build_tables_size *size)
{
	struct kallmod_modtables_image image = {};
	int err = encode(output->ctx, tables, &output->form, &image);

	if (!err)
		err = measure(&image, tables->count, size);
	if (!err && write)
		err = write_files(output, tables, &image);
	free(image.data);
	return err;
}

static int optimise_and_put(const struct output *output, struct kallmod_modtables *tables,
			    struct build_tables_report *report)
{
	int err = put_tables(output, tables, false, &report->before);

	if (!err)
		err = kallmod_modtables_optimise(tables);
	if (!err)
		err = put_tables(output, tables, true, &report->after);
	return err == -ENOMEM ? kallmod_fail(output->ctx, err, "out of memory") : err;
}

int build_tables_write(struct kallmod_ctx *ctx, struct build_tables *from, const char *path,
		       const char *directory, struct build_tables_report *report_ret)
{
	__attribute__((cleanup(kallmod_modtables_deinit))) struct kallmod_modtables tables = {};
	cleanup_symbols struct kallmod_symbols *symbols = NULL;
	cleanup_image struct kallmod_image *image = NULL;
	struct output output = {.ctx = ctx, .directory = directory};
	struct build_tables_report report = {};
	int err = kallmod_image_open(ctx, path, &image);

	if (!err)
		err = kallmod_image_symbols(ctx, image, &symbols);
	if (!err)
		err = make_tables(ctx, from, symbols, path, &tables);
	if (!err)
		err = find_form(ctx, image, address(symbols, "_text"), &output.form,
				&output.own_base);
	if (!err)
		err = optimise_and_put(&output, &tables, &report);
	if (!err)
		*report_ret = report;
	return err;
}
