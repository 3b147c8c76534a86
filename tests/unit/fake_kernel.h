/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small kernel images, made in memory: kallsyms tables of every variant in an ELF file. To be
 * included behind cmocka.h.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kallsyms_table.h"

#define FAKE_BANNER "Linux version 6.1.0-fake (root@nowhere) #1 SMP"
#ifndef FAKE_TEXT_SIZE
#define FAKE_TEXT_SIZE 0x4000u
#endif
#define FAKE_UNPACKED_MAX ((size_t)16 << 20)

/* Where things stand, as it was from one release to another. */
enum fake_layout {
	FAKE_2_6,  /* addresses, num_syms and markers are words */
	FAKE_4_20, /* addresses, num_syms, names, markers, tokens */
	FAKE_6_2,  /* as before, with seqs_of_names behind the markers */
	FAKE_6_4,  /* num_syms, names, markers, tokens, offsets, base, seqs */
};

struct fake_kernel {
	/* What is wanted. */
	unsigned int word;
	bool big_endian;
	enum fake_layout layout;
	enum kallmod_kallsyms_encoding encoding;
	bool no_base;	/* relative, but there is none (7.0, 32 bits) */
	bool long_names; /* one of 300 bytes, whose length takes two */
	bool symtab;	/* the tables have ELF symbols, and functions have sizes */
	size_t count;

	/* What it became. */
	uint8_t *data;
	size_t size, capacity;
	uint64_t text;
	uint64_t *addrs;
	char (*names)[KALLMOD_KALLSYMS_NAME_SIZE];
	uint64_t at[8]; /* addresses of the tables, in the order of fake_tables */
};

enum { FAKE_NUM_SYMS, FAKE_NAMES, FAKE_TOKENS, FAKE_INDEX, FAKE_ADDRESSES, FAKE_BASE, FAKE_MARKERS, FAKE_SEQS };

static const char *const fake_tables[] = {
	"kallsyms_num_syms", "kallsyms_names", "kallsyms_token_table", "kallsyms_token_index",
	"kallsyms_offsets", "kallsyms_relative_base", "kallsyms_markers", "kallsyms_seqs_of_names",
};

/* The addresses have another name where they are absolute. */
static inline const char *fake_table_name(const struct fake_kernel *kernel, size_t i)
{
	return i == FAKE_ADDRESSES && kernel->encoding == KALLMOD_KALLSYMS_ABSOLUTE ?
		       "kallsyms_addresses" : fake_tables[i];
}

static inline void fake_bytes(struct fake_kernel *kernel, const void *bytes, size_t size)
{
	while (kernel->size + size > kernel->capacity) {
		kernel->capacity = kernel->capacity ? 2 * kernel->capacity : 1 << 16;
		kernel->data = realloc(kernel->data, kernel->capacity);
		if (!kernel->data)
			abort();
	}
	if (bytes)
		memcpy(kernel->data + kernel->size, bytes, size);
	else
		memset(kernel->data + kernel->size, 0, size);
	kernel->size += size;
}

static inline void fake_store(uint8_t *to, uint64_t value, unsigned int size, bool big_endian)
{
	for (unsigned int i = 0; i < size; i++)
		to[big_endian ? size - 1 - i : i] = value >> (8 * i);
}

static inline void fake_number(struct fake_kernel *kernel, uint64_t value, unsigned int size)
{
	uint8_t bytes[8];

	fake_store(bytes, value, size, kernel->big_endian);
	fake_bytes(kernel, bytes, size);
}

static inline void fake_align(struct fake_kernel *kernel, size_t to)
{
	while (kernel->size % to)
		fake_bytes(kernel, NULL, 1);
}

/* A label: aligned to a word, as scripts/kallsyms does it; the file begins at text. */
static inline void fake_label(struct fake_kernel *kernel, int which)
{
	fake_align(kernel, kernel->word);
	kernel->at[which] = kernel->text + kernel->size;
}

/* Tokens: every byte stands for itself, but for those that no name has. */
static inline void fake_token(unsigned int byte, char *token)
{
	if (byte >= 'A' && byte < 0x7f)
		sprintf(token, "%c", byte);
	else if (byte >= '0' && byte <= '9')
		sprintf(token, "%c", byte);
	else if (byte == 0x80)
		strcpy(token, "function_");
	else
		sprintf(token, "q%c", 'A' + byte % 26);
}

