// SPDX-License-Identifier: GPL-2.0-only
/* The format of modules.builtin.ranges. */
#include "out.h"
#include "ranges_export.h"

static bool is_chosen(const void *choice, const struct kallmod_range *range)
{
	return kallmod_out_chosen(choice, range);
}

static int write_map(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		     const struct kallmod_out_choice *choice)
{
	struct kallmod_ranges_export export = {
		.data = choice->data, .wanted = is_chosen, .arg = choice, .out = stdout};

	return kallmod_ranges_export(ctx, map, &export, NULL);
}

const struct kallmod_out_map kallmod_out_map_ranges = {.name = "ranges", .write = write_map};
