// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What modules.builtin.ranges says, put at its addresses: offsets in sections, placed by anchors.
 *
 * Each section is placed by its own anchor alone, so that one that is missing leaves only its
 * section out. Placed sections must lie in the order of the file, which is that of the link,
 * and must not overlap; those that disagree with the rest are left out. A file of another
 * kernel shows by its starts, which are then not the addresses of functions.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "map_priv.h"
#include "ranges.h"
#include "ranges_sidecar.h"
#include "source.h"
#include "symbols.h"

/* On its own kernel at least 99 % of the starts are text symbols, on another 3 to 10 %. */
#define STARTS_PERCENT_MIN 90
/* Kernels have a dozen. */
#define SECTIONS_MAX 1000
/* The report stays a line that can be read. */
#define LEFT_OUT_NAMED 16

struct offset_range {
	uint64_t start, end; /* offsets, [start, end) */
	uint32_t set;
	uint32_t section; /* index */
	float confidence;
};

struct section {
	char *name;
	char *anchor; /* NULL: the file has none */
	uint64_t anchor_offset;
	size_t count;	  /* ranges */
	uint64_t highest; /* the highest end of a range, an offset */
	bool placed;
	uint64_t base;	     /* run-time address, when placed */
	const char *problem; /* what its anchor does, when it is left out; NULL: it has none */
};

struct ranges_file {
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;
	const struct kallmod_sidecar *sidecar; /* NULL: all is exact */
	size_t lines; /* of ranges, so far */
	char *path;
	struct section *sections;
	size_t section_count, section_capacity;
	struct offset_range *ranges;
	size_t range_count, range_capacity;
};

static void ranges_file_deinit(struct ranges_file *file)
{
	for (size_t i = 0; i < file->section_count; i++) {
		free(file->sections[i].name);
		free(file->sections[i].anchor);
	}
	free(file->sections);
	free(file->ranges);
	free(file->path);
}

static int add_section(struct ranges_file *file, const char *name)
{
	char *copy;
	int err = kallmod_grow(&file->sections, &file->section_capacity, file->section_count,
			       sizeof(*file->sections));

	if (err)
		return err;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	file->sections[file->section_count++] = (struct section){ .name = copy };
	return 0;
}

/* The section of that name, which is the last one for all lines but a section's first. */
static int enter_section(struct ranges_file *file, const char *name, uint32_t *ret)
{
	int err;

	for (size_t i = file->section_count; i-- > 0;)
		if (!strcmp(file->sections[i].name, name)) {
			*ret = i;
			return 0;
		}
	if (file->section_count >= SECTIONS_MAX)
		return -EINVAL;
	err = add_section(file, name);
	if (!err)
		*ret = file->section_count - 1;
	return err;
}

static int add_anchor(struct section *section, const struct kallmod_ranges_line *line)
{
	if (section->anchor || section->count)
		return -EINVAL;
	section->anchor = strdup(line->symbol);
	section->anchor_offset = line->start;
	return section->anchor ? 0 : -ENOMEM;
}

static int other_ranges(const struct ranges_file *file)
{
	return kallmod_fail(file->ctx, -EINVAL,
			    "%s" KALLMOD_SIDECAR_SUFFIX ": has other ranges than the map beside it; remove both",
			    file->path);
}

/* The sidecar of an inferred map has the ranges in the same order. */
static int take_confidence(struct ranges_file *file, struct offset_range *range)
{
	const struct kallmod_sidecar *sidecar = file->sidecar;
	size_t i = file->lines++;

	range->confidence = 1;
	if (!sidecar || sidecar->trust != KALLMOD_TRUST_INFERRED)
		return 0;
	if (i >= sidecar->count || sidecar->ranges[i].start != range->start ||
	    sidecar->ranges[i].end != range->end)
		return other_ranges(file);
	range->confidence = sidecar->ranges[i].confidence;
	return 0;
}

