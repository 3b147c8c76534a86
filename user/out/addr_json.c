// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"
#include "out_json.h"

static struct json_object *list; /* under construction */

static void begin(void)
{
	list = json_object_new_array();
}

static void row(const struct kallmod_out_addr_row *row)
{
	struct json_object *object = json_object_new_object();

	kallmod_json_hex(object, "addr", row->addr);
	kallmod_json_string(object, "symbol", row->symbol);
	if (row->symbol) {
		kallmod_json_uint(object, "offset", row->offset);
		kallmod_json_uint(object, "size", row->size);
	}
	kallmod_json_string(object, "module", row->module);
	kallmod_json_string(object, "source", row->source);
	kallmod_json_string(object, "trust", row->trust);
	kallmod_json_double(object, "confidence", row->confidence);
	json_object_array_add(list, object);
}

static void end(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "addresses", list);
	kallmod_json_print(object);
}

const struct kallmod_out_addr kallmod_out_addr_json = {begin, row, end};
