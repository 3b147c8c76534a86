// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "file.h"
#include "number.h"
#include "report_sum.h"

#define NAME "kallmod report"

enum { KEY_JSON = 0x1000, KEY_SORT, KEY_MIN_CONFIDENCE };

struct options {
	struct kallmod_ctx *ctx;
	const struct kallmod_out_report *out;
	const char *path;
	int sort;      /* enum kallmod_report_sort, -1: as the recording has it */
	long functions; /* of each module, -1: as the output has it */
	double min_confidence;
};

/* ---- options --------------------------------------------------------------------------- */

static int parse_sort(struct argp_state *state, const char *name)
{
	static const char *const names[] = {
		[KALLMOD_REPORT_CHARGED] = "charged", [KALLMOD_REPORT_SELF] = "self",
		[KALLMOD_REPORT_TOTAL] = "total", [KALLMOD_REPORT_NAME] = "name"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return i;
	argp_error(state, "--sort %s: one of charged, self, total and name is wanted", name);
	return -1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_JSON:
		options->out = &kallmod_out_report_json;
		return 0;
	case KEY_SORT:
		options->sort = parse_sort(state, arg);
		return 0;
	case 'n':
		options->functions = kallmod_arg_count(state, "-n", arg, 0, LONG_MAX);
		return 0;
	case KEY_MIN_CONFIDENCE:
		options->min_confidence = kallmod_arg_number(state, "--min-confidence", arg, 0, 1);
		return 0;
	case ARGP_KEY_ARG:
		if (options->path)
			argp_error(state, "one recording is wanted");
		options->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->path)
			argp_error(state, "a recording is wanted: FILE, or - for standard input");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- the recording --------------------------------------------------------------------- */

struct reading {
	struct kallmod_report report;
	struct kallmod_report_sum *sum;
	char *release, *event, *source, *trust; /* the report's, owned */
	uint64_t user, idle;		      /* samples in the recording */
	struct json_object *inferred;	      /* the header's, owned; NULL: none */
};

static int take_header(struct reading *reading, const struct kallmod_recline *line)
{
	struct kallmod_report *report = &reading->report;

	report->whole = false;
	if (reading->release)
		return 0;
	report->release = reading->release = strdup(line->header.release);
	report->event = reading->event = strdup(line->header.event);
	report->source = reading->source = strdup(line->header.source);
	report->trust = reading->trust = strdup(line->header.trust);
	report->hz = line->header.hz;
	report->period = line->header.period;
	reading->inferred = json_object_get(line->header.inferred);
	return reading->release && reading->event && reading->source && reading->trust ?
		       0 : -ENOMEM;
}

static int take_sample(struct reading *reading, const struct kallmod_recline *line)
{
	struct kallmod_report *report = &reading->report;

	report->stacks |= line->sample.stack;
	if (line->sample.mode == KALLMOD_SAMPLE_USER)
		reading->user++;
	else if (line->sample.mode == KALLMOD_SAMPLE_IDLE)
		reading->idle++;
	else
		report->recorded++;
	if (line->sample.mode != KALLMOD_SAMPLE_KERNEL)
		return 0;
	return kallmod_report_sum_add(reading->sum, line);
}

/* Recordings may be put one behind the other. */
static int take_footer(struct reading *reading, const struct kallmod_recline *line)
{
	struct kallmod_report *report = &reading->report;

	report->whole = true;
	report->samples += line->footer.samples;
	report->kernel += line->footer.kernel;
	report->user += line->footer.user;
	report->idle += line->footer.idle;
	report->unresolved += line->footer.unresolved;
	report->expected += line->footer.expected;
	report->lost += line->footer.lost;
	report->seconds += line->footer.seconds;
	return 0;
}

static int take_line(void *arg, const struct kallmod_recline *line)
{
	static int (*const take[])(struct reading *reading, const struct kallmod_recline *line) = {
		[KALLMOD_RECLINE_HEADER] = take_header, [KALLMOD_RECLINE_SAMPLE] = take_sample,
		[KALLMOD_RECLINE_FOOTER] = take_footer};

	return take[line->kind](arg, line);
}

/* A recording without its end says no more than its lines do. */
static void count_lines(struct reading *reading)
{
	struct kallmod_report *report = &reading->report;

	if (report->whole)
		return;
	report->kernel = report->recorded;
	report->user = reading->user;
	report->idle = reading->idle;
	report->samples = report->kernel + report->user + report->idle;
	report->expected = report->lost = report->unresolved = 0;
	report->seconds = 0;
}

static void warn(const struct reading *reading, const char *name,
		 const struct kallmod_recording_flaws *flaws)
{
	if (flaws->unreadable)
		fprintf(stderr, NAME ": warning: %s: %" PRIu64 " lines could not be read%s\n", name,
			flaws->unreadable, flaws->torn ? "; the last one is torn" : "");
	if (!reading->report.whole)
		fprintf(stderr, NAME ": warning: %s: has no end: it was cut off, or not ended properly\n",
			name);
}

static int read_recording(struct options *options, struct reading *reading)
{
	bool standard = !strcmp(options->path, "-");
	const char *name = standard ? "standard input" : options->path;
	cleanup_file FILE *file = standard ? fdopen(dup(STDIN_FILENO), "r") :
					     fopen(options->path, "re");
	struct kallmod_recording_flaws flaws;
	int err;

	if (!file)
		return kallmod_file_fail(options->ctx, name, -errno);
	err = kallmod_recording_read(options->ctx, file, name, take_line, reading, &flaws);
	if (err == -ENOMEM)
		kallmod_fail(options->ctx, err, "%s: no memory", name);
	if (err)
		return err;
	count_lines(reading);
	reading->report.unreadable = flaws.unreadable;
	if (flaws.unreadable && !reading->report.samples)
		return kallmod_fail(options->ctx, -EINVAL,
				    "%s: nothing but its first line can be read; get a whole copy", name);
	warn(reading, name, &flaws);
	return 0;
}

/* Marks what is inferred, and hides it where less than min_confidence is behind it. */
static size_t judge(const struct reading *reading, double min_confidence,
		    struct kallmod_report_module *modules, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct kallmod_report_module *module = &modules[i];
		struct json_object *value;

		if (json_object_object_get_ex(reading->inferred, module->row.name, &value))
			module->confidence = json_object_get_double(value);
		if (!(module->confidence >= 0 && module->confidence <= 1))
			module->confidence = -1;
		if (module->confidence < 0 || module->confidence >= min_confidence)
			modules[kept++] = *module;
	}
	return kept;
}

