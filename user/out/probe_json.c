// SPDX-License-Identifier: GPL-2.0-only
/* The views of kallmod probe as JSON: an object a line for each table, and for each call. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "out_json.h"
#include "probe_views.h"

static void print_line(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static struct json_object *attached_object(const struct kallmod_out_probe_about *about)
{
	struct json_object *object = json_object_new_object();

	for (int i = KALLMOD_MECHANISM_MULTI; i <= KALLMOD_MECHANISM_FENTRY; i++)
		kallmod_json_uint(object, kallmod_mechanism_name(i), about->attached[i]);
	return object;
}

static struct json_object *skips_array(const struct kallmod_out_probe_about *about)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < about->nskips; i++) {
		struct json_object *object = json_object_new_object();

		kallmod_json_string(object, "reason", about->skips[i].reason);
		kallmod_json_uint(object, "functions", about->skips[i].functions);
		json_object_array_add(array, object);
	}
	return array;
}

/* What all views have in common. */
static struct json_object *new_view(const struct kallmod_out_probe_about *about)
{
	const struct kallmod_probe_stats *stats = &about->totals.stats;
	struct json_object *object = json_object_new_object();

	kallmod_json_string(object, "view", about->view);
	kallmod_json_double(object, "seconds", about->totals.seconds);
	json_object_object_add(object, "attached", attached_object(about));
	json_object_object_add(object, "skipped", skips_array(about));
	kallmod_json_uint(object, "called", about->functions);
	kallmod_json_uint(object, "calls", about->calls);
	kallmod_json_uint(object, "missed", about->totals.missed);
	kallmod_json_uint(object, "lost", stats->lost + stats->no_stack);
	kallmod_json_uint(object, "unmatched", stats->unmatched);
	kallmod_json_uint(object, "refused", stats->refused);
	return object;
}

/* Slots with calls: from (included), below and how many. */
static struct json_object *histogram(const struct kallmod_probe_latency *latency)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < KALLMOD_PROBE_SLOTS; i++) {
		struct json_object *object;

		if (!latency->slots[i])
			continue;
		object = json_object_new_object();
		kallmod_json_uint(object, "from_ns", i ? 1ull << i : 0);
		kallmod_json_uint(object, "below_ns", i < 63 ? 2ull << i : UINT64_MAX);
		kallmod_json_uint(object, "calls", latency->slots[i]);
		json_object_array_add(array, object);
	}
	return array;
}

static void add_latency(struct json_object *object, const struct kallmod_probe_table_row *row)
{
	const struct kallmod_probe_latency *latency = &row->latency;

	kallmod_json_uint(object, "timed", row->timed);
	kallmod_json_uint(object, "average_ns", row->timed ? latency->total / row->timed : 0);
	kallmod_json_uint(object, "p50_ns", kallmod_latency_percentile(latency, 0.5));
	kallmod_json_uint(object, "p90_ns", kallmod_latency_percentile(latency, 0.9));
	kallmod_json_uint(object, "p99_ns", kallmod_latency_percentile(latency, 0.99));
	kallmod_json_uint(object, "max_ns", latency->max);
	kallmod_json_uint(object, "self_ns", latency->self);
	kallmod_json_uint(object, "total_ns", latency->total);
	if (!row->function)
		kallmod_json_uint(object, "nested", latency->nested);
	json_object_object_add(object, "histogram", histogram(latency));
}

static struct json_object *row_object(const struct kallmod_probe_table_row *row, bool latency)
{
	struct json_object *object = json_object_new_object();

	if (row->function) {
		kallmod_json_string(object, "function", row->function);
		kallmod_json_hex(object, "address", row->addr);
		kallmod_json_string(object, "mechanism", kallmod_mechanism_name(row->mechanism));
	} else {
		kallmod_json_uint(object, "functions", row->functions);
	}
	kallmod_json_string(object, "module", row->module);
	kallmod_json_string(object, "trust", kallmod_trust_name(row->trust));
	kallmod_json_double(object, "confidence", row->confidence);
	kallmod_json_uint(object, "calls", row->calls);
	kallmod_json_double(object, "per_second", row->rate);
	if (latency)
		add_latency(object, row);
	return object;
}

static void table(const struct kallmod_out_probe_about *about,
		  const struct kallmod_probe_table_row *rows, size_t n)
{
	struct json_object *object = new_view(about), *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, row_object(&rows[i], about->latency));
	json_object_object_add(object, about->by_module ? "modules" : "functions", array);
	print_line(object);
}

/* ---- stacks ------------------------------------------------------------------------------- */

/* "name_[module]"; the module of the core is null. */
static struct json_object *frame_object(const char *text, size_t length)
{
	struct json_object *object = json_object_new_object();
	size_t at = length;

	while (at > 1 && strncmp(text + at - 2, "_[", 2))
		at--;
	json_object_object_add(object, "function",
			       json_object_new_string_len(text, at > 1 ? at - 2 : length));
	if (at <= 1 || !strncmp(text + at, "k]", 2))
		json_object_object_add(object, "module", NULL);
	else
		json_object_object_add(object, "module",
				       json_object_new_string_len(text + at, length - at - 1));
	return object;
}

static struct json_object *stack_object(const struct kallmod_out_probe_stack *stack)
{
	struct json_object *object = json_object_new_object();
	struct json_object *frames = json_object_new_array();
	size_t length = strcspn(stack->folded, ";");
	const char *at = stack->folded + length;

	kallmod_json_uint(object, "calls", stack->calls);
	json_object_object_add(object, "comm", json_object_new_string_len(stack->folded, length));
	while (*at) {
		length = strcspn(++at, ";");
		json_object_array_add(frames, frame_object(at, length));
		at += length;
	}
	json_object_object_add(object, "frames", frames);
	return object;
}

static void stacks(const struct kallmod_out_probe_about *about,
		   const struct kallmod_out_probe_stack *from, size_t n)
{
	struct json_object *object = new_view(about), *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, stack_object(&from[i]));
	json_object_object_add(object, "stacks", array);
	print_line(object);
}

/* ---- events ------------------------------------------------------------------------------- */

static struct json_object *value_object(const struct kallmod_probe_value *value)
{
	struct json_object *object = json_object_new_object();

	if (value->name[0])
		kallmod_json_string(object, "name", value->name);
	if (value->type[0])
		kallmod_json_string(object, "type", value->type);
	kallmod_json_string(object, "value", value->text);
	return object;
}

static void event(const struct kallmod_out_probe_event *from)
{
	const struct kallmod_call_record *record = from->record;
	struct json_object *object = json_object_new_object(), *args = json_object_new_array();

	kallmod_json_uint(object, "time_ns", record->time_ns);
	kallmod_json_uint(object, "cpu", record->cpu);
	kallmod_json_uint(object, "pid", record->pid);
	kallmod_json_uint(object, "tid", record->tid);
	json_object_object_add(object, "comm",
			       json_object_new_string_len(record->comm,
							  strnlen(record->comm,
								  KALLMOD_COMM_LEN)));
	kallmod_json_string(object, "function", from->function);
	kallmod_json_string(object, "module", from->module);
	for (size_t i = 0; i < from->values->nargs; i++)
		json_object_array_add(args, value_object(&from->values->args[i]));
	json_object_object_add(object, "args", args);
	if (record->returned) {
		kallmod_json_uint(object, "duration_ns", record->duration_ns);
		json_object_object_add(object, "return",
				       from->values->has_value ?
					       value_object(&from->values->value) : NULL);
	}
	print_line(object);
}

const struct kallmod_out_probe kallmod_out_probe_json = {
	.table = table,
	.stacks = stacks,
	.event = event,
};
