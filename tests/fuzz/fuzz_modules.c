// SPDX-License-Identifier: GPL-2.0-only
/* /proc/modules, and where areas of whatever it says would end. */
#include <stdlib.h>

#include "module_areas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	uint64_t starts[256]; /* sorted */
	struct kallmod_areas areas;
};

static int add_line(void *arg, const struct kallmod_module_line *line)
{
	struct state *state = arg;
	struct kallmod_areas *areas = &state->areas;
	size_t i = areas->start_count;
	uint64_t end;

	if (!*line->name)
		abort();
	end = kallmod_areas_end(areas, line->base, line->size, line->base);
	if (end < line->base)
		abort();
	if (i == sizeof(state->starts) / sizeof(*state->starts))
		return 0;
	for (; i && state->starts[i - 1] > line->base; i--)
		state->starts[i] = state->starts[i - 1];
	state->starts[i] = line->base;
	areas->start_count++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	struct state state = { 0 };

	state.areas.starts = state.starts;
	if (!kallmod_reader_memory(&reader, NULL, "fuzz", data, size))
		kallmod_modules_stream(&reader, add_line, &state);
	return 0;
}
