// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "ko.h"
#include "sigfile.h"
#include "unpack.h"

enum { PACKED_MAX = 64 << 20, KO_MAX = 256 << 20 };

/* The suffix of a module file's path, or NULL. */
static const char *find_suffix(const char *path)
{
	static const char *const suffixes[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
	size_t length = strlen(path);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (length > n && !strcmp(path + length - n, suffixes[i]))
			return path + length - n;
	}
	return NULL;
}

bool kallmod_ko_is_path(const char *path)
{
	return find_suffix(path) != NULL;
}

/* The module's name: .modinfo's, or the file's without directory and suffix. */
static void module_name(Elf *elf, const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/');
	Elf_Scn *section = NULL;
	size_t strings;

	base = base ? base + 1 : path;
	snprintf(name, size, "%.*s", (int)(find_suffix(base) - base), base);
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

/* The module file's bytes, unpacked. */
static int read_module(struct kallmod_ctx *ctx, const char *path, uint8_t **ret, size_t *size_ret)
{
	const struct kallmod_packing *packing;
	cleanup_free char *data = NULL;
	size_t size;
	int err = kallmod_file_read(ctx, path, PACKED_MAX, &data, &size);

	if (err)
		return err;
	packing = kallmod_packing_find(data, size);
	if (packing) {
		err = kallmod_unpack(packing, data, size, KO_MAX, ret, size_ret);
	} else if (strcmp(find_suffix(path), ".ko")) {
		err = -EINVAL;
	} else {
		*size_ret = size;
		*ret = (uint8_t *)cleanup_take(data);
	}
	if (err)
		return kallmod_fail(ctx, err, "%s: cannot be unpacked: %s; get the package again",
				    path, strerror(-err));
	return 0;
}

int kallmod_ko_functions(struct kallmod_ctx *ctx, const char *path,
			 int (*fn)(void *arg, const char *module, const char *function),
			 void *arg)
{
	/* One more than a name may have: what is cut off is still too long. */
	char name[KALLMOD_SIG_MAX_NAME + 2];
	cleanup_free uint8_t *data = NULL;
	size_t size;
	Elf *elf;
	int err;

	if (!kallmod_ko_is_path(path))
		return kallmod_fail(ctx, -EINVAL, "%s: is no kernel module", path);
	err = read_module(ctx, path, &data, &size);
	if (err)
		return err;
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)data, size);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return kallmod_fail(ctx, -EINVAL, "%s: is no kernel module", path);
	}
	module_name(elf, path, name, sizeof(name));
	if (kallmod_sig_module_valid(name))
		err = each_function(elf, name, fn, arg);
	else
		err = kallmod_fail(ctx, -EINVAL,
				   "%s: its name (.modinfo) is empty, too long or has an odd character; leave the file out",
				   path);
	elf_end(elf);
	return err;
}
