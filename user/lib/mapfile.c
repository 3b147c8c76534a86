// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "map.h"
#include "mapfile.h"
#include "parse.h"
#include "ranges.h"

enum { MAX_MODULES = 255 };

int kallmod_mapfile_is_ranges(struct kallmod_ctx *ctx, const char *path, bool *ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	size_t length;
	char *line;
	int err = kallmod_reader_open(&reader, ctx, path);

	if (!err)
		err = kallmod_reader_line(&reader, &line, &length);
	if (err < 0)
		return err;
	if (!err)
		return kallmod_fail(ctx, -EINVAL,
				    "%s: is empty; give the output of 'kallmod map' or a modules.builtin.ranges",
				    path);
	*ret = line[0] == '.';
	return 0;
}

/* "a,b" or "-" to a set's id. Cuts the text up. */
static int parse_set(struct kallmod_map *map, char *text, uint32_t *ret)
{
	const char *names[MAX_MODULES];
	size_t n = 0;

	*ret = KALLMOD_SET_CORE;
	if (!strcmp(text, "-"))
		return 0;
	while (text) {
		if (n == MAX_MODULES)
			return -EINVAL;
		names[n++] = strsep(&text, ",");
	}
	return kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, n, ret);
}

/* "exact", "derived" or "inferred:0.98"; other text is no trust. */
static bool parse_trust(const char *text, struct kallmod_range *range)
{
	size_t length = strcspn(text, ":");
	float confidence = 1;
	char *end;

	if (text[length]) {
		confidence = strtof(text + length + 1, &end);
		if (end == text + length + 1 || *end || !(confidence >= 0 && confidence <= 1))
			return false;
	}
	range->confidence = confidence;
	for (int trust = 0; trust <= KALLMOD_TRUST_INFERRED; trust++) {
		const char *name = kallmod_trust_name(trust);

		if (length == strlen(name) && !strncmp(text, name, length)) {
			range->trust = trust;
			return true;
		}
	}
	return false;
}

/* START-END<TAB>set<TAB>source<TAB>trust */
static int parse_line(struct kallmod_map *map, char *line)
{
	struct kallmod_range range = {};
	const char *at = line;
	char *set, *source, *trust;
	int err;

	if (!kallmod_parse_hex(&at, &range.start) || *at++ != '-' ||
	    !kallmod_parse_hex(&at, &range.end) || *at != '\t' || range.start >= range.end)
		return -EINVAL;
	set = (char *)at + 1;
	source = strchr(set, '\t');
	trust = source ? strchr(source + 1, '\t') : NULL;
	if (!trust || !parse_trust(trust + 1, &range))
		return -EINVAL;
	*source = '\0';
	err = parse_set(map, set, &range.set);
	return err ? err : kallmod_map_add(map, &range);
}

static void destroy_map(struct kallmod_map **map)
{
	kallmod_map_destroy(*map);
}
#define cleanup_map __attribute__((cleanup(destroy_map)))

int kallmod_mapfile_text(struct kallmod_reader *reader, struct kallmod_map **ret)
{
	cleanup_map struct kallmod_map *map = NULL;
	size_t length;
	char *line;
	int err = kallmod_map_create(&map);

	if (err)
		return err;
	while ((err = kallmod_reader_line(reader, &line, &length)) > 0) {
		err = parse_line(map, line);
		if (err)
			return kallmod_reader_fail(reader, err,
						   "is not 'START-END<tab>MODULE<tab>SOURCE<tab>TRUST'; give the output of 'kallmod map'");
	}
	if (!err)
		err = kallmod_map_freeze(map);
	if (!err)
		*ret = cleanup_take(map);
	return err;
}

/* A text section's own 4 GiB, or 0: offsets in the format are of eight digits. */
static uint64_t section_base(const char *section)
{
	static const char *const sections[] = {".text", ".init.text", ".exit.text"};

	for (uint64_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(section, sections[i]))
			return (i + 1) << 32;
	return 0;
}

struct target {
	struct kallmod_map *map;
	struct kallmod_reader *reader; /* for messages */
};

static int add_line(void *arg, const struct kallmod_ranges_line *line)
{
	struct target *target = arg;
	uint64_t base = section_base(line->section);
	struct kallmod_range range = {
		.start = base + line->start, .end = base + line->end, .confidence = 1};
	int err;

	if (!base || line->symbol || line->start >= line->end || line->end >> 32)
		return 0;
	err = kallmod_map_set(target->map, KALLMOD_KIND_BUILTIN, line->modules,
			      line->module_count, &range.set);
	if (err)
		return kallmod_reader_fail(target->reader, err,
					   "has module names that none can have; give a modules.builtin.ranges");
	return kallmod_map_add(target->map, &range);
}

int kallmod_mapfile_ranges(struct kallmod_reader *reader, struct kallmod_map **ret)
{
	cleanup_map struct kallmod_map *map = NULL;
	struct target target = {.reader = reader};
	int err = kallmod_map_create(&map);

	target.map = map;
	/* The gaps inside a section are core, and the whole rest of it may be. */
	for (uint64_t i = 1; !err && i <= 3; i++)
		err = kallmod_map_add_extent(map, i << 32, (i + 1) << 32, KALLMOD_SECTION_TEXT);
	if (!err)
		err = kallmod_ranges_stream(reader, add_line, &target);
	if (!err)
		err = kallmod_map_freeze(map);
	if (!err)
		*ret = cleanup_take(map);
	return err;
}
