// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "ctx.h"
#include "probe_live.h"

int kallmod_probe_live(struct kallmod_ctx *ctx, const struct kallmod_function_query *query,
		       const struct kallmod_probe_live_options *options)
{
	(void)query, (void)options;
	return kallmod_fail(ctx, -ENOSYS, "only 'kallmod probe --list' is there yet");
}