static int add_line(void *arg, const struct kallmod_ranges_line *line)
{
	struct ranges_file *file = arg;
	struct section *section;
	struct offset_range range = { line->start, line->end };
	int err = enter_section(file, line->section, &range.section);

	if (err)
		return err;
	section = &file->sections[range.section];
	if (line->symbol)
		return add_anchor(section, line);
	err = take_confidence(file, &range);
	if (err)
		return err;
	if (line->start >= line->end) {
		kallmod_log(file->ctx, KALLMOD_LOG_INFO,
			    "%s: range of %s at %s+%llx has no end and is left out", file->path,
			    line->modules[0], line->section, (unsigned long long)line->start);
		return 0;
	}
	err = kallmod_map_set(file->map, KALLMOD_KIND_BUILTIN, line->modules, line->module_count,
			      &range.set);
	if (!err)
		err = kallmod_grow(&file->ranges, &file->range_capacity, file->range_count,
				   sizeof(*file->ranges));
	if (err)
		return err;
	file->ranges[file->range_count++] = range;
	section->count++;
	if (section->highest < range.end)
		section->highest = range.end;
	return 0;
}

static int read_file(struct ranges_file *file, struct kallmod_reader *reader)
{
	int err;

	/* Replaced where the stream itself has something to say. */
	kallmod_fail(file->ctx, 0, "%s", "");
	err = kallmod_ranges_stream(reader, add_line, file);
	if (err && !*kallmod_ctx_error(file->ctx))
		kallmod_reader_fail(reader, err, err == -EINVAL ?
				    "has a second anchor or a bad name; get a whole copy" :
				    "cannot be kept: too much or out of memory");
	if (!err && file->sidecar && file->sidecar->count > file->lines)
		return other_ranges(file);
	if (!err && !file->range_count)
		return kallmod_fail(file->ctx, -EINVAL,
				    "%s: has no ranges; get the file that was built with the kernel",
				    file->path);
	return err;
}

static bool is_text(const struct section *section)
{
	return !strcmp(section->name, ".text");
}

