// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms tables. The first byte says word size and byte order, the rest is the memory of a
 * kernel, so that no ELF header is in the way. What is found by name is what has the name.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kallsyms_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT 0xffffffff81000000

static void store(uint8_t *to, uint64_t value, unsigned int size, bool big_endian)
{
	for (unsigned int i = 0; i < size; i++)
		to[big_endian ? size - 1 - i : i] = value >> (8 * i);
}

#define PUT(p, bits, type, member, value)                                  \
	store((p) + offsetof(Elf##bits##_##type, member), value,           \
	      sizeof(((Elf##bits##_##type *)NULL)->member), big_endian)

static void put_header64(uint8_t *to, size_t size, bool big_endian)
{
	PUT(to, 64, Ehdr, e_type, ET_EXEC);
	PUT(to, 64, Ehdr, e_phoff, 64);
	PUT(to, 64, Ehdr, e_phnum, 1);
	PUT(to, 64, Ehdr, e_phentsize, sizeof(Elf64_Phdr));
	PUT(to + 64, 64, Phdr, p_type, PT_LOAD);
	PUT(to + 64, 64, Phdr, p_flags, PF_X);
	PUT(to + 64, 64, Phdr, p_vaddr, TEXT);
	PUT(to + 64, 64, Phdr, p_filesz, size);
}

static void put_header32(uint8_t *to, size_t size, bool big_endian)
{
	PUT(to, 32, Ehdr, e_type, ET_EXEC);
	PUT(to, 32, Ehdr, e_phoff, 64);
	PUT(to, 32, Ehdr, e_phnum, 1);
	PUT(to, 32, Ehdr, e_phentsize, sizeof(Elf32_Phdr));
	PUT(to + 64, 32, Phdr, p_type, PT_LOAD);
	PUT(to + 64, 32, Phdr, p_flags, PF_X);
	PUT(to + 64, 32, Phdr, p_vaddr, (uint32_t)TEXT);
	PUT(to + 64, 32, Phdr, p_filesz, size);
}

static void check(const struct kallmod_kallsyms *table)
{
	char name[KALLMOD_KALLSYMS_NAME_SIZE], found[KALLMOD_KALLSYMS_NAME_SIZE];
	size_t count = kallmod_kallsyms_count(table);

	for (size_t i = 0; i < count; i += 1 + count / 16) {
		uint64_t addr = kallmod_kallsyms_addr(table, i);
		ptrdiff_t at;

		kallmod_kallsyms_name(table, i, name);
		at = kallmod_kallsyms_by_name(table, name);
		if (at >= 0)
			kallmod_kallsyms_name(table, at, found);
		if (at >= (ptrdiff_t)count || (at >= 0 && strcmp(name, found)))
			abort();
		at = kallmod_kallsyms_by_addr(table, addr);
		if (at < (ptrdiff_t)i || kallmod_kallsyms_addr(table, at) != addr)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t all = size + 127;
	struct kallmod_kallsyms *table;
	struct kallmod_image *image;
	uint8_t *memory;
	bool big_endian;

	if (!size)
		return 0;
	memory = calloc(1, all);
	if (!memory)
		return 0;
	big_endian = data[0] & 1;
	memcpy(memory + 128, data + 1, size - 1);
	memcpy(memory, ELFMAG, SELFMAG);
	memory[EI_DATA] = big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	memory[EI_CLASS] = data[0] & 2 ? ELFCLASS32 : ELFCLASS64;
	if (data[0] & 2)
		put_header32(memory, all, big_endian);
	else
		put_header64(memory, all, big_endian);
	if (!kallmod_image_memory(NULL, "fuzz", memory, all, all, &image)) {
		if (!kallmod_kallsyms_open(NULL, image, &table)) {
			check(table);
			kallmod_kallsyms_close(table);
		}
		kallmod_image_close(image);
	}
	free(memory);
	return 0;
}