static inline void fake_put_tokens(struct fake_kernel *kernel)
{
	uint16_t index[KALLMOD_KALLSYMS_NAME_SIZE / 2];
	size_t at = 0;

	fake_label(kernel, FAKE_TOKENS);
	for (unsigned int i = 0; i < 256; i++) {
		char token[32];

		fake_token(i, token);
		index[i] = at;
		fake_bytes(kernel, token, strlen(token) + 1);
		at += strlen(token) + 1;
	}
	fake_label(kernel, FAKE_INDEX);
	for (unsigned int i = 0; i < 256; i++)
		fake_number(kernel, index[i], 2);
}

static inline void fake_put_name(struct fake_kernel *kernel, char type, const char *name)
{
	uint8_t packed[600];
	size_t n = 0;

	packed[n++] = type;
	while (*name) {
		bool word = !strncmp(name, "function_", 9);

		packed[n++] = word ? 0x80 : *name;
		name += word ? 9 : 1;
	}
	if (n >= 0x80)
		fake_number(kernel, (n & 0x7f) | 0x80, 1);
	fake_number(kernel, n >= 0x80 ? n >> 7 : n, 1);
	fake_bytes(kernel, packed, n);
}

static inline void fake_put_names(struct fake_kernel *kernel)
{
	unsigned int step = kernel->layout == FAKE_2_6 ? kernel->word : 4;
	uint64_t markers[1024];

	fake_label(kernel, FAKE_NUM_SYMS);
	fake_number(kernel, kernel->count, step);
	fake_label(kernel, FAKE_NAMES);
	for (size_t i = 0; i < kernel->count; i++) {
		if (i % 256 == 0)
			markers[i / 256] = kernel->text + kernel->size - kernel->at[FAKE_NAMES];
		fake_put_name(kernel, 'T', kernel->names[i]);
	}
	fake_label(kernel, FAKE_MARKERS);
	for (size_t i = 0; i < (kernel->count + 255) / 256; i++)
		fake_number(kernel, markers[i], step);
}

static inline void fake_put_addresses(struct fake_kernel *kernel)
{
	uint64_t base = kernel->no_base ? 0 : kernel->text;

	fake_label(kernel, FAKE_ADDRESSES);
	for (size_t i = 0; i < kernel->count; i++) {
		uint64_t addr = kernel->addrs[i];

		switch (kernel->encoding) {
		case KALLMOD_KALLSYMS_ABSOLUTE:
			fake_number(kernel, addr, kernel->word);
			break;
		case KALLMOD_KALLSYMS_RELATIVE:
			fake_number(kernel, addr - base, 4);
			break;
		case KALLMOD_KALLSYMS_PERCPU:
			fake_number(kernel, addr < 0x100000 ? addr : base - 1 - addr, 4);
			break;
		case KALLMOD_KALLSYMS_PLACE:
			fake_number(kernel, addr - (kernel->text + kernel->size), 4);
			break;
		}
	}
	if (kernel->no_base || kernel->encoding == KALLMOD_KALLSYMS_ABSOLUTE ||
	    kernel->encoding == KALLMOD_KALLSYMS_PLACE)
		return;
	fake_label(kernel, FAKE_BASE);
	fake_number(kernel, base, kernel->word);
}

static inline int fake_compare(const void *a, const void *b, void *arg)
{
	const struct fake_kernel *kernel = arg;
	const uint32_t *x = a, *y = b;
	int order = strcmp(kernel->names[*x], kernel->names[*y]);

	return order ? order : *x < *y ? -1 : 1;
}

static inline void fake_put_seqs(struct fake_kernel *kernel)
{
	uint32_t *order = malloc(kernel->count * sizeof(*order));

	for (size_t i = 0; i < kernel->count; i++)
		order[i] = i;
	qsort_r(order, kernel->count, sizeof(*order), fake_compare, kernel);
	fake_label(kernel, FAKE_SEQS);
	for (size_t i = 0; i < kernel->count; i++) {
		uint8_t bytes[3] = { order[i] >> 16, order[i] >> 8, order[i] };

		fake_bytes(kernel, bytes, 3);
	}
	free(order);
}

