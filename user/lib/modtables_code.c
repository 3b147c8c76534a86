// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The tables as bytes of an image, for any word size and byte order, and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modtables.h"

enum { ALIGN = 8, COUNT_MAX = 1 << 28 };

static void put(uint8_t *at, uint64_t value, unsigned int bytes, bool big_endian)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[big_endian ? bytes - 1 - i : i] = value >> 8 * i;
}

static uint64_t get(const uint8_t *at, unsigned int bytes, bool big_endian)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value = value << 8 | at[big_endian ? i : bytes - 1 - i];
	return value;
}

static unsigned int address_bytes(const struct kallmod_modtables_form *form)
{
	return form->encoding == KALLMOD_MODTABLES_ABSOLUTE ? form->word : sizeof(uint32_t);
}

static int encode_address(const struct kallmod_modtables_form *form, uint64_t addr, uint64_t *ret)
{
	uint64_t offset = addr - form->base;

	switch (form->encoding) {
	case KALLMOD_MODTABLES_ABSOLUTE:
		*ret = addr;
		return form->word == 4 && addr > UINT32_MAX ? -ERANGE : 0;
	case KALLMOD_MODTABLES_RELATIVE:
		*ret = offset;
		return addr < form->base || offset > UINT32_MAX ? -ERANGE : 0;
	default: /* text is never percpu: the negative form, base - 1 - value */
		*ret = (uint32_t)~offset;
		return addr < form->base || offset > INT32_MAX ? -ERANGE : 0;
	}
}

static uint64_t decode_address(const struct kallmod_modtables_form *form, uint64_t value)
{
	int64_t offset = (int32_t)value;

	if (form->encoding == KALLMOD_MODTABLES_ABSOLUTE)
		return value;
	if (form->encoding == KALLMOD_MODTABLES_PERCPU)
		return offset >= 0 ? (uint64_t)offset : form->base - 1 - offset;
	return form->base + value;
}

static size_t align(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

int kallmod_modtables_encode(const struct kallmod_modtables *tables,
			     const struct kallmod_modtables_form *form,
			     struct kallmod_modtables_image *ret)
{
	unsigned int bytes = address_bytes(form);
	struct kallmod_modtables_image image = {};

	if (tables->count > COUNT_MAX)
		return -E2BIG;
	image.modules = align(tables->count * bytes);
	image.names = align(image.modules + tables->count * sizeof(uint32_t));
	image.num_modules = align(image.names + tables->names_len);
	image.names_len = image.num_modules + ALIGN;
	image.size = image.names_len + ALIGN;
	image.data = calloc(1, image.size);
	if (!image.data)
		return -ENOMEM;
	for (size_t i = 0; i < tables->count; i++) {
		uint64_t value;

		if (encode_address(form, tables->entries[i].addr, &value)) {
			free(image.data);
			return -ERANGE;
		}
		put(&image.data[i * bytes], value, bytes, form->big_endian);
		put(&image.data[image.modules + i * sizeof(uint32_t)], tables->entries[i].module,
		    sizeof(uint32_t), form->big_endian);
	}
	if (tables->names_len)
		memcpy(&image.data[image.names], tables->names, tables->names_len);
	put(&image.data[image.num_modules], tables->count, sizeof(uint32_t), form->big_endian);
	put(&image.data[image.names_len], tables->names_len, sizeof(uint32_t), form->big_endian);
	*ret = image;
	return 0;
}

/* Addresses rise, and every entry's modules are there. */
static int check(const struct kallmod_modtables *tables)
{
	const char *names[KALLMOD_MODTABLES_MODULES_MAX];

	if (!tables->count || !tables->names_len || tables->names[0])
		return -EINVAL;
	for (size_t i = 0; i < tables->count; i++) {
		int n = kallmod_modtables_modules(tables, tables->entries[i].module, names);

		if (n < 0 || (i && tables->entries[i].addr < tables->entries[i - 1].addr))
			return -EINVAL;
	}
	return 0;
}

int kallmod_modtables_decode(const struct kallmod_modtables_raw *raw,
			     const struct kallmod_modtables_form *form,
			     struct kallmod_modtables *ret)
{
	unsigned int bytes = address_bytes(form);
	struct kallmod_modtables tables = {.count = raw->count, .names_len = raw->names_len};
	int err;

	if (!raw->count || raw->count > COUNT_MAX || !raw->names_len || raw->names_len > COUNT_MAX)
		return -EINVAL;
	tables.entries = calloc(raw->count, sizeof(*tables.entries));
	tables.names = malloc(raw->names_len);
	err = tables.entries && tables.names ? 0 : -ENOMEM;
	for (size_t i = 0; !err && i < raw->count; i++) {
		const uint8_t *module = raw->modules + i * sizeof(uint32_t);

		tables.entries[i].addr = decode_address(
			form, get(raw->addresses + i * bytes, bytes, form->big_endian));
		tables.entries[i].module = get(module, sizeof(uint32_t), form->big_endian);
	}
	if (!err) {
		memcpy(tables.names, raw->names, raw->names_len);
		tables.capacity = raw->count;
		tables.names_capacity = raw->names_len;
		err = check(&tables);
	}
	if (err)
		kallmod_modtables_deinit(&tables);
	else
		*ret = tables;
	return err;
}
