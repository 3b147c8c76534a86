// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cached maps. The checksum is made good first, or no change would get past it: what is
 * behind it must stand on its own.
 */
#include <stdlib.h>
#include <string.h>

#include "cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct kallmod_map *map)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (range->start >= range->end || !kallmod_map_set_name(map, range->set))
			abort();
		if (i && kallmod_map_range(map, i - 1)->end > range->start)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct kallmod_map *map;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	kallmod_cache_seal(copy, size);
	if (!kallmod_cache_decode(copy, size, "", &map)) {
		walk(map);
		kallmod_map_destroy(map);
	}
	free(copy);
	return 0;
}
