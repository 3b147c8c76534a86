// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording as lines of JSON: a header, an object per sample, a footer. A sample's own "ip"
 * and "module" come before those of its stack. Written by hand: json-c would build and free a
 * tree of a hundred objects per sample.
 */
#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "recording.h"

/* Length of the UTF-8 sequence at s, or 0 when it is none (overlong forms pass). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = *s >= 0xf0 && *s <= 0xf4 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;

	if (*s > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* A process may call itself anything: what is no text becomes U+FFFD. */
static void put_string(FILE *file, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc_unlocked('"', file);
	while (*s) {
		size_t n = *s >= 0x80 ? utf8_length(s) : 1;

		if (!n)
			fputs("\\ufffd", file);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(file, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(file, "\\%c", *s);
		else
			fwrite_unlocked(s, 1, n, file);
		s += n ? n : 1;
	}
	putc_unlocked('"', file);
}

static void put_key(FILE *file, const char *key, const char *value)
{
	fprintf(file, ",\"%s\":", key);
	if (value)
		put_string(file, value);
	else
		fputs("null", file);
}

static void put_number(FILE *file, const char *key, uint64_t value)
{
	fprintf(file, ",\"%s\":%" PRIu64, key, value);
}

struct confidence {
	double sum; /* over bytes */
	uint64_t bytes;
};

static void put_confidence(FILE *file, const char *module, double confidence, bool first)
{
	/* By itself, since locales write points in their own ways. */
	unsigned int thousandths = confidence * 1000 + .5;

	if (!first)
		putc_unlocked(',', file);
	put_string(file, module);
	fprintf(file, ":%u.%03u", thousandths / 1000, thousandths % 1000);
}

/* "inferred":{"ext4":0.998,…} */
static int put_inferred(FILE *file, const struct kallmod_map *map)
{
	size_t n = kallmod_map_set_count(map);
	cleanup_free struct confidence *sets = calloc(n, sizeof(*sets));
	bool first = true;

	if (!sets)
		return -ENOMEM;
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		uint64_t bytes = range->end - range->start;

		if (range->trust != KALLMOD_TRUST_INFERRED || range->set == KALLMOD_SET_CORE)
			continue;
		sets[range->set].bytes += bytes;
		sets[range->set].sum += (double)range->confidence * bytes;
	}
	fputs(",\"inferred\":{", file);
	for (size_t i = 0; i < n; i++) {
		if (!sets[i].bytes)
			continue;
		put_confidence(file, kallmod_map_set_name(map, i), sets[i].sum / sets[i].bytes, first);
		first = false;
	}
	putc_unlocked('}', file);
	return 0;
}

static int write_header(void *state, FILE *file, const struct kallmod_recording_header *header)
{
	(void)state;
	fprintf(file, "{\"kallmod\":\"%s\",\"format\":%d", KALLMOD_VERSION,
		KALLMOD_RECORDING_FORMAT);
	put_key(file, "release", header->release);
	if (header->boot_id)
		put_key(file, "boot_id", header->boot_id);
	put_key(file, "event", header->event);
	put_number(file, "hz", header->hz);
	put_number(file, "period", header->period);
	put_key(file, "source", header->source);
	put_key(file, "trust", header->trust);
	if (header->map && put_inferred(file, header->map))
		return -ENOMEM;
	fprintf(file, ",\"stacks\":%s}\n", header->stacks ? "true" : "false");
	return 0;
}

static void put_frame(FILE *file, const struct kallmod_recording_frame *frame)
{
	/* A string, since many readers' numbers are doubles. */
	fprintf(file, "\"ip\":\"%" PRIx64 "\"", frame->ip);
	put_key(file, "symbol", frame->symbol);
	if (frame->symbol)
		put_number(file, "offset", frame->offset);
	put_key(file, "module", frame->module);
	if (frame->irq)
		fputs(",\"irq\":true", file);
}

static void put_stack(FILE *file, const struct kallmod_recording_sample *sample)
{
	fputs(",\"stack\":[", file);
	for (size_t i = 0; i < sample->nframes; i++) {
		fputs(i ? ",{" : "{", file);
		put_frame(file, &sample->frames[i]);
		putc_unlocked('}', file);
	}
	putc_unlocked(']', file);
}

static int write_sample(void *state, FILE *file, const struct kallmod_recording_sample *sample)
{
	static const char *const modes[] = {"kernel", "user", "idle"};
	const struct kallmod_record *record = sample->record;
	char comm[KALLMOD_COMM_LEN + 1];

	(void)state;
	snprintf(comm, sizeof(comm), "%.*s", KALLMOD_COMM_LEN, record->comm);
	fprintf(file, "{\"time_ns\":%" PRIu64 ",", (uint64_t)record->time_ns);
	put_frame(file, &sample->frames[0]);
	put_key(file, "charged", sample->charged);
	put_number(file, "pid", record->pid);
	put_number(file, "tid", record->tid);
	put_key(file, "comm", comm);
	put_number(file, "cpu", record->cpu);
	put_key(file, "mode", modes[record->mode < 3 ? record->mode : 0]);
	if (sample->stack)
		put_stack(file, sample);
	fputs("}\n", file);
	return 0;
}

static int write_footer(void *state, FILE *file, const struct kallmod_sampler_totals *totals)
{
	const struct kallmod_profile_stats *stats = &totals->stats;

	(void)state;
	fprintf(file, "{\"samples\":%" PRIu64, (uint64_t)stats->samples);
	put_number(file, "kernel", stats->kernel);
	put_number(file, "user", stats->user);
	put_number(file, "idle", stats->idle);
	put_number(file, "unresolved", stats->unresolved);
	put_number(file, "expected", totals->expected);
	put_number(file, "lost", stats->lost);
	put_number(file, "truncated", stats->truncated);
	fprintf(file, ",\"seconds\":%.6f}\n", totals->seconds);
	return 0;
}

const struct kallmod_out_recording kallmod_out_recording_jsonl = {
	.name = "jsonl",
	.path = "kallmod.jsonl",
	.user_samples = true,
	.header = write_header,
	.sample = write_sample,
	.footer = write_footer,
};
