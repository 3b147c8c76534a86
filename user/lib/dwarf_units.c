// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "dwarf_units.h"
#include "file.h"
#include "grow.h"
#include "tree_path.h"

enum {
	UNITS_MAX = 1 << 20,   /* a kernel has thousands */
	RANGES_MAX = 1 << 24,
	SYMBOLS_MAX = 1 << 24,
};

void kallmod_dwarf_units_deinit(struct kallmod_dwarf_units *units)
{
	for (size_t i = 0; i < units->count; i++)
		free(units->names[i]);
	free(units->names);
	free(units->ranges);
	*units = (struct kallmod_dwarf_units){};
}

static void end_dwarf(Dwarf **dwarf)
{
	if (*dwarf)
		dwarf_end(*dwarf);
}

static int add_range(struct kallmod_dwarf_units *units, uint64_t start, uint64_t end)
{
	int err;

	if (start >= end)
		return 0;
	if (units->range_count >= RANGES_MAX)
		return -E2BIG;
	err = kallmod_grow(&units->ranges, &units->range_capacity, units->range_count,
			   sizeof(*units->ranges));
	if (!err)
		units->ranges[units->range_count++] = (struct kallmod_dwarf_range){
			.start = start, .end = end, .unit = units->count};
	return err;
}

/* A unit with code; others say nothing about addresses. */
static int add_unit(struct kallmod_dwarf_units *units, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	size_t before = units->range_count;
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	int err = 0;

	if (!name)
		return 0;
	while (!err && (offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0)
		err = add_range(units, start, end);
	if (err || offset < 0)
		return err ? err : -EINVAL;
	if (units->range_count == before)
		return 0;
	if (units->count >= UNITS_MAX)
		return -E2BIG;
	err = kallmod_grow(&units->names, &units->capacity, units->count, sizeof(*units->names));
	if (err)
		return err;
	units->names[units->count] = strdup(name);
	return units->names[units->count] ? (units->count++, 0) : -ENOMEM;
}

static int read_units(Dwarf *dwarf, struct kallmod_dwarf_units *units)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	uint8_t type;
	int got, err = 0;

	while (!err && !(got = dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, NULL)))
		if (type == DW_UT_compile)
			err = add_unit(units, &die);
	return err ? err : got < 0 ? -EINVAL : 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct kallmod_dwarf_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The first symbol table's _stext, or its _text where it has no other. */
static uint64_t find_anchor(Elf *elf)
{
	Elf_Scn *section = NULL;
	uint64_t anchor = 0;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && i < SYMBOLS_MAX && gelf_getsym(data, i, &symbol); i++) {
			const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (name && !strcmp(name, "_stext"))
				return symbol.st_value;
			if (name && !strcmp(name, "_text"))
				anchor = symbol.st_value;
		}
		return anchor;
	}
	return 0;
}

static void read_build_id(Elf *elf, struct kallmod_dwarf_units *units)
{
	const void *id;
	ssize_t size = dwelf_elf_gnu_build_id(elf, &id);

	if (size <= 0 || (size_t)size > sizeof(units->build_id))
		return;
	memcpy(units->build_id, id, size);
	units->build_id_size = size;
}

static int fail(struct kallmod_ctx *ctx, const char *path, int err)
{
	switch (err) {
	case -ENOMEM:
		return kallmod_fail(ctx, err, "out of memory");
	case -ENODATA:
		return kallmod_fail(ctx, err,
				    "%s: has no debug information; give the vmlinux of a -dbg package",
				    path);
	default:
		return kallmod_fail(ctx, -EINVAL,
				    "%s: its debug information is torn (%s); get it again", path,
				    dwarf_errmsg(-1) ? dwarf_errmsg(-1) : "too large");
	}
}

int kallmod_dwarf_units_read(struct kallmod_ctx *ctx, const char *path,
			     struct kallmod_dwarf_units *ret)
{
	__attribute__((cleanup(kallmod_dwarf_units_deinit))) struct kallmod_dwarf_units units = {};
	__attribute__((cleanup(end_dwarf))) Dwarf *dwarf = NULL;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return kallmod_file_fail(ctx, path, -errno);
	dwarf = dwarf_begin(fd, DWARF_C_READ);
	if (!dwarf)
		return kallmod_fail(ctx, -ENODATA,
				    "%s: has no debug information (%s); give the vmlinux of a -dbg package",
				    path, dwarf_errmsg(-1));
	err = read_units(dwarf, &units);
	if (!err && !units.count)
		err = -ENODATA;
	if (err)
		return fail(ctx, path, err);
	qsort(units.ranges, units.range_count, sizeof(*units.ranges), compare_ranges);
	units.anchor = find_anchor(dwarf_getelf(dwarf));
	read_build_id(dwarf_getelf(dwarf), &units);
	*ret = units;
	units = (struct kallmod_dwarf_units){};
	return 0;
}

size_t kallmod_dwarf_units_prefix(const struct kallmod_dwarf_units *units)
{
	/* Every kernel has this file. */
	static const char known[] = "/init/main.c";
	size_t length = sizeof(known) - 1;

	for (size_t i = 0; i < units->count; i++) {
		size_t size = strlen(units->names[i]);

		if (size > length && !strcmp(units->names[i] + size - length, known))
			return size - length + 1;
	}
	return 0;
}

bool kallmod_dwarf_object(const char *name, size_t prefix, char *object_ret, size_t size)
{
	const char *dot;

	if (name[0] == '/') {
		if (!prefix || strlen(name) <= prefix)
			return false;
		name += prefix;
	}
	while (!strncmp(name, "./", 2))
		name += 2;
	dot = strrchr(name, '.');
	if (!dot || strchr(dot, '/') || (size_t)(dot - name) + sizeof(".o") > size)
		return false;
	memcpy(object_ret, name, dot - name);
	memcpy(object_ret + (dot - name), ".o", sizeof(".o"));
	return kallmod_tree_path_normalise(object_ret);
}
