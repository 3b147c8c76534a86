// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "out.h"
#include "out_json.h"

/* The object under construction: reports come one by one. */
static struct json_object *object, *list;
static const char *used;

static void begin(const char *release)
{
	object = json_object_new_object();
	list = json_object_new_array();
	used = NULL;
	kallmod_json_string(object, "release", release);
}

static void row(const struct kallmod_source_report *report)
{
	struct json_object *source = json_object_new_object();

	/* The source of the built-in modules; loadable ones are merged in beside it. */
	if (report->state == KALLMOD_SOURCE_USED && !used)
		used = report->name;
	kallmod_json_string(source, "name", report->name);
	kallmod_json_string(source, "state", kallmod_source_state_name(report->state));
	kallmod_json_string(source, "trust", kallmod_trust_name(report->trust));
	kallmod_json_uint(source, "ranges", report->ranges);
	kallmod_json_string(source, "why", report->why);
	kallmod_json_string(source, "advice", report->advice);
	json_object_array_add(list, source);
}

static void end(void)
{
	kallmod_json_string(object, "used", used);
	json_object_object_add(object, "sources", list);
	kallmod_json_print(object);
}

const struct kallmod_out_sources kallmod_out_sources_json = {begin, row, end};
