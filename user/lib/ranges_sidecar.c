// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "parse.h"
#include "ranges_sidecar.h"

void kallmod_sidecar_deinit(struct kallmod_sidecar *sidecar)
{
	free(sidecar->ranges);
	*sidecar = (struct kallmod_sidecar)KALLMOD_SIDECAR_EMPTY;
}

static bool take_text(char *to, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (*to || !length || length >= size)
		return false;
	memcpy(to, text, length + 1);
	return true;
}

static bool take_digits(char *to, size_t size, const char *text)
{
	return take_text(to, size, text) && strlen(text) == size - 1 &&
	       strspn(text, "0123456789abcdef") == size - 1;
}

static bool take_trust(struct kallmod_sidecar *sidecar, const char *text)
{
	for (int trust = 0; trust <= KALLMOD_TRUST_INFERRED; trust++) {
		if (strcmp(text, kallmod_trust_name(trust)))
			continue;
		sidecar->trust = trust;
		return true;
	}
	return false;
}

/* "KEY VALUE"; keys that are not known are of a later kallmod, and can be done without. */
static bool take_key(struct kallmod_sidecar *sidecar, const char *line, bool *trust_ret)
{
	const char *value = strchr(line, ' ');
	size_t length = value ? value++ - line : 0;

#define IS(key) (length == sizeof(key) - 1 && !memcmp(line, key, length))
	if (!length)
		return false;
	if (IS("sha256"))
		return take_digits(sidecar->sha256, sizeof(sidecar->sha256), value);
	if (IS("release"))
		return take_text(sidecar->release, sizeof(sidecar->release), value);
	if (IS("source"))
		return take_text(sidecar->source, sizeof(sidecar->source), value);
	if (IS("date"))
		return take_text(sidecar->date, sizeof(sidecar->date), value);
	if (IS("version"))
		return take_text(sidecar->version, sizeof(sidecar->version), value);
	if (IS("signatures"))
		return take_digits(sidecar->signatures, sizeof(sidecar->signatures), value);
	if (IS("trust"))
		return *trust_ret = take_trust(sidecar, value);
#undef IS
	return true;
}

/* "0.995": digits and a point, whatever the locale. */
static bool parse_confidence(const char *text, float *ret)
{
	unsigned int value = 0, unit = 1;

	if ((text[0] != '0' && text[0] != '1') || text[1] != '.' || !text[2])
		return false;
	value = text[0] - '0';
	for (text += 2; *text; text++) {
		if (*text < '0' || *text > '9' || unit == 1000000000)
			return false;
		value = 10 * value + *text - '0';
		unit *= 10;
	}
	*ret = (double)value / unit;
	return value <= unit;
}

/* "SECTION START-END CONFIDENCE" */
static int take_range(struct kallmod_sidecar *sidecar, const char *line)
{
	struct kallmod_sidecar_range range;
	const char *at = strchr(line, ' ');
	int err;

	if (!at)
		return -EINVAL;
	at++;
	if (!kallmod_parse_hex(&at, &range.start) || *at++ != '-' ||
	    !kallmod_parse_hex(&at, &range.end) || *at++ != ' ' ||
	    !parse_confidence(at, &range.confidence))
		return -EINVAL;
	err = kallmod_grow(&sidecar->ranges, &sidecar->capacity, sidecar->count, sizeof(range));
	if (!err)
		sidecar->ranges[sidecar->count++] = range;
	return err;
}

static int take_line(struct kallmod_sidecar *sidecar, const char *line, bool *trust_ret)
{
	if (*line == '.')
		return take_range(sidecar, line);
	return take_key(sidecar, line, trust_ret) ? 0 : -EINVAL;
}

static bool is_whole(const struct kallmod_sidecar *sidecar)
{
	return *sidecar->sha256 && *sidecar->release && *sidecar->source && *sidecar->date &&
	       *sidecar->version;
}

int kallmod_sidecar_parse(struct kallmod_reader *reader, struct kallmod_sidecar *ret)
{
	cleanup_sidecar struct kallmod_sidecar sidecar = KALLMOD_SIDECAR_EMPTY;
	bool trust = false;
	size_t length;
	char *line;
	int got = kallmod_reader_line(reader, &line, &length);

	if (got >= 0 && (!got || strcmp(line, KALLMOD_SIDECAR_MAGIC)))
		return kallmod_fail(reader->ctx, -EINVAL,
				    "%s: is not what this kallmod writes beside a map; remove it and its map, or use the kallmod that made them",
				    reader->path);
	while (got > 0 && (got = kallmod_reader_line(reader, &line, &length)) > 0) {
		int err = take_line(&sidecar, line, &trust);

		if (err)
			return kallmod_reader_fail(reader, err,
						   "is not as kallmod writes it; remove the file and its map");
	}
	if (got < 0)
		return got;
	if (!is_whole(&sidecar) || !trust)
		return kallmod_fail(reader->ctx, -EINVAL,
				    "%s: does not say all that it should; remove it and its map",
				    reader->path);
	*ret = sidecar;
	sidecar = (struct kallmod_sidecar)KALLMOD_SIDECAR_EMPTY;
	return 0;
}

void kallmod_sidecar_write_head(const struct kallmod_sidecar *sidecar, FILE *out)
{
	fprintf(out, "%s\nsha256 %s\nrelease %s\nsource %s\ntrust %s\ndate %s\nversion %s\n",
		KALLMOD_SIDECAR_MAGIC, sidecar->sha256, sidecar->release, sidecar->source,
		kallmod_trust_name(sidecar->trust), sidecar->date, sidecar->version);
	if (*sidecar->signatures)
		fprintf(out, "signatures %s\n", sidecar->signatures);
}

void kallmod_sidecar_write_range(FILE *out, const char *section, uint64_t start, uint64_t end,
				 float confidence)
{
	/* As many digits as it takes to read the same number back. */
	unsigned int billionths = confidence * 1e9 + .5;

	fprintf(out, "%s %08llx-%08llx %u.%09u\n", section, (unsigned long long)start,
		(unsigned long long)end, billionths / 1000000000, billionths % 1000000000);
}
