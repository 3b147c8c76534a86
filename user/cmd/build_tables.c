// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "build_tables.h"
#include "cleanup.h"
#include "ctx.h"
#include "savefile.h"

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
		   const struct kallmod_modtables_form *form,
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
	/* Old binutils take an object without this for one that wants an executable stack. */
	fprintf(save.file, "\n\t.section .note.GNU-stack, \"\", %%progbits\n");
	return kallmod_savefile_commit(&save);
}

static int write_files(struct kallmod_ctx *ctx, const struct kallmod_modtables *tables,
		       const struct kallmod_modtables_form *form, const char *directory,
		       const struct kallmod_modtables_image *image)
{
	cleanup_free char *bin = NULL, *s = NULL;
	int err;

	if (asprintf(&bin, "%s/kallmodsyms.bin", directory) < 0)
		bin = NULL;
	if (asprintf(&s, "%s/kallmodsyms.S", directory) < 0)
		s = NULL;
	if (!bin || !s)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	err = write_bin(ctx, bin, image);
	return err ? err : write_s(ctx, s, tables, form, image);
}

int build_tables_write(struct kallmod_ctx *ctx, struct kallmod_modtables *tables,
		       const struct kallmod_modtables_form *form, const char *directory,
		       struct build_tables_report *report_ret)
{
	struct kallmod_modtables_image before = {}, after = {};
	struct build_tables_report report;
	int err = encode(ctx, tables, form, &before);

	if (!err)
		err = measure(&before, tables->count, &report.before);
	free(before.data);
	if (!err)
		err = kallmod_modtables_optimise(tables);
	if (err)
		return err == -ENOMEM ? kallmod_fail(ctx, err, "out of memory") : err;
	err = encode(ctx, tables, form, &after);
	if (!err)
		err = measure(&after, tables->count, &report.after);
	if (!err)
		err = write_files(ctx, tables, form, directory, &after);
	free(after.data);
	if (!err)
		*report_ret = report;
	return err;
}
