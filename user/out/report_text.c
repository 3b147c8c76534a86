// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "report.h"

static void print_header(const struct kallmod_report *report)
{
	printf("kernel %s, event %s", report->release, report->event);
	if (report->hz)
		printf(" at %" PRIu64 " Hz", report->hz);
	else if (report->period)
		printf(" every %" PRIu64, report->period);
	printf(", map from %s, %s\n", report->source, report->trust);
	printf("%" PRIu64 " samples", report->samples);
	if (report->whole)
		printf(" in %.1f s", report->seconds);
	printf(": %" PRIu64 " kernel, %" PRIu64 " user, %" PRIu64 " idle", report->kernel,
	       report->user, report->idle);
	if (report->unresolved)
		printf(", %" PRIu64 " unresolved", report->unresolved);
	if (report->expected)
		printf("; %" PRIu64 " expected", report->expected);
	if (report->whole)
		printf("%c %" PRIu64 " lost", report->expected ? ',' : ';', report->lost);
	printf("\n\n");
}

static void print_share(const struct kallmod_report *report, uint64_t samples)
{
	printf("%7.2f%% ", report->recorded ? 100.0 * samples / report->recorded : 0.0);
}

static void print_row(const struct kallmod_report *report, const struct kallmod_report_row *row,
		      const char *indent, const char *mark)
{
	if (report->stacks)
		print_share(report, row->charged);
	print_share(report, row->self);
	if (report->stacks)
		print_share(report, row->total);
	printf("%9" PRIu64 "  %s%s%s\n", report->stacks ? row->charged : row->self, indent,
	       row->name, mark);
}

static void print(const struct kallmod_report *report)
{
	print_header(report);
	if (report->stacks)
		printf(" CHARGED     SELF    TOTAL   SAMPLES  MODULE AND FUNCTION\n");
	else
		printf("    SELF   SAMPLES  MODULE AND FUNCTION\n");
	for (size_t i = 0; i < report->nmodules; i++) {
		const struct kallmod_report_module *module = &report->modules[i];
		char mark[16] = "";

		/* As in kmodtop. */
		if (module->confidence >= 0)
			snprintf(mark, sizeof(mark), " ?%.2f", module->confidence);
		print_row(report, &module->row, "", mark);
		for (size_t k = 0; k < module->nfunctions; k++)
			print_row(report, &module->functions[k], "  ", "");
		if (module->hidden)
			printf("%*s%zu more\n", report->stacks ? 40 : 22, "", module->hidden);
	}
	if (report->hidden)
		printf("%zu modules of less confidence are hidden\n", report->hidden);
}

const struct kallmod_out_report kallmod_out_report_text = {.functions = 10, .print = print};
