// SPDX-License-Identifier: GPL-2.0-only
#include "out_json.h"
#include "verify.h"

static void add_tally(struct json_object *object, const struct kallmod_tally *tally)
{
	kallmod_json_uint(object, "agreed_bytes", tally->agreed);
	kallmod_json_uint(object, "wrong_bytes", tally->wrong);
	kallmod_json_uint(object, "missed_bytes", tally->missed);
	kallmod_json_uint(object, "extra_bytes", tally->extra);
}

static void print(const struct kallmod_tally *tally, const struct kallmod_verify_row *rows,
		  size_t n)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	add_tally(object, tally);
	kallmod_json_uint(object, "core_bytes", tally->core);
	kallmod_json_double(object, "precision", kallmod_tally_precision(tally));
	kallmod_json_double(object, "recall", kallmod_tally_recall(tally));
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_new_object();

		kallmod_json_string(row, "module", rows[i].module);
		add_tally(row, &rows[i].tally);
		kallmod_json_string(row, "wrong_as", rows[i].wrong_as);
		json_object_array_add(list, row);
	}
	json_object_object_add(object, "modules", list);
	kallmod_json_print(object);
}

const struct kallmod_out_verify kallmod_out_verify_json = {print};