static inline void fake_put_tables(struct fake_kernel *kernel)
{
	if (kernel->layout != FAKE_6_4)
		fake_put_addresses(kernel);
	fake_put_names(kernel);
	if (kernel->layout == FAKE_6_2)
		fake_put_seqs(kernel);
	fake_put_tokens(kernel);
	if (kernel->layout != FAKE_6_4)
		return;
	fake_put_addresses(kernel);
	fake_put_seqs(kernel);
}

/* Per-CPU symbols where there may be some, then _text, _stext and functions; two of one name. */
static inline void fake_make_symbols(struct fake_kernel *kernel)
{
	size_t percpu = kernel->encoding == KALLMOD_KALLSYMS_PERCPU ? 3 : 0;

	kernel->addrs = calloc(kernel->count, sizeof(*kernel->addrs));
	kernel->names = calloc(kernel->count, sizeof(*kernel->names));
	for (size_t i = 0; i < kernel->count; i++) {
		char *name = kernel->names[i];

		kernel->addrs[i] = i < percpu ? 0x1000 * i : kernel->text + 8 * (i - percpu);
		if (i == percpu || i == percpu + 1) {
			strcpy(name, i == percpu ? "_text" : "_stext");
			kernel->addrs[i] = kernel->text;
		} else if (i == 7 || i == 9) {
			strcpy(name, "init_once");
		} else if (i == 8 && kernel->long_names) {
			memset(name, 'l', 300);
		} else {
			sprintf(name, "function_%zu", i * 7919 % 100000);
		}
	}
}

/* ---- the file around them ----------------------------------------------------------- */