static int report(struct options *options, struct reading *reading)
{
	struct kallmod_report *report = &reading->report;
	size_t max = options->functions < 0 ? options->out->functions : (size_t)options->functions;
	struct kallmod_report_module *modules;
	size_t n;
	int err = kallmod_report_sum_create(&reading->sum);

	if (!err)
		err = read_recording(options, reading);
	else
		return kallmod_fail(options->ctx, err, "no memory");
	if (err)
		return err;
	if (options->sort < 0)
		options->sort = report->stacks ? KALLMOD_REPORT_CHARGED : KALLMOD_REPORT_SELF;
	err = kallmod_report_sum_modules(reading->sum, options->sort, max, &modules, &n);
	if (err)
		return kallmod_fail(options->ctx, err, "no memory");
	report->modules = modules;
	report->nmodules = judge(reading, options->min_confidence, modules, n);
	report->hidden = n - report->nmodules;
	options->out->print(report);
	return 0;
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"json", KEY_JSON, NULL, 0, "Print JSON, with all functions", 0},
		{"sort", KEY_SORT, "KEY", 0, "charged (default where there are stacks), self, total or name", 0},
		{"min-confidence", KEY_MIN_CONFIDENCE, "X", 0,
		 "Hide modules that are inferred with less confidence, 0 to 1", 0},
		{"functions", 'n', "COUNT", 0, "Functions shown of each module (10)", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .args_doc = "FILE",
		.doc = "Print a recording of 'kallmod record' as a table by module, then function.\v"
		       "FILE is of the format jsonl, - is standard input. Percentages are of the kernel's samples on CPUs that were not idle. CHARGED goes to the module nearest to where the CPU was, SELF is in the module itself, and TOTAL counts it anywhere on the stack; without stacks (record -g) there is SELF alone."};
	struct options options = {.ctx = kallmod_cmd_context(NAME),
				  .out = &kallmod_out_report_text, .sort = -1, .functions = -1};
	struct reading reading = {};
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = report(&options, &reading) ? kallmod_cmd_failed(NAME, options.ctx) :
					      kallmod_cmd_finish(NAME);
	kallmod_report_sum_destroy(reading.sum);
	free(reading.release);
	free(reading.event);
	free(reading.source);
	free(reading.trust);
	json_object_put(reading.inferred);
	kallmod_ctx_destroy(options.ctx);
	return status;
}

const struct kallmod_command kallmod_command_report = {
	.name = "report",
	.summary = "print a recording by module, then function",
	.run = run,
};
