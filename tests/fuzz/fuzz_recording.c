// SPDX-License-Identifier: GPL-2.0-only
/* Recordings as kallmod report reads them, summed up. */
#include <stdlib.h>
#include <string.h>

#include "report_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names go to a terminal. */
static void check_name(const char *name)
{
	for (; name && *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			abort();
}

static int take(void *sum, const struct kallmod_recline *line)
{
	if (line->kind == KALLMOD_RECLINE_HEADER)
		check_name(line->header.release);
	if (line->kind != KALLMOD_RECLINE_SAMPLE)
		return 0;
	if (!line->sample.nframes || line->sample.nframes > KALLMOD_MAX_FRAMES)
		abort();
	for (size_t i = 0; i < line->sample.nframes; i++) {
		check_name(line->sample.frames[i].symbol);
		check_name(line->sample.frames[i].module);
	}
	return kallmod_report_sum_add(sum, line);
}

/* What is charged to modules and what is in them are as many samples. */
static void check_sums(struct kallmod_report_sum *sum)
{
	const struct kallmod_report_module *modules;
	uint64_t self = 0, charged = 0;
	size_t n;

	if (kallmod_report_sum_modules(sum, KALLMOD_REPORT_CHARGED, SIZE_MAX, &modules, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		self += modules[i].row.self;
		charged += modules[i].row.charged;
	}
	if (self != charged)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
	struct kallmod_recording_flaws flaws;
	struct kallmod_report_sum *sum;
	struct kallmod_ctx *ctx;

	if (!file)
		return 0;
	if (kallmod_ctx_create(&ctx))
		abort();
	if (kallmod_report_sum_create(&sum))
		abort();
	kallmod_recording_read(ctx, file, "fuzz", take, sum, &flaws);
	check_sums(sum);
	kallmod_report_sum_destroy(sum);
	kallmod_ctx_destroy(ctx);
	fclose(file);
	return 0;
}