/* Freed after boot, data included: what may lie there on a running kernel is something else. */
static bool is_freed(const struct section *section)
{
	static const char *const prefixes[] = { ".init", ".exit", ".altinstr", ".smp_locks" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(section->name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static enum kallmod_section section_kind(const struct section *section)
{
	if (is_text(section))
		return KALLMOD_SECTION_TEXT;
	if (!strcmp(section->name, ".init.text") || !strcmp(section->name, ".exit.text") ||
	    !strcmp(section->name, ".altinstr_aux"))
		return KALLMOD_SECTION_INIT;
	return KALLMOD_SECTION_DATA;
}

/* On a running kernel some sections are not looked for, so they are not missed either. */
static bool is_wanted(const struct ranges_file *file, const struct section *section)
{
	if (!section->count)
		return false;
	if (is_text(section))
		return true;
	if (kallmod_ctx_without_init(file->ctx) && is_freed(section))
		return false;
	return !kallmod_ctx_text_only(file->ctx);
}

/* Data is often not among the symbols, and only what a command asks for misses it. */
static void leave_out(struct ranges_file *file, struct section *section, const char *problem)
{
	bool data = section_kind(section) == KALLMOD_SECTION_DATA;

	section->placed = false;
	section->problem = problem;
	/* Without .text there is no map, and the error says so. */
	if (is_text(section))
		return;
	if (problem)
		kallmod_log(file->ctx, data ? KALLMOD_LOG_INFO : KALLMOD_LOG_WARN,
			    "%s: anchor %s %s: section %s is left out", file->path,
			    section->anchor, problem, section->name);
	else
		kallmod_log(file->ctx, KALLMOD_LOG_INFO,
			    "%s: section %s has no anchor and is left out", file->path,
			    section->name);
}

static bool is_left_out(const struct ranges_file *file, const struct section *section)
{
	return !section->placed && is_wanted(file, section);
}

static void place(struct ranges_file *file, struct section *section,
		  const struct kallmod_symbols *symbols)
{
	const struct kallmod_symbol *symbol;

	if (!section->anchor) {
		leave_out(file, section, NULL);
		return;
	}
	symbol = kallmod_symbols_by_name(symbols, section->anchor);
	if (!symbol || symbol->addr < section->anchor_offset ||
	    symbol->addr - section->anchor_offset > UINT64_MAX - section->highest) {
		leave_out(file, section, "is not among the symbols");
		return;
	}
	section->base = symbol->addr - section->anchor_offset;
	section->placed = true;
}

/* How many of the section's starts are addresses of text symbols, in percent. */
static unsigned int starts_percent(const struct ranges_file *file, size_t index,
				   const struct kallmod_symbols *symbols)
{
	const struct section *section = &file->sections[index];
	size_t good = 0;

	for (size_t i = 0; i < file->range_count; i++)
		good += file->ranges[i].section == index &&
			kallmod_symbols_text_at(symbols, section->base + file->ranges[i].start);
	return 100 * good / section->count;
}

/* Code sections must start where functions do; .text decides whose file this is. */
static int check_starts(struct ranges_file *file, const struct kallmod_symbols *symbols)
{
	for (size_t i = 0; i < file->section_count; i++) {
		struct section *section = &file->sections[i];
		unsigned int percent;

		if (!section->placed || section_kind(section) == KALLMOD_SECTION_DATA ||
		    !strcmp(section->name, ".altinstr_aux"))
			continue;
		percent = starts_percent(file, i, symbols);
		if (percent >= STARTS_PERCENT_MIN)
			continue;
		if (is_text(section))
			return kallmod_fail(file->ctx, -EINVAL,
					    "%s: belongs to another kernel: only %u %% of its starts are functions of this one; remove it or get the right one",
					    file->path, percent);
		leave_out(file, section, "disagrees with the symbols");
	}
	return 0;
}

/* May b, which comes later in the file, stand in memory with a? */
static bool in_order(const struct section *a, const struct section *b)
{
	return a->base + a->highest <= b->base;
}

/*
 * Keeps the placed sections that agree on one order, by the most ranges; .text weighs more
 * than all others. previous[i] is the one before i in the best chain that ends with i.
 */
static int drop_disordered(struct ranges_file *file)
{
	size_t n = file->section_count, best = n;
	cleanup_free size_t *weight = calloc(n, sizeof(*weight));
	cleanup_free size_t *previous = calloc(n, sizeof(*previous));
	cleanup_free bool *kept = calloc(n, sizeof(*kept));

	if (!weight || !previous || !kept)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct section *section = &file->sections[i];

		previous[i] = n;
		for (size_t j = 0; section->placed && j < i; j++)
			if (file->sections[j].placed && weight[j] > weight[i] &&
			    in_order(&file->sections[j], section)) {
				weight[i] = weight[j];
				previous[i] = j;
			}
		weight[i] += section->count + (is_text(section) ? file->range_count : 0);
		if (section->placed && (best == n || weight[i] > weight[best]))
			best = i;
	}
	for (size_t i = best; i < n; i = previous[i])
		kept[i] = true;
	for (size_t i = 0; i < n; i++) {
		struct section *section = &file->sections[i];

		if (section->placed && !kept[i])
			leave_out(file, section, "disagrees with the others");
	}
	return 0;
}

static int add_ranges(struct ranges_file *file, uint8_t id, size_t *count_ret)
{
	enum kallmod_trust trust = file->sidecar ? file->sidecar->trust : KALLMOD_TRUST_EXACT;

	for (size_t i = 0; i < file->range_count; i++) {
		const struct offset_range *from = &file->ranges[i];
		const struct section *section = &file->sections[from->section];
		struct kallmod_range range = { section->base + from->start,
					       section->base + from->end, from->set,
					       from->confidence, trust, section_kind(section),
					       id };
		int err = section->placed ? kallmod_map_add(file->map, &range) : 0;

		if (err)
			return err;
		*count_ret += section->placed;
	}
	return 0;
}

/* "2 sections left out: .bss (anchor __bss_start is not among the symbols), …" */
static void print_left_out(const struct ranges_file *file, FILE *to)
{
	size_t count = 0;

	for (size_t i = 0; i < file->section_count; i++)
		count += is_left_out(file, &file->sections[i]);
	fprintf(to, "%zu section%s left out", count, count == 1 ? "" : "s");
	count = 0;
	for (size_t i = 0; i < file->section_count && count <= LEFT_OUT_NAMED; i++) {
		const struct section *section = &file->sections[i];

		if (!is_left_out(file, section))
			continue;
		fputs(count ? ", " : ": ", to);
		if (count++ == LEFT_OUT_NAMED)
			fputs("…", to);
		else if (section->anchor)
			fprintf(to, "%s (anchor %s %s)", section->name, section->anchor,
				section->problem);
		else
			fprintf(to, "%s (no anchor)", section->name);
	}
}

static int explain(const struct ranges_file *file, size_t ranges, char **why_ret)
{
	cleanup_free char *why = NULL;
	size_t size;
	FILE *to = open_memstream(&why, &size);
	bool failed;

	if (!to)
		return -ENOMEM;
	fprintf(to, "%s: %zu ranges, ", file->path, ranges);
	print_left_out(file, to);
	failed = ferror(to);
	if (fclose(to) || failed)
		return -ENOMEM;
	*why_ret = cleanup_take(why);
	return 0;
}

/*
 * A map is for text first. Without .text all of it would be core, and exact: not so, and any
 * other source is better, on the running kernel and on another one.
 */
static int check_text(const struct ranges_file *file)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const struct section *section = &file->sections[i];

		if (!is_text(section) || section->placed || !section->count)
			continue;
		if (!section->anchor)
			return kallmod_fail(file->ctx, -EINVAL,
					    "%s: .text has no anchor; get the file that was built with the kernel",
					    file->path);
		return kallmod_fail(file->ctx, -EINVAL,
				    "%s: anchor %s of .text %s; get the file of this kernel",
				    file->path, section->anchor, section->problem);
	}
	return 0;
}

