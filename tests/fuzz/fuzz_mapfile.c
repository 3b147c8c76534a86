// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps read from files, the text of `kallmod map` and modules.builtin.ranges: what is accepted
 * is a map in order, and agrees with itself in every byte.
 */
#include <stdlib.h>

#include "compare.h"
#include "mapfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kallmod_map *map)
{
	struct kallmod_tally tally;
	uint64_t last = 0;

	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (range->start < last || range->start >= range->end ||
		    !kallmod_map_set_name(map, range->set) ||
		    !(range->confidence >= 0 && range->confidence <= 1))
			abort();
		last = range->end;
	}
	kallmod_compare(map, map, &tally, NULL, NULL);
	if (tally.wrong || tally.missed || tally.extra)
		abort();
}

static void read_as(int (*read)(struct kallmod_reader *reader, struct kallmod_map **ret),
		    const uint8_t *data, size_t size)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	struct kallmod_map *map;

	if (kallmod_reader_memory(&reader, NULL, "fuzz", data, size) || read(&reader, &map))
		return;
	check(map);
	kallmod_map_destroy(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(kallmod_mapfile_text, data, size);
	read_as(kallmod_mapfile_ranges, data, size);
	return 0;
}
