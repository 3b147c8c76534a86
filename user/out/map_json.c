// SPDX-License-Identifier: GPL-2.0-only
/* {"release", "source", "trust", "ranges": [{"start", "end", "modules": […], …}]} */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "out.h"
#include "out_json.h"

static struct json_object *modules_of(const struct kallmod_map *map, uint32_t set)
{
	struct json_object *list = json_object_new_array();
	const char *names[256];
	size_t n = kallmod_map_set_modules(map, set, names, 256);

	for (size_t i = 0; i < n && i < 256; i++)
		json_object_array_add(list, json_object_new_string(names[i]));
	return list;
}

static struct json_object *range_json(const struct kallmod_map *map,
				      const struct kallmod_range *range)
{
	static const char *const sections[] = {"text", "init", "data"};
	struct json_object *object = json_object_new_object();

	kallmod_json_hex(object, "start", range->start);
	kallmod_json_hex(object, "end", range->end);
	json_object_object_add(object, "modules", modules_of(map, range->set));
	kallmod_json_string(object, "source", kallmod_source_name(range->source));
	kallmod_json_string(object, "trust", kallmod_trust_name(range->trust));
	kallmod_json_double(object, "confidence", range->confidence);
	kallmod_json_string(object, "section", sections[range->section]);
	return object;
}

static int write_map(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		     const struct kallmod_out_choice *choice)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	kallmod_json_string(object, "release", kallmod_ctx_release(ctx));
	kallmod_json_string(object, "source", kallmod_map_source(map));
	kallmod_json_string(object, "trust", kallmod_trust_name(kallmod_map_trust(map)));
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (kallmod_out_chosen(choice, range))
			json_object_array_add(list, range_json(map, range));
	}
	json_object_object_add(object, "ranges", list);
	kallmod_json_print(object);
	return 0;
}

const struct kallmod_out_map kallmod_out_map_json = {.name = "json", .write = write_map};
