// SPDX-License-Identifier: GPL-2.0-only
/* kmodtop --json: a screen as one JSON object on one line. */
#include <stdio.h>

#include "batch.h"
#include "out_json.h"

static struct json_object *row_object(const struct kmodtop_row *row)
{
	struct json_object *object = json_object_new_object();

	kallmod_json_string(object, "module", row->module);
	kallmod_json_string(object, "kind", kallmod_kind_name(row->kind));
	kallmod_json_string(object, "trust", kallmod_trust_name(row->trust));
	kallmod_json_double(object, "confidence", row->confidence);
	kallmod_json_uint(object, "self", row->self);
	kallmod_json_uint(object, "charged", row->charged);
	kallmod_json_uint(object, "total", row->total);
	kallmod_json_string(object, "function", row->function);
	return object;
}

static struct json_object *rows_array(struct kmodtop_session *session)
{
	struct json_object *array = json_object_new_array();
	const struct kmodtop_row *rows;
	size_t n = kmodtop_model_rows(session->model, &rows);

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, row_object(&rows[i]));
	return array;
}

static int print_json(struct kmodtop_session *session)
{
	const struct kallmod_sampler_totals *totals = kmodtop_model_totals(session->model);
	const struct kallmod_profile_stats *stats = &totals->stats;
	struct json_object *object = json_object_new_object();

	kallmod_json_string(object, "release", session->about.release);
	kallmod_json_double(object, "seconds", totals->seconds);
	kallmod_json_string(object, "event", session->about.event);
	kallmod_json_uint(object, "hz", session->about.hz);
	kallmod_json_uint(object, "period", session->about.period);
	kallmod_json_string(object, "source", session->about.source);
	kallmod_json_string(object, "trust", kallmod_trust_name(session->about.trust));
	kallmod_json_uint(object, "samples", stats->samples);
	kallmod_json_uint(object, "expected", totals->expected);
	kallmod_json_uint(object, "lost", stats->lost);
	kallmod_json_uint(object, "user", stats->user);
	kallmod_json_uint(object, "idle", stats->idle);
	kallmod_json_uint(object, "kernel", stats->kernel);
	kallmod_json_uint(object, "unresolved", stats->unresolved);
	kallmod_json_uint(object, "truncated", stats->truncated);
	json_object_object_add(object, "modules", rows_array(session));
	kallmod_json_uint(object, "hidden", kmodtop_model_hidden(session->model));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return 0;
}

const struct kmodtop_format kmodtop_format_json = {print_json};
