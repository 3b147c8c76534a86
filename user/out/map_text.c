// SPDX-License-Identifier: GPL-2.0-only
/* START-END<TAB>module[,module…] or -<TAB>source<TAB>trust[:confidence] */
#include <inttypes.h>
#include <stdio.h>

#include "out.h"

static int write_map(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		     const struct kallmod_out_choice *choice)
{
	(void)ctx;
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		bool core = range->set == KALLMOD_SET_CORE;

		if (!kallmod_out_chosen(choice, range))
			continue;
		printf("%016" PRIx64 "-%016" PRIx64 "\t%s\t%s\t%s", range->start, range->end,
		       core ? "-" : kallmod_map_set_name(map, range->set),
		       kallmod_source_name(range->source), kallmod_trust_name(range->trust));
		if (range->trust == KALLMOD_TRUST_INFERRED && !core)
			printf(":%.3f", range->confidence);
		putchar('\n');
	}
	return 0;
}

const struct kallmod_out_map kallmod_out_map_text = {.name = "text", .write = write_map};
