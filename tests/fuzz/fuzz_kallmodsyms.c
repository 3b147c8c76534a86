// SPDX-License-Identifier: GPL-2.0-only
/* /proc/kallmodsyms in all its forms. */
#include <stdlib.h>
#include <string.h>

#include "kallmodsyms.h"
#include "map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add_line(void *arg, const struct kallmod_kallmodsyms_line *line)
{
	uint32_t set;

	if (!*line->name || strpbrk(line->name, " \t\n") || (!line->sized && line->size))
		abort();
	for (size_t i = 0; i < line->module_count; i++)
		if (!*line->modules[i])
			abort();
	return kallmod_map_set(arg, KALLMOD_KIND_BUILTIN, line->modules, line->module_count,
			       &set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	struct kallmod_map *map;

	if (kallmod_map_create(&map))
		return 0;
	if (!kallmod_reader_memory(&reader, NULL, "fuzz", data, size))
		kallmod_kallmodsyms_stream(&reader, add_line, map);
	kallmod_map_destroy(map);
	return 0;
}
