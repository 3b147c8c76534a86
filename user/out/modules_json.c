// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"
#include "out_json.h"

static struct json_object *list; /* under construction */

static void begin(void)
{
	list = json_object_new_array();
}

static void row(const struct kallmod_out_module *module)
{
	struct json_object *object = json_object_new_object();

	kallmod_json_string(object, "module", module->name);
	kallmod_json_string(object, "kind", kallmod_kind_name(module->kind));
	kallmod_json_uint(object, "functions", module->functions);
	kallmod_json_uint(object, "bytes", module->bytes);
	kallmod_json_string(object, "source", module->source);
	kallmod_json_string(object, "trust", module->trust);
	kallmod_json_double(object, "confidence", module->confidence);
	json_object_array_add(list, object);
}

static void end(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "modules", list);
	kallmod_json_print(object);
}

const struct kallmod_out_modules kallmod_out_modules_json = {begin, row, end};
