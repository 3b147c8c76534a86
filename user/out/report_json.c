// SPDX-License-Identifier: GPL-2.0-only
/* {"samples", …, "modules": [{"module", "self", "charged", "total", "functions": […]}]} */
#include <stdint.h>
#include <stdio.h>

#include "out_json.h"
#include "report.h"

static struct json_object *row_json(const struct kallmod_report_row *row, const char *key)
{
	struct json_object *object = json_object_new_object();

	kallmod_json_string(object, key, row->name);
	kallmod_json_uint(object, "self", row->self);
	kallmod_json_uint(object, "charged", row->charged);
	kallmod_json_uint(object, "total", row->total);
	return object;
}

static struct json_object *module_json(const struct kallmod_report_module *module)
{
	struct json_object *object = row_json(&module->row, "module");
	struct json_object *list = json_object_new_array();

	if (module->confidence >= 0) {
		kallmod_json_string(object, "trust", kallmod_trust_name(KALLMOD_TRUST_INFERRED));
		kallmod_json_double(object, "confidence", module->confidence);
	}
	for (size_t i = 0; i < module->nfunctions; i++)
		json_object_array_add(list, row_json(&module->functions[i], "function"));
	json_object_object_add(object, "functions", list);
	return object;
}

static void print(const struct kallmod_report *report)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	kallmod_json_string(object, "release", report->release);
	kallmod_json_string(object, "event", report->event);
	kallmod_json_uint(object, "hz", report->hz);
	kallmod_json_uint(object, "period", report->period);
	kallmod_json_string(object, "source", report->source);
	kallmod_json_string(object, "trust", report->trust);
	json_object_object_add(object, "stacks", json_object_new_boolean(report->stacks));
	json_object_object_add(object, "whole", json_object_new_boolean(report->whole));
	kallmod_json_double(object, "seconds", report->seconds);
	kallmod_json_uint(object, "samples", report->samples);
	kallmod_json_uint(object, "kernel", report->kernel);
	kallmod_json_uint(object, "user", report->user);
	kallmod_json_uint(object, "idle", report->idle);
	kallmod_json_uint(object, "unresolved", report->unresolved);
	kallmod_json_uint(object, "expected", report->expected);
	kallmod_json_uint(object, "lost", report->lost);
	kallmod_json_uint(object, "recorded", report->recorded);
	kallmod_json_uint(object, "unreadable", report->unreadable);
	if (report->hidden)
		kallmod_json_uint(object, "hidden", report->hidden);
	for (size_t i = 0; i < report->nmodules; i++)
		json_object_array_add(list, module_json(&report->modules[i]));
	json_object_object_add(object, "modules", list);
	kallmod_json_print(object);
}

const struct kallmod_out_report kallmod_out_report_json = {.functions = SIZE_MAX, .print = print};
