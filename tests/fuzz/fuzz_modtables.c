// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kallmodsyms tables of an image: a header of four bytes (form, entries, bytes of names),
 * then the tables. What is accepted says the same after optimising and another round.
 */
#include <stdlib.h>
#include <string.h>

#include "modtables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_modules(const struct kallmod_modtables *a, uint32_t x,
			 const struct kallmod_modtables *b, uint32_t y)
{
	const char *of_a[KALLMOD_MODTABLES_MODULES_MAX], *of_b[KALLMOD_MODTABLES_MODULES_MAX];
	int n = kallmod_modtables_modules(a, x, of_a);

	if (n < 0 || n != kallmod_modtables_modules(b, y, of_b))
		abort();
	for (int i = 0; i < n; i++)
		if (strcmp(of_a[i], of_b[i]))
			abort();
}

/* Every entry's address has the modules that it had; of equal ones, the last counts. */
static void compare(const struct kallmod_modtables *before, const struct kallmod_modtables *after)
{
	size_t k = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (i + 1 < before->count && before->entries[i].addr == before->entries[i + 1].addr)
			continue;
		while (k + 1 < after->count && after->entries[k + 1].addr <= before->entries[i].addr)
			k++;
		same_modules(before, before->entries[i].module, after, after->entries[k].module);
	}
}

static void round_trip(const struct kallmod_modtables *tables,
		       const struct kallmod_modtables_form *form)
{
	struct kallmod_modtables_image image;
	struct kallmod_modtables back;
	struct kallmod_modtables_raw raw;

	if (kallmod_modtables_encode(tables, form, &image))
		return;
	raw = (struct kallmod_modtables_raw){image.data + image.addresses,
					     image.data + image.modules,
					     (const char *)image.data + image.names, tables->count,
					     tables->names_len};
	if (kallmod_modtables_decode(&raw, form, &back))
		abort();
	compare(tables, &back);
	kallmod_modtables_deinit(&back);
	free(image.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallmod_modtables_form form = {.base = 0xffffffff81000000ull, .word = 8};
	struct kallmod_modtables before, after;
	struct kallmod_modtables_raw raw;
	size_t bytes;

	if (size < 4)
		return 0;
	form.encoding = data[0] % 3;
	form.big_endian = data[0] & 4;
	form.word = data[0] & 8 ? 4 : 8;
	bytes = form.encoding == KALLMOD_MODTABLES_ABSOLUTE ? form.word : 4;
	raw = (struct kallmod_modtables_raw){.count = data[1], .names_len = data[2] | data[3] << 8};
	if (size - 4 < raw.count * (bytes + 4) + raw.names_len)
		return 0;
	raw.addresses = data + 4;
	raw.modules = raw.addresses + raw.count * bytes;
	raw.names = (const char *)raw.modules + raw.count * 4;
	if (kallmod_modtables_decode(&raw, &form, &before) ||
	    kallmod_modtables_decode(&raw, &form, &after))
		return 0;
	if (!kallmod_modtables_optimise(&after))
		compare(&before, &after);
	round_trip(&after, &form);
	kallmod_modtables_deinit(&before);
	kallmod_modtables_deinit(&after);
	return 0;
}
