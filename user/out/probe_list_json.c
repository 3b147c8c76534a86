// SPDX-License-Identifier: GPL-2.0-only
/* {"release", "functions": [{"addr", "function", "modules": […], "mechanism", …}]} */
#include <json-c/json.h>
#include <stdio.h>

#include "out_json.h"
#include "probe_list.h"

enum { SET_MODULES = 256 };

/* The core kernel is no module: an empty list, as in kallmod map --json. */
static struct json_object *modules_of(const struct kallmod_map *map, uint32_t set)
{
	struct json_object *list = json_object_new_array();
	const char *names[SET_MODULES];
	size_t n = kallmod_map_set_modules(map, set, names, SET_MODULES);

	for (size_t i = 0; i < n && i < SET_MODULES; i++)
		json_object_array_add(list, json_object_new_string(names[i]));
	return list;
}

static struct json_object *function_json(const struct kallmod_map *map,
					 const struct kallmod_function *function)
{
	struct json_object *object = json_object_new_object();

	kallmod_json_hex(object, "addr", function->addr);
	kallmod_json_uint(object, "size", function->size);
	kallmod_json_string(object, "function", function->name);
	kallmod_json_string(object, "module", kallmod_map_set_name(map, function->set));
	json_object_object_add(object, "modules", modules_of(map, function->set));
	kallmod_json_string(object, "kind", kallmod_kind_name(function->kind));
	kallmod_json_string(object, "trust", kallmod_trust_name(function->trust));
	kallmod_json_double(object, "confidence", function->confidence);
	kallmod_json_string(object, "mechanism", kallmod_mechanism_name(function->mechanism));
	kallmod_json_string(object, "reason", function->reason);
	return object;
}

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();

	(void)left_ret;
	kallmod_json_string(object, "release", kallmod_ctx_release(list->ctx));
	kallmod_json_string(object, "trust", kallmod_trust_name(kallmod_map_trust(list->map)));
	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(array, function_json(list->map, &list->functions[i]));
	json_object_object_add(object, "functions", array);
	kallmod_json_print(object);
	return 0;
}

const struct kallmod_out_probe_list kallmod_out_probe_list_json = {
	.name = "json", .write = write_list};
