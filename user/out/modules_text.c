// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "out.h"

static void begin(void)
{
	printf("%-28s %-8s %9s %10s  %-11s %-9s %s\n", "MODULE", "KIND", "FUNCTIONS", "BYTES",
	       "SOURCE", "TRUST", "CONFIDENCE");
}

static void row(const struct kallmod_out_module *module)
{
	printf("%-28s %-8s %9" PRIu64 " %10" PRIu64 "  %-11s %-9s %.3f\n", module->name,
	       kallmod_kind_name(module->kind), module->functions, module->bytes, module->source,
	       module->trust, module->confidence);
}

static void end(void)
{
}

const struct kallmod_out_modules kallmod_out_modules_text = {begin, row, end};
