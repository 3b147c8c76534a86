// SPDX-License-Identifier: GPL-2.0-only
/* Linker maps: what comes out is what a section and an object can be, with symbols and without. */
#include <stdlib.h>
#include <string.h>

#include "linkmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kallmod_linkmap_record *record)
{
	bool named = record->kind != KALLMOD_LINKMAP_END && record->kind != KALLMOD_LINKMAP_FILL;

	if (named != (record->name && *record->name))
		abort();
	if ((record->kind == KALLMOD_LINKMAP_OBJECT) != (record->object && *record->object))
		abort();
	if (record->kind == KALLMOD_LINKMAP_SECTION && record->name[0] != '.')
		abort();
	if (named && strpbrk(record->name, " \t\n"))
		abort();
}

/* Records of one kind; what they are must not depend on whether symbols are handed out. */
static size_t count_objects(const uint8_t *data, size_t size, bool symbols)
{
	cleanup_linkmap struct kallmod_linkmap map = KALLMOD_LINKMAP_EMPTY;
	struct kallmod_linkmap_record record;
	size_t count = 0;

	if (kallmod_linkmap_memory(&map, NULL, "fuzz", data, size))
		return 0;
	map.symbols = symbols;
	while (kallmod_linkmap_next(&map, &record) > 0) {
		check(&record);
		if (!symbols && (record.kind == KALLMOD_LINKMAP_SYMBOL) && !map.lld)
			abort();
		count += record.kind == KALLMOD_LINKMAP_OBJECT;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (count_objects(data, size, true) != count_objects(data, size, false))
		abort();
	return 0;
}
