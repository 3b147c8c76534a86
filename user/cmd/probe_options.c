// SPDX-License-Identifier: GPL-2.0-only
/* The options of kallmod probe's views. */
#include <limits.h>
#include <string.h>

#include "number.h"
#include "probe_live.h"

enum {
	KEY_COUNT = 0x3000, KEY_LATENCY, KEY_STACK, KEY_EVENTS, KEY_BY, KEY_SORT, KEY_TOP,
	KEY_COMM, KEY_CGROUP, KEY_NO_RETURN, KEY_KPROBE_LIMIT, KEY_JSON,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What is shown (--count, --latency, --stack or --events):", 2},
	{"count", KEY_COUNT, NULL, 0, "Calls of each function; the default", 2},
	{"latency", KEY_LATENCY, NULL, 0, "How long calls take: averages, percentiles, histograms", 2},
	{"stack", KEY_STACK, "FORMAT", OPTION_ARG_OPTIONAL,
	 "Kernel stacks of calls: folded (default) or text", 2},
	{"events", KEY_EVENTS, NULL, 0, "Each call, with arguments, return value and duration", 2},
	{"no-return", KEY_NO_RETURN, NULL, 0, "Events without return value and duration: cheaper", 2},
	{"by", KEY_BY, "WHAT", 0, "Rows are of a function (default) or of a module", 2},
	{"sort", KEY_SORT, "COLUMN", 0,
	 "calls (default), rate, function, module; with --latency total (default), self, average, max", 2},
	{"top", KEY_TOP, "N", 0, "Only so many rows", 2},
	{"json", KEY_JSON, NULL, 0, "As JSON", 2},
	{NULL, 0, NULL, 0, "When and of whom:", 3},
	{"duration", 'd', "SEC", 0, "Stop after SEC seconds; fractions are fine", 3},
	{"interval", 'i', "SEC", 0, "A table every SEC seconds", 3},
	{"pid", 'p', "PID", 0, "Only calls of this process", 3},
	{"comm", KEY_COMM, "NAME", 0, "Only calls of threads of this name", 3},
	{"cgroup", KEY_CGROUP, "DIR", 0, "Only calls of this control group and those below it", 3},
	{"kprobe-limit", KEY_KPROBE_LIMIT, "N", 0,
	 "Take so many probes of their own where there is no other way; default 500", 3},
	{},
};

static void take_view(struct argp_state *state, enum kallmod_probe_view view)
{
	struct kallmod_probe_live_options *into = state->input;

	if (into->view_given && into->view != view)
		argp_error(state, "--count, --latency, --stack and --events exclude each other");
	into->view = view;
	into->view_given = true;
}

static void take_stack(struct argp_state *state, const char *format)
{
	struct kallmod_probe_live_options *into = state->input;

	take_view(state, KALLMOD_PROBE_VIEW_STACK);
	if (format && strcmp(format, "folded") && strcmp(format, "text"))
		argp_error(state, "--stack=%s: one of folded and text is wanted", format);
	into->stack_text = format && !strcmp(format, "text");
}

static void take_by(struct argp_state *state, const char *what)
{
	struct kallmod_probe_live_options *into = state->input;

	if (strcmp(what, "function") && strcmp(what, "module"))
		argp_error(state, "--by %s: one of function and module is wanted", what);
	into->by_module = !strcmp(what, "module");
}

static void take_sort(struct argp_state *state, const char *column)
{
	/* In the order of enum kallmod_probe_sort. */
	static const char *const names[] = {"calls", "rate", "total", "self", "average", "max",
					    "function", "module"};
	struct kallmod_probe_live_options *into = state->input;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], column))
			continue;
		into->sort = i;
		into->sort_given = true;
		return;
	}
	argp_error(state, "--sort %s: one of calls, rate, total, self, average, max, function and module is wanted",
		   column);
}

/* What does not go together. */
static void check(struct argp_state *state, struct kallmod_probe_live_options *into)
{
	bool times = into->sort >= KALLMOD_PROBE_SORT_TOTAL && into->sort <= KALLMOD_PROBE_SORT_MAX;

	if (into->sort_given && times && into->view != KALLMOD_PROBE_VIEW_LATENCY)
		argp_error(state, "this --sort needs --latency");
	if (into->sort_given && into->view > KALLMOD_PROBE_VIEW_LATENCY)
		argp_error(state, "--sort is of --count and --latency");
	if (into->no_return && into->view != KALLMOD_PROBE_VIEW_EVENTS)
		argp_error(state, "--no-return is of --events");
	if (into->interval && into->view > KALLMOD_PROBE_VIEW_LATENCY)
		argp_error(state, "-i is of --count and --latency");
	if (!into->sort_given && into->view == KALLMOD_PROBE_VIEW_LATENCY)
		into->sort = KALLMOD_PROBE_SORT_TOTAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kallmod_probe_live_options *into = state->input;

	switch (key) {
	case KEY_COUNT:
		take_view(state, KALLMOD_PROBE_VIEW_COUNT);
		return 0;
	case KEY_LATENCY:
		take_view(state, KALLMOD_PROBE_VIEW_LATENCY);
		return 0;
	case KEY_STACK:
		take_stack(state, arg);
		return 0;
	case KEY_EVENTS:
		take_view(state, KALLMOD_PROBE_VIEW_EVENTS);
		return 0;
	case KEY_NO_RETURN:
		into->no_return = true;
		return 0;
	case KEY_BY:
		take_by(state, arg);
		return 0;
	case KEY_SORT:
		take_sort(state, arg);
		return 0;
	case KEY_TOP:
		into->top = kallmod_arg_count(state, "--top", arg, 1, INT_MAX);
		return 0;
	case KEY_JSON:
		into->json = true;
		return 0;
	case 'd':
		into->seconds = kallmod_arg_number(state, "-d", arg, 0.001, 1e8);
		return 0;
	case 'i':
		into->interval = kallmod_arg_number(state, "-i", arg, 0.05, 1e6);
		return 0;
	case 'p':
		into->pid = kallmod_arg_count(state, "-p", arg, 1, INT_MAX);
		return 0;
	case KEY_COMM:
		into->comm = arg;
		return 0;
	case KEY_CGROUP:
		into->cgroup = arg;
		return 0;
	case KEY_KPROBE_LIMIT:
		into->kprobe_limit = kallmod_arg_count(state, "--kprobe-limit", arg, 1, INT_MAX);
		return 0;
	case ARGP_KEY_END:
		check(state, into);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp kallmod_probe_live_argp = {.options = options, .parser = parse};
