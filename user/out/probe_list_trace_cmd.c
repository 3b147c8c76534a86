// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of trace-cmd record, "-l NAME". It looks names up itself, and takes all that match. */
#include <stdio.h>

#include "probe_list_names.h"

static bool print(void *arg, const struct kallmod_function *function, bool unique)
{
	(void)arg;
	if (unique)
		printf("-l %s\n", function->name);
	return unique;
}

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	return kallmod_probe_list_each(list, print, NULL, left_ret);
}

const struct kallmod_out_probe_list kallmod_out_probe_list_trace_cmd = {
	.name = "trace-cmd", .left = KALLMOD_PROBE_LIST_LEFT, .write = write_list};
