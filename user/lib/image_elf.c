// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* ELF files of both classes and byte orders, read field by field within their bounds. */
#include <ctype.h>
#include <elf.h>
#include <string.h>

#include "cleanup.h"
#include "image_priv.h"

/* Notes of a core: a page of registers for each CPU, and VMCOREINFO. */
#define NOTES_MAX ((uint64_t)16 << 20)
/* KSYM_NAME_LEN: longer names are in no kernel's list. */
#define NAME_SIZE 512
#define VMCOREINFO_MAX ((uint64_t)1 << 20)

static int refuse(struct kallmod_image *image, const char *what)
{
	return kallmod_fail(image->ctx, -EINVAL, "%s: %s", image->path, what);
}

static uint64_t load(const struct kallmod_image *image, const void *at, unsigned int size)
{
	return kallmod_image_load(at, size, image->big_endian);
}

/* A member of an ELF structure at p, by the class of the image. */
#define FIELD(image, p, type, member)                                                          \
	((image)->word == 8 ?                                                                  \
		 load(image, (const uint8_t *)(p) + offsetof(Elf64_##type, member),            \
		      sizeof(((Elf64_##type *)NULL)->member)) :                                \
		 load(image, (const uint8_t *)(p) + offsetof(Elf32_##type, member),            \
		      sizeof(((Elf32_##type *)NULL)->member)))
#define SIZE_OF(image, type) \
	((image)->word == 8 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

static int read_ident(struct kallmod_image *image)
{
	const uint8_t *ident = image->data;

	if (!kallmod_image_has(image, 0, EI_NIDENT) ||
	    (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return refuse(image, "a damaged ELF file; get a whole copy");
	image->word = ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	image->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	if (!kallmod_image_has(image, 0, SIZE_OF(image, Ehdr)))
		return refuse(image, "a torn ELF file; get a whole copy");
	switch (FIELD(image, image->data, Ehdr, e_type)) {
	case ET_CORE:
		image->kind = KALLMOD_IMAGE_CORE;
		return 0;
	case ET_EXEC:
	case ET_DYN:
		image->kind = KALLMOD_IMAGE_ELF;
		return 0;
	default:
		return refuse(image, "an ELF file, but not of a linked kernel; name a vmlinux");
	}
}

/* Keeps the text of VMCOREINFO, of one note. */
static int keep_vmcoreinfo(struct kallmod_image *image, const uint8_t *text, uint64_t size)
{
	if (image->vmcoreinfo || size > VMCOREINFO_MAX)
		return 0;
	image->vmcoreinfo = strndup((const char *)text, size);
	return image->vmcoreinfo ? 0 : -ENOMEM;
}

static uint64_t align4(uint64_t value)
{
	return (value + 3) & ~(uint64_t)3;
}

/* A torn note ends the reading: cores are cut off all the time, and segments come after. */
static int parse_notes(struct kallmod_image *image, const uint8_t *notes, uint64_t size)
{
	uint64_t at = 0;

	while (size - at >= sizeof(Elf32_Nhdr)) {
		uint64_t name = load(image, notes + at, 4), text = load(image, notes + at + 4, 4);
		const uint8_t *body = notes + at + sizeof(Elf32_Nhdr);
		uint64_t left = size - at - sizeof(Elf32_Nhdr);
		int err;

		if (align4(name) > left || text > left - align4(name))
			break;
		if (name == 11 && !memcmp(body, "VMCOREINFO", 11)) {
			err = keep_vmcoreinfo(image, body + align4(name), text);
			if (err)
				return err;
		}
		if (align4(text) > left - align4(name))
			break;
		at += sizeof(Elf32_Nhdr) + align4(name) + align4(text);
	}
	return 0;
}

static int read_notes(struct kallmod_image *image, uint64_t offset, uint64_t size)
{
	cleanup_free uint8_t *notes = NULL;

	if (image->kind != KALLMOD_IMAGE_CORE || !size || size > NOTES_MAX - image->notes)
		return 0;
	image->notes += size;
	notes = malloc(size);
	if (!notes)
		return -ENOMEM;
	return kallmod_image_read(image, offset, notes, size) ?
		       parse_notes(image, notes, size) : 0;
}

/* A piece of a core that was cut off counts as far as it is there. */
static uint64_t present(const struct kallmod_image *image, uint64_t offset, uint64_t size)
{
	if (image->fd >= 0 || kallmod_image_has(image, offset, size))
		return size;
	return offset < image->size ? image->size - offset : 0;
}

static int read_segment(struct kallmod_image *image, const uint8_t *header)
{
	uint64_t type = FIELD(image, header, Phdr, p_type);
	uint64_t size = FIELD(image, header, Phdr, p_filesz);
	struct kallmod_image_segment segment = {
		.start = FIELD(image, header, Phdr, p_vaddr),
		.offset = FIELD(image, header, Phdr, p_offset),
		.executable = FIELD(image, header, Phdr, p_flags) & PF_X,
	};

	if (type == PT_NOTE)
		return read_notes(image, segment.offset, size);
	if (type != PT_LOAD || !size)
		return 0;
	if (image->kind != KALLMOD_IMAGE_CORE && !kallmod_image_has(image, segment.offset, size))
		return refuse(image, "torn, it ends before its segments do; get a whole copy");
	size = present(image, segment.offset, size);
	if (size > UINT64_MAX - segment.start)
		size = UINT64_MAX - segment.start;
	segment.end = segment.start + size;
	return kallmod_image_add_segment(image, &segment);
}

int kallmod_image_elf_open(struct kallmod_image *image)
{
	uint64_t offset, count, size;
	int err = read_ident(image);

	if (err)
		return err;
	offset = FIELD(image, image->data, Ehdr, e_phoff);
	count = FIELD(image, image->data, Ehdr, e_phnum);
	size = FIELD(image, image->data, Ehdr, e_phentsize);
	if (!count || size < SIZE_OF(image, Phdr) || !kallmod_image_has(image, offset, count * size))
		return refuse(image,
			      "no program headers, or torn; name a linked kernel (vmlinux) or a whole core");
	for (uint64_t i = 0; i < count; i++) {
		err = read_segment(image, image->data + offset + i * size);
		if (err == -ENOMEM)
			return kallmod_fail(image->ctx, err, "%s: out of memory", image->path);
		if (err)
			return err;
	}
	return image->segment_count ? 0 : refuse(image, "it holds no memory; name a linked kernel");
}

bool kallmod_image_vmcoreinfo(const struct kallmod_image *image, const char *key,
			      const char **value_ret, size_t *length_ret)
{
	size_t length = strlen(key);

	for (const char *line = image->vmcoreinfo; line && *line;) {
		size_t line_length = strcspn(line, "\n");

		if (line_length > length && !memcmp(line, key, length) && line[length] == '=') {
			*value_ret = line + length + 1;
			*length_ret = line_length - length - 1;
			return true;
		}
		line += line_length + (line[line_length] == '\n');
	}
	return false;
}

bool kallmod_image_vmcoreinfo_symbol(const struct kallmod_image *image, const char *name,
				     uint64_t *ret)
{
	const char *value;
	size_t length;
	char key[80];

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	if (!kallmod_image_vmcoreinfo(image, key, &value, &length) || !length || length > 16)
		return false;
	*ret = strtoull(value, NULL, 16);
	return true;
}

/* ---- the symbol table --------------------------------------------------------------- */

/* The section headers, the symbol table and its strings, all within the file. */
struct symtab {
	struct kallmod_image *image;
	const uint8_t *headers;
	uint64_t header_count, header_size;
	const uint8_t *symbols;
	uint64_t count, entry_size;
	const char *strings;
	uint64_t strings_size;
};

/* The bytes of a section, NULL when they are not in the file. */
static const uint8_t *section_bytes(const struct symtab *table, const uint8_t *header,
				    uint64_t *size_ret)
{
	struct kallmod_image *image = table->image;
	uint64_t offset = FIELD(image, header, Shdr, sh_offset);

	*size_ret = FIELD(image, header, Shdr, sh_size);
	return kallmod_image_has(image, offset, *size_ret) ? image->data + offset : NULL;
}

static int find_headers(struct symtab *table)
{
	struct kallmod_image *image = table->image;
	uint64_t offset = FIELD(image, image->data, Ehdr, e_shoff);

	table->header_count = FIELD(image, image->data, Ehdr, e_shnum);
	table->header_size = FIELD(image, image->data, Ehdr, e_shentsize);
	if (!offset)
		return -ENODATA;
	if (table->header_size < SIZE_OF(image, Shdr) ||
	    !kallmod_image_has(image, offset, table->header_size))
		return -EINVAL;
	table->headers = image->data + offset;
	/* With 65,280 sections and more, the first one has the count. */
	if (!table->header_count)
		table->header_count = FIELD(image, table->headers, Shdr, sh_size);
	if (table->header_count > image->size / table->header_size ||
	    !kallmod_image_has(image, offset, table->header_count * table->header_size))
		return -EINVAL;
	return 0;
}

static int find_symtab(struct symtab *table)
{
	struct kallmod_image *image = table->image;
	const uint8_t *header = NULL;
	uint64_t link, size;

	for (uint64_t i = 0; i < table->header_count && !header; i++) {
		const uint8_t *at = table->headers + i * table->header_size;

		if (FIELD(image, at, Shdr, sh_type) == SHT_SYMTAB)
			header = at;
	}
	if (!header)
		return -ENODATA;
	link = FIELD(image, header, Shdr, sh_link);
	table->entry_size = FIELD(image, header, Shdr, sh_entsize);
	table->symbols = section_bytes(table, header, &size);
	if (link >= table->header_count || table->entry_size < SIZE_OF(image, Sym))
		return -EINVAL;
	table->count = size / table->entry_size;
	table->strings = (const char *)section_bytes(
		table, table->headers + link * table->header_size, &table->strings_size);
	if (!table->symbols || !table->strings || !table->strings_size ||
	    table->strings[table->strings_size - 1])
		return -EINVAL;
	return 0;
}

/* As nm has it: by section, upper case for what is global. */
static char symbol_type(const struct symtab *table, uint64_t section, unsigned char info)
{
	bool object = ELF32_ST_TYPE(info) == STT_OBJECT;
	uint64_t flags, type;
	char letter;

	if (ELF32_ST_BIND(info) == STB_WEAK)
		return object ? 'V' : 'W';
	if (section == SHN_ABS) {
		letter = 'a';
	} else if (section >= table->header_count) {
		return '?';
	} else {
		const uint8_t *header = table->headers + section * table->header_size;

		flags = FIELD(table->image, header, Shdr, sh_flags);
		type = FIELD(table->image, header, Shdr, sh_type);
		letter = flags & SHF_EXECINSTR ? 't' :
			 type == SHT_NOBITS    ? 'b' :
			 flags & SHF_WRITE     ? 'd' :
						 'r';
	}
	return ELF32_ST_BIND(info) == STB_LOCAL ? letter : toupper(letter);
}

/* False for what no kernel lists: sections, files, what is not defined, local labels. */
static bool read_symbol(const struct symtab *table, uint64_t index, struct kallmod_symbol *ret)
{
	struct kallmod_image *image = table->image;
	const uint8_t *at = table->symbols + index * table->entry_size;
	unsigned char info = FIELD(image, at, Sym, st_info);
	uint64_t section = FIELD(image, at, Sym, st_shndx);
	uint64_t name = FIELD(image, at, Sym, st_name);

	if (section == SHN_UNDEF || name >= table->strings_size ||
	    (section >= SHN_LORESERVE && section != SHN_ABS) ||
	    ELF32_ST_TYPE(info) == STT_SECTION || ELF32_ST_TYPE(info) == STT_FILE)
		return false;
	*ret = (struct kallmod_symbol){
		.addr = FIELD(image, at, Sym, st_value),
		.size = FIELD(image, at, Sym, st_size),
		.name = table->strings + name,
		.type = symbol_type(table, section, info),
	};
	/* "$x" and "$d" mark code and data for the disassembler, not places. */
	return *ret->name && *ret->name != '$' && strncmp(ret->name, ".L", 2) &&
	       strnlen(ret->name, NAME_SIZE) < NAME_SIZE;
}

int kallmod_image_elf_symbols(struct kallmod_image *image,
			      int (*fn)(void *arg, const struct kallmod_symbol *symbol), void *arg)
{
	struct symtab table = { .image = image };
	int err;

	if (image->kind != KALLMOD_IMAGE_ELF)
		return -ENODATA;
	err = find_headers(&table);
	if (!err)
		err = find_symtab(&table);
	if (err == -EINVAL)
		return refuse(image, "its symbol table is torn; get a whole copy");
	for (uint64_t i = 0; !err && i < table.count; i++) {
		struct kallmod_symbol symbol;

		if (read_symbol(&table, i, &symbol))
			err = fn(arg, &symbol);
	}
	return err;
}