#define FAKE_PUT(kernel, p, type, member, value)                                               \
	((kernel)->word == 8 ?                                                                 \
		 fake_store((p) + offsetof(Elf64_##type, member), value,                       \
			    sizeof(((Elf64_##type *)0)->member), (kernel)->big_endian) :       \
		 fake_store((p) + offsetof(Elf32_##type, member), value,                       \
			    sizeof(((Elf32_##type *)0)->member), (kernel)->big_endian))

static inline void fake_put_header(struct fake_kernel *kernel, size_t sections)
{
	uint8_t *head = kernel->data, *program = head + 64;

	memcpy(head, ELFMAG, SELFMAG);
	head[EI_CLASS] = kernel->word == 8 ? ELFCLASS64 : ELFCLASS32;
	head[EI_DATA] = kernel->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	FAKE_PUT(kernel, head, Ehdr, e_type, ET_EXEC);
	FAKE_PUT(kernel, head, Ehdr, e_phoff, 64);
	FAKE_PUT(kernel, head, Ehdr, e_phnum, 1);
	FAKE_PUT(kernel, head, Ehdr, e_phentsize,
		 kernel->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
	FAKE_PUT(kernel, head, Ehdr, e_shoff, sections);
	FAKE_PUT(kernel, head, Ehdr, e_shnum, sections ? 4 : 0);
	FAKE_PUT(kernel, head, Ehdr, e_shentsize,
		 kernel->word == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
	FAKE_PUT(kernel, program, Phdr, p_type, PT_LOAD);
	FAKE_PUT(kernel, program, Phdr, p_flags, PF_R | PF_X);
	FAKE_PUT(kernel, program, Phdr, p_vaddr, kernel->text);
	FAKE_PUT(kernel, program, Phdr, p_filesz, kernel->size);
}

static inline void fake_put_symbol(struct fake_kernel *kernel, size_t name, uint64_t addr,
				   uint64_t size)
{
	uint8_t symbol[sizeof(Elf64_Sym)] = { 0 };

	FAKE_PUT(kernel, symbol, Sym, st_name, name);
	FAKE_PUT(kernel, symbol, Sym, st_value, addr);
	FAKE_PUT(kernel, symbol, Sym, st_size, size);
	FAKE_PUT(kernel, symbol, Sym, st_shndx, 1);
	FAKE_PUT(kernel, symbol, Sym, st_info, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
	fake_bytes(kernel, symbol, kernel->word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
}

static inline void fake_put_section(struct fake_kernel *kernel, uint32_t type, uint64_t flags,
				    size_t offset, size_t size)
{
	uint8_t section[sizeof(Elf64_Shdr)] = { 0 };

	FAKE_PUT(kernel, section, Shdr, sh_type, type);
	FAKE_PUT(kernel, section, Shdr, sh_flags, flags);
	FAKE_PUT(kernel, section, Shdr, sh_offset, offset);
	FAKE_PUT(kernel, section, Shdr, sh_size, size);
	FAKE_PUT(kernel, section, Shdr, sh_link, 3);
	FAKE_PUT(kernel, section, Shdr, sh_entsize,
		 kernel->word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
	fake_bytes(kernel, section, kernel->word == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
}

/* Symbols for the tables, and a size of 6 for every function, which stand 8 bytes apart. */
static inline size_t fake_put_symtab(struct fake_kernel *kernel)
{
	size_t symbols, strings, sections, name = 1;

	fake_align(kernel, 8);
	symbols = kernel->size;
	for (size_t i = 0; i < 8; i++) {
		if (kernel->at[i])
			fake_put_symbol(kernel, name, kernel->at[i], 0);
		name += strlen(fake_table_name(kernel, i)) + 1;
	}
	for (size_t i = 0; i < kernel->count; i++) {
		fake_put_symbol(kernel, name, kernel->addrs[i],
				kernel->names[i][0] == '_' ? 0 : 6);
		name += strlen(kernel->names[i]) + 1;
	}
	strings = kernel->size;
	fake_bytes(kernel, "", 1);
	for (size_t i = 0; i < 8; i++)
		fake_bytes(kernel, fake_table_name(kernel, i),
			   strlen(fake_table_name(kernel, i)) + 1);
	for (size_t i = 0; i < kernel->count; i++)
		fake_bytes(kernel, kernel->names[i], strlen(kernel->names[i]) + 1);
	fake_align(kernel, 8);
	sections = kernel->size;
	fake_put_section(kernel, SHT_NULL, 0, 0, 0);
	fake_put_section(kernel, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0, FAKE_TEXT_SIZE);
	fake_put_section(kernel, SHT_SYMTAB, 0, symbols, strings - symbols);
	fake_put_section(kernel, SHT_STRTAB, 0, strings, name);
	return sections;
}

/* Makes the image that kernel describes; fake_kernel_deinit() releases it. */
static inline void fake_kernel_init(struct fake_kernel *kernel)
{
	size_t sections = 0;

	kernel->text = kernel->word == 8 ? 0xffffffff81000000 : 0xc0100000;
	fake_make_symbols(kernel);
	fake_bytes(kernel, NULL, FAKE_TEXT_SIZE);
	fake_bytes(kernel, FAKE_BANNER, sizeof(FAKE_BANNER));
	fake_put_tables(kernel);
	fake_align(kernel, 8);
	if (kernel->symtab)
		sections = fake_put_symtab(kernel);
	fake_put_header(kernel, sections);
}

static inline void fake_kernel_deinit(struct fake_kernel *kernel)
{
	free(kernel->data);
	free(kernel->addrs);
	free(kernel->names);
}

/* ---- what to do with it --------------------------------------------------------------- */

static inline struct kallmod_image *fake_open(struct kallmod_ctx *ctx, const void *data,
					      size_t size)
{
	struct kallmod_image *image = NULL;
	int err = kallmod_image_memory(ctx, "fake", data, size, FAKE_UNPACKED_MAX, &image);

	if (err)
		print_error("%s\n", kallmod_ctx_error(ctx));
	assert_int_equal(err, 0);
	return image;
}

/* Are all names there, at their addresses, and found by either way? */
static inline void fake_check_names(const struct fake_kernel *kernel,
				    const struct kallmod_kallsyms *table)
{
	char name[KALLMOD_KALLSYMS_NAME_SIZE];

	assert_int_equal(kallmod_kallsyms_count(table), kernel->count);
	for (size_t i = 0; i < kernel->count; i++) {
		assert_int_equal(kallmod_kallsyms_name(table, i, name), 'T');
		assert_string_equal(name, kernel->names[i]);
		assert_int_equal(kallmod_kallsyms_addr(table, i), kernel->addrs[i]);
		assert_int_equal(kallmod_kallsyms_by_name(table, name),
				 kallmod_kallsyms_scan(table, name));
	}
	assert_int_equal(kallmod_kallsyms_by_name(table, "init_once"), 7);
	assert_int_equal(kallmod_kallsyms_by_name(table, "init_oncf"), -1);
	assert_int_equal(kallmod_kallsyms_by_name(table, ""), -1);
	assert_int_equal(kallmod_kallsyms_by_name(table, "zzz"), -1);
}

#endif
