// SPDX-License-Identifier: GPL-2.0-only
/* modules.builtin.ranges: every line that is accepted can go into a map. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "ranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add_line(void *arg, const struct kallmod_ranges_line *line)
{
	struct kallmod_range range = { line->start, line->end, .confidence = 1 };
	struct kallmod_map *map = arg;
	int err;

	if (line->section[0] != '.' || (line->symbol ? line->module_count : !line->module_count))
		abort();
	if (line->symbol)
		return 0;
	err = kallmod_map_set(map, KALLMOD_KIND_BUILTIN, line->modules, line->module_count,
			      &range.set);
	if (err || range.start >= range.end)
		return err;
	return kallmod_map_add(map, &range);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	struct kallmod_map *map;

	if (kallmod_map_create(&map))
		return 0;
	if (!kallmod_reader_memory(&reader, NULL, "fuzz", data, size) &&
	    !kallmod_ranges_stream(&reader, add_line, map) && !kallmod_map_freeze(map))
		for (size_t i = 1; i < kallmod_map_range_count(map); i++)
			if (kallmod_map_range(map, i - 1)->end > kallmod_map_range(map, i)->start)
				abort();
	kallmod_map_destroy(map);
	return 0;
}
