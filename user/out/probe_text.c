// SPDX-License-Identifier: GPL-2.0-only
/* The views of kallmod probe for the eye, and folded stacks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe_views.h"

enum { HISTOGRAMS = 3, BAR_WIDTH = 40 };

/* ---- tables ------------------------------------------------------------------------------- */

void kallmod_out_probe_title(bool by_module, bool latency, char *line, size_t size)
{
	const char *last = by_module ? "MODULE" : "FUNCTION  MODULE";

	if (latency)
		snprintf(line, size, "%10s %7s %7s %7s %7s %7s %7s %7s  %s", "CALLS", "AVG", "P50",
			 "P90", "P99", "MAX", "SELF", "TOTAL", last);
	else
		snprintf(line, size, "%12s %11s  %s%s", "CALLS", "CALLS/S",
			 by_module ? "FUNCTIONS  " : "", last);
}

static void latency_row(const struct kallmod_probe_table_row *row, char *line, size_t size)
{
	const struct kallmod_probe_latency *latency = &row->latency;
	uint64_t values[] = {
		row->timed ? latency->total / row->timed : 0,
		kallmod_latency_percentile(latency, 0.5),
		kallmod_latency_percentile(latency, 0.9),
		kallmod_latency_percentile(latency, 0.99),
		latency->max,
		latency->self,
		latency->total,
	};
	char text[KALLMOD_LATENCY_TEXT];
	size_t at = snprintf(line, size, "%10" PRIu64, row->timed);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		at += snprintf(line + at, size - at, " %7s", kallmod_latency_text(values[i], text));
	if (row->function)
		snprintf(line + at, size - at, "  %s  [%s]", row->function, row->module);
	else
		snprintf(line + at, size - at, "  %s", row->module);
}

/* size: 256 at least. */
void kallmod_out_probe_row(const struct kallmod_probe_table_row *row, bool latency, char *line,
			   size_t size)
{
	if (latency)
		latency_row(row, line, size);
	else if (row->function)
		snprintf(line, size, "%12" PRIu64 " %11.1f  %s  [%s]", row->calls, row->rate,
			 row->function, row->module);
	else
		snprintf(line, size, "%12" PRIu64 " %11.1f  %9zu  %s", row->calls, row->rate,
			 row->functions, row->module);
}

static void print_histograms(const struct kallmod_probe_table_row *rows, size_t n)
{
	for (size_t i = 0; i < n && i < HISTOGRAMS; i++) {
		if (!rows[i].timed)
			continue;
		if (rows[i].function)
			printf("\n%s [%s]\n", rows[i].function, rows[i].module);
		else
			printf("\n%s\n", rows[i].module);
		kallmod_latency_print(stdout, &rows[i].latency, BAR_WIDTH);
	}
}

static void print_table(const struct kallmod_out_probe_about *about,
			const struct kallmod_probe_table_row *rows, size_t n)
{
	char line[1024];

	kallmod_out_probe_title(about->by_module, about->latency, line, sizeof(line));
	puts(line);
	for (size_t i = 0; i < n; i++) {
		kallmod_out_probe_row(&rows[i], about->latency, line, sizeof(line));
		puts(line);
	}
	if (about->latency)
		print_histograms(rows, n);
	putchar('\n');
}

/* ---- stacks ------------------------------------------------------------------------------- */

static void print_folded(const struct kallmod_out_probe_about *about,
			 const struct kallmod_out_probe_stack *stacks, size_t n)
{
	(void)about;
	for (size_t i = 0; i < n; i++)
		printf("%s %" PRIu64 "\n", stacks[i].folded, stacks[i].calls);
}

/* Leaf first, a frame a line, the process at the end. */
static void print_stack(const struct kallmod_out_probe_stack *stack)
{
	const char *end = stack->folded + strlen(stack->folded);
	bool leaf = true;

	printf("%" PRIu64 " calls\n", stack->calls);
	while (end > stack->folded) {
		const char *start = end;

		while (start > stack->folded && start[-1] != ';')
			start--;
		if (start == stack->folded)
			printf("  %.*s\n\n", (int)(end - start), start);
		else
			printf("%s%.*s\n", leaf ? "  " : "    ", (int)(end - start), start);
		leaf = false;
		end = start > stack->folded ? start - 1 : start;
	}
}

static void print_stacks(const struct kallmod_out_probe_about *about,
			 const struct kallmod_out_probe_stack *stacks, size_t n)
{
	(void)about;
	for (size_t i = 0; i < n; i++)
		print_stack(&stacks[i]);
}

/* ---- events ------------------------------------------------------------------------------- */

static void events_begin(void)
{
	printf("%16s CPU     PID COMM             CALL\n", "TIME");
}

static void print_value(const struct kallmod_probe_value *value)
{
	if (value->name[0])
		printf("%s=", value->name);
	if (value->pointer)
		printf("(%s)", value->type);
	fputs(value->text, stdout);
}

static void print_event(const struct kallmod_out_probe_event *event)
{
	const struct kallmod_call_record *record = event->record;
	char text[KALLMOD_LATENCY_TEXT];

	printf("%9" PRIu64 ".%06" PRIu64 " %3u %7u %-16.16s %*s%s [%s](",
	       (uint64_t)record->time_ns / 1000000000, (uint64_t)record->time_ns / 1000 % 1000000,
	       record->cpu, record->pid, record->comm, record->depth, "", event->function,
	       event->module);
	for (size_t i = 0; i < event->values->nargs; i++) {
		if (i)
			fputs(", ", stdout);
		print_value(&event->values->args[i]);
	}
	putchar(')');
	if (record->returned && event->values->has_value) {
		fputs(" = ", stdout);
		print_value(&event->values->value);
	}
	if (record->returned)
		printf(" in %s", kallmod_latency_text(record->duration_ns, text));
	putchar('\n');
}

const struct kallmod_out_probe kallmod_out_probe_text = {
	.table = print_table,
	.stacks = print_stacks,
	.events_begin = events_begin,
	.event = print_event,
};

const struct kallmod_out_probe kallmod_out_probe_folded = {
	.table = print_table,
	.stacks = print_folded,
	.events_begin = events_begin,
	.event = print_event,
};