static int place_all(struct ranges_file *file, const struct kallmod_symbols *symbols)
{
	int err;

	for (size_t i = 0; i < file->section_count; i++)
		if (is_wanted(file, &file->sections[i]))
			place(file, &file->sections[i], symbols);
	err = check_text(file);
	if (!err)
		err = check_starts(file, symbols);
	return err ? err : drop_disordered(file);
}

static int get_symbols(struct ranges_file *file, const struct kallmod_symbols **ret)
{
	int err = kallmod_ctx_text_symbols(file->ctx, ret);

	/* The ranges are here, so what is missing is an error and not an absence. */
	return err == -ENOENT || err == -ENODATA ? -EINVAL : err;
}

int kallmod_ranges_place(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id,
			 struct kallmod_reader *reader, const struct kallmod_sidecar *sidecar,
			 char **why_ret)
{
	__attribute__((cleanup(ranges_file_deinit))) struct ranges_file file = {
		.ctx = ctx, .map = map, .sidecar = sidecar, .path = strdup(reader->path) };
	const struct kallmod_symbols *symbols;
	size_t count = 0;
	int err = file.path ? read_file(&file, reader) : -ENOMEM;

	if (!err)
		err = get_symbols(&file, &symbols);
	if (!err)
		err = place_all(&file, symbols);
	if (!err)
		err = add_ranges(&file, id, &count);
	if (!err && !count)
		err = kallmod_fail(ctx, -EINVAL,
				   "%s: no anchor is among the symbols; get the file of this kernel",
				   file.path);
	if (!err)
		err = kallmod_source_add_landmarks(ctx, map, symbols);
	return err ? err : explain(&file, count, why_ret);
}
