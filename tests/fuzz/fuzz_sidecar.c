// SPDX-License-Identifier: GPL-2.0-only
/* modules.builtin.ranges.kallmod: what is accepted says all, and is read again as it was. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ranges_sidecar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parse(const void *data, size_t size, struct kallmod_sidecar *ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;

	return !kallmod_reader_memory(&reader, NULL, "fuzz", data, size) &&
	       !kallmod_sidecar_parse(&reader, ret);
}

static char *write_again(const struct kallmod_sidecar *sidecar, size_t *size_ret)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, size_ret);

	if (!to)
		abort();
	kallmod_sidecar_write_head(sidecar, to);
	for (size_t i = 0; i < sidecar->count; i++)
		kallmod_sidecar_write_range(to, ".s", sidecar->ranges[i].start,
					    sidecar->ranges[i].end, sidecar->ranges[i].confidence);
	fclose(to);
	return text;
}

static void compare(const struct kallmod_sidecar *a, const struct kallmod_sidecar *b)
{
	if (strcmp(a->sha256, b->sha256) || strcmp(a->release, b->release) ||
	    strcmp(a->source, b->source) || strcmp(a->date, b->date) ||
	    strcmp(a->version, b->version) || strcmp(a->signatures, b->signatures) ||
	    a->trust != b->trust || a->count != b->count)
		abort();
	for (size_t i = 0; i < a->count; i++)
		if (a->ranges[i].start != b->ranges[i].start ||
		    a->ranges[i].end != b->ranges[i].end ||
		    fabsf(a->ranges[i].confidence - b->ranges[i].confidence) > 1e-8f ||
		    !(a->ranges[i].confidence >= 0 && a->ranges[i].confidence <= 1))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_sidecar struct kallmod_sidecar sidecar = KALLMOD_SIDECAR_EMPTY;
	cleanup_sidecar struct kallmod_sidecar again = KALLMOD_SIDECAR_EMPTY;
	char *text;

	if (!parse(data, size, &sidecar))
		return 0;
	if (strlen(sidecar.sha256) != KALLMOD_SHA256_HEX - 1 || !*sidecar.release)
		abort();
	text = write_again(&sidecar, &size);
	if (!parse(text, size, &again))
		abort();
	compare(&sidecar, &again);
	free(text);
	return 0;
}
