// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "out.h"

const char *kallmod_source_state_name(enum kallmod_source_state state)
{
	static const char *const names[] = {"used", "usable", "absent", "broken", "denied"};

	return names[state];
}

static void begin(const char *release)
{
	printf("kernel %s\n%-12s %-7s %-9s %7s  %s\n", release, "SOURCE", "STATE", "TRUST", "RANGES",
	       "WHY");
}

static void row(const struct kallmod_source_report *report)
{
	printf("%-12s %-7s %-9s %7zu  %s\n", report->name,
	       kallmod_source_state_name(report->state), kallmod_trust_name(report->trust),
	       report->ranges, report->why);
	if (*report->advice)
		printf("%-12s %-7s %-9s %7s  -> %s\n", "", "", "", "", report->advice);
}

static void end(void)
{
}

const struct kallmod_out_sources kallmod_out_sources_text = {begin, row, end};
