// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What becomes a range, and what it looks like, is what the kernel's own script makes of the
 * same maps; so its odd corners are here too, and each says so. Offsets are from the start of
 * the output section. Pieces of a module that follow each other are one range.
 *
 * Where the last link took vmlinux.o, vmlinux.map has no objects. It then says where the
 * sections of vmlinux.o went, and vmlinux.o.map has the objects in these.
 */
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "grow.h"
#include "linkmap.h"
#include "ranges_make.h"
#include "strtab.h"

#define NO_SECTION KALLMOD_STRTAB_NONE
/* Of the objects in the maps, how many may be missing in the tree. */
#define UNKNOWN_PERCENT_MAX 10
#define PROGRESS_BYTES ((size_t)1 << 20)

/* Output sections and those of objects: they have the same names and share what is here. */
struct section {
	bool has_base, has_addend;
	uint64_t base, size;
	uint64_t addend; /* to make offsets in it offsets in the output section */
	uint32_t in;	 /* that output section */
	uint64_t o_size; /* of the first piece, where that is of vmlinux.o */
	char *anchor;	 /* owned; NULL: none */
	uint64_t anchor_offset;
	bool has_ranges;
};

struct entry {
	uint64_t key; /* the address, which entries are sorted by */
	size_t order; /* of those with the same key the last counts */
	uint32_t section;
	uint64_t start, end;
	const char *modules; /* NULL: an anchor */
};

struct maker {
	struct kallmod_ctx *ctx;
	const struct kallmod_ranges_input *input;
	struct kallmod_strtab names; /* of sections */
	struct section *sections;
	size_t section_capacity;
	struct entry *entries;
	size_t entry_count, entry_capacity;
	/* The output section at hand. */
	uint32_t section;
	bool anchored;
	/* The range at hand: the last entry, while modules is not "". */
	const char *modules;
	uint32_t range_section; /* of the object */
	uint64_t range_start, range_end;
	bool need_o_map, lld;
	size_t progressed;
};

static void maker_deinit(struct maker *maker)
{
	for (size_t i = 0; i < maker->names.count; i++)
		free(maker->sections[i].anchor);
	free(maker->sections);
	free(maker->entries);
	kallmod_strtab_deinit(&maker->names);
}

static int find_section(struct maker *maker, const char *name, uint32_t *ret)
{
	size_t known = maker->names.count;
	int err = kallmod_grow(&maker->sections, &maker->section_capacity, known,
			       sizeof(*maker->sections));

	if (!err)
		err = kallmod_strtab_add(&maker->names, name, strlen(name), ret);
	if (!err && maker->names.count > known)
		maker->sections[known] = (struct section){.in = NO_SECTION};
	return err;
}

/* ---- ranges ---------------------------------------------------------------------------- */

/* The range at hand now ends at end; new: it is there for the first time. */
static int put_range(struct maker *maker, uint64_t end, bool new)
{
	struct section *section = &maker->sections[maker->range_section];
	int err = new ? kallmod_grow(&maker->entries, &maker->entry_capacity,
				     maker->entry_count, sizeof(*maker->entries)) :
			0;

	if (err)
		return err;
	maker->entry_count += new;
	maker->sections[section->in].has_ranges = true;
	maker->entries[maker->entry_count - 1] = (struct entry){
		.key = maker->range_start + section->base,
		.order = maker->entry_count,
		.section = section->in,
		.start = maker->range_start,
		.end = end,
		.modules = maker->modules,
	};
	return 0;
}

/*
 * Sizes in a map can be too large, those of strings that were merged for example: a range ends
 * where the next piece begins, or with its section. The last range of all is never checked.
 */
static int end_range(struct maker *maker, uint32_t output, uint64_t start)
{
	uint32_t in = maker->sections[maker->range_section].in;
	uint64_t limit = in == output ? start : maker->sections[in].size;

	return (int64_t)maker->range_end > (int64_t)limit ? put_range(maker, limit, false) : 0;
}

/* A piece of [start, end) in section, which is in the output section output. */
static int put_piece(struct maker *maker, uint32_t section, uint32_t output, uint64_t start,
		     uint64_t end, const char *modules)
{
	int err = 0;

	if (*maker->modules && maker->modules == modules) {
		maker->range_end = end;
		return put_range(maker, end, false);
	}
	if (*maker->modules)
		err = end_range(maker, output, start);
	maker->modules = modules;
	if (err || !*modules)
		return err;
	maker->range_section = section;
	maker->range_start = start;
	maker->range_end = end;
	return put_range(maker, end, true);
}

/* ---- vmlinux.map ----------------------------------------------------------------------- */

/* Sections that no module has a part in, or whose addresses mean nothing. */
static bool is_ignored(const char *name)
{
	size_t length = strlen(name);

	return !strncmp(name, ".orc_", 5) || strstr(name, ".percpu") ||
	       (length > 6 && !strcmp(name + length - 6, "_sites"));
}

/* Constants and strings: merging gives them other sizes than the map says. */
static bool is_merged(const char *name)
{
	static const char top[] = ".rodata.";

	if (strncmp(name, top, sizeof(top) - 1))
		return false;
	name += sizeof(top) - 1;
	return (!strncmp(name, "cst", 3) || !strncmp(name, "str", 3)) && name[3] >= '0' &&
	       name[3] <= '9';
}

static int enter_section(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	struct section *section;
	int err;

	maker->section = NO_SECTION;
	if (is_ignored(record->name) || !record->addr)
		return 0;
	err = find_section(maker, record->name, &maker->section);
	if (err)
		return err;
	section = &maker->sections[maker->section];
	section->has_base = true;
	section->base = record->addr;
	section->size = record->size;
	maker->anchored = false;
	return 0;
}

/* The first symbol is the anchor, unless one is set to the start of the section before it. */
static int put_anchor(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	struct section *section = &maker->sections[maker->section];

	if (maker->anchored ||
	    (record->kind == KALLMOD_LINKMAP_ANCHOR && record->addr != section->base))
		return 0;
	free(section->anchor);
	section->anchor = strdup(record->name);
	section->anchor_offset = record->addr - section->base;
	maker->anchored = true;
	return section->anchor ? 0 : -ENOMEM;
}

/* The first piece with a section's name says where in the output section such pieces are. */
static void place(struct maker *maker, struct section *section,
		  const struct kallmod_linkmap_record *record)
{
	if (!section->has_base) {
		section->has_base = true;
		section->base = maker->sections[maker->section].base;
	}
	section->has_addend = true;
	section->addend = record->addr - section->base;
	section->in = maker->section;
	if (strcmp(record->object, "vmlinux.o"))
		return;
	maker->need_o_map = true;
	section->o_size = record->size;
}

static int put_object(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	uint64_t base = maker->sections[maker->section].base, start = record->addr - base;
	const char *modules;
	uint32_t number;
	int err;

	if (is_merged(record->name))
		return 0;
	err = find_section(maker, record->name, &number);
	if (err)
		return err;
	if (!maker->sections[number].has_addend)
		place(maker, &maker->sections[number], record);
	if (maker->need_o_map || !record->size)
		return 0;
	err = kallmod_objmods_find(maker->input->objmods, record->object, &modules);
	if (err)
		return err;
	return put_piece(maker, number, maker->section, start, start + record->size, modules);
}

static int map_record(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	uint64_t start;

	if (record->kind == KALLMOD_LINKMAP_SECTION)
		return enter_section(maker, record);
	if (record->kind == KALLMOD_LINKMAP_END)
		maker->section = NO_SECTION;
	if (maker->section == NO_SECTION)
		return 0;
	if (record->kind == KALLMOD_LINKMAP_OBJECT)
		return put_object(maker, record);
	if (record->kind != KALLMOD_LINKMAP_FILL)
		return put_anchor(maker, record);
	if (maker->need_o_map || !record->size)
		return 0;
	start = record->addr - maker->sections[maker->section].base;
	return put_piece(maker, maker->section, maker->section, start, start, "");
}

/* ---- vmlinux.o.map --------------------------------------------------------------------- */

/* What was made of the objects is what was linked last, unless the maps are of two builds. */
static int check_text(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	uint32_t number = kallmod_strtab_find(&maker->names, ".text", strlen(".text"));
	uint64_t size;

	if (strcmp(record->name, ".text") || number == KALLMOD_STRTAB_NONE)
		return 0;
	size = maker->sections[number].o_size;
	if (!size || size == record->size)
		return 0;
	return kallmod_fail(maker->ctx, -EINVAL,
			    "%s: is of another build than %s: .text has %llu bytes here and %llu there; build the kernel again",
			    maker->input->o_map, maker->input->map,
			    (unsigned long long)record->size, (unsigned long long)size);
}

/* Fills do not count here, so pieces of a module merge over them. */
static int o_map_record(struct maker *maker, const struct kallmod_linkmap_record *record)
{
	const struct section *section;
	const char *modules;
	uint32_t number;
	uint64_t start;
	int err;

	if (record->kind == KALLMOD_LINKMAP_SECTION)
		return check_text(maker, record);
	if (record->kind != KALLMOD_LINKMAP_OBJECT || !record->size)
		return 0;
	number = kallmod_strtab_find(&maker->names, record->name, strlen(record->name));
	if (number == KALLMOD_STRTAB_NONE || !maker->sections[number].has_addend)
		return 0;
	section = &maker->sections[number];
	start = record->addr + section->addend;
	err = kallmod_objmods_find(maker->input->objmods, record->object, &modules);
	if (err)
		return err;
	return put_piece(maker, number, section->in, start, start + record->size, modules);
}

/* ---- both ------------------------------------------------------------------------------ */

static void tell_progress(struct maker *maker, const struct kallmod_linkmap *map)
{
	struct stat st;

	if (!maker->input->progress ||
	    map->reader.total < maker->progressed + PROGRESS_BYTES ||
	    fstat(map->reader.fd, &st))
		return;
	maker->progressed = map->reader.total;
	maker->input->progress(maker->input->arg, map->reader.path, map->reader.total,
			       st.st_size);
}

static int read_map(struct maker *maker, const char *path,
		    int (*fn)(struct maker *maker,
			      const struct kallmod_linkmap_record *record))
{
	cleanup_linkmap struct kallmod_linkmap map = KALLMOD_LINKMAP_EMPTY;
	struct kallmod_linkmap_record record;
	int err = kallmod_linkmap_open(&map, maker->ctx, path), got;

	if (err)
		return err == -ENOMEM ? kallmod_fail(maker->ctx, err, "out of memory") : err;
	maker->progressed = 0;
	while ((got = kallmod_linkmap_next(&map, &record)) > 0) {
		err = fn(maker, &record);
		if (err)
			return err == -ENOMEM ?
				       kallmod_fail(maker->ctx, err, "out of memory") :
				       err;
		map.symbols = maker->section != NO_SECTION && !maker->anchored;
		tell_progress(maker, &map);
	}
	maker->lld = map.lld;
	maker->section = NO_SECTION;
	return got;
}

static int read_maps(struct maker *maker)
{
	const struct kallmod_ranges_input *input = maker->input;
	int err = read_map(maker, input->map, map_record);

	if (err)
		return err;
	if (!maker->names.count)
		return kallmod_fail(
			maker->ctx, -EINVAL,
			"%s: has no sections with addresses, so it is no linker map of a kernel; build it with CONFIG_VMLINUX_MAP=y",
			input->map);
	if (!maker->need_o_map)
		return 0;
	err = read_map(maker, input->o_map, o_map_record);
	if (err == -ENOENT)
		return kallmod_fail(
			maker->ctx, err,
			"%s: not found, but %s says that vmlinux.o was linked; build the kernel again",
			input->o_map, input->map);
	return err;
}

/* Do the maps and the tree belong together? */
static int check(struct maker *maker)
{
	struct kallmod_objmods_counts counts = kallmod_objmods_counts(maker->input->objmods);

	if (counts.unknown * 100 > counts.objects * UNKNOWN_PERCENT_MAX)
		return kallmod_fail(
			maker->ctx, -EINVAL,
			"%s: knows nothing of %zu of the %zu objects in %s (%s, for one): the map is of another build, or the build was cleaned; build again",
			counts.path, counts.unknown, counts.objects, maker->input->map,
			counts.first_unknown);
	if (counts.unknown)
		kallmod_log(
			maker->ctx, KALLMOD_LOG_WARN,
			"%s: knows nothing of %zu of the %zu objects in %s (%s, for one): they count as core",
			counts.path, counts.unknown, counts.objects, maker->input->map,
			counts.first_unknown);
	if (counts.modules && !maker->entry_count)
		return kallmod_fail(
			maker->ctx, -EINVAL,
			"%s: has no object of the %zu modules of modules.builtin; build the kernel again",
			maker->input->map, counts.modules);
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The anchors of the sections that have ranges, as entries that come before these. */
static int add_anchors(struct maker *maker, struct kallmod_ranges_report *report)
{
	for (size_t i = 0; i < maker->names.count; i++) {
		const struct section *section = &maker->sections[i];
		int err;

		if (!section->has_ranges)
			continue;
		report->sections++;
		if (!section->anchor)
			continue;
		err = kallmod_grow(&maker->entries, &maker->entry_capacity, maker->entry_count,
				   sizeof(*maker->entries));
		if (err)
			return kallmod_fail(maker->ctx, err, "out of memory");
		maker->entries[maker->entry_count++] = (struct entry){
			section->base, 0, i, section->anchor_offset, section->anchor_offset};
	}
	return 0;
}

static void write_entries(const struct maker *maker, FILE *out,
			  struct kallmod_ranges_report *report)
{
	for (size_t i = 0; i < maker->entry_count; i++) {
		const struct entry *entry = &maker->entries[i];
		const char *section = maker->names.strings[entry->section];
		bool anchor = !entry->modules;

		/* Of several ranges at one address, the script keeps the last it sees. */
		if (!anchor && i + 1 < maker->entry_count && entry[1].key == entry->key)
			continue;
		fprintf(out, "%s %08llx-%08llx %s%s\n", section,
			(unsigned long long)entry->start, (unsigned long long)entry->end,
			anchor ? "= " : "",
			anchor ? maker->sections[entry->section].anchor : entry->modules);
		report->ranges += !anchor;
	}
}

int kallmod_ranges_make(struct kallmod_ctx *ctx, const struct kallmod_ranges_input *input,
			FILE *out, struct kallmod_ranges_report *ret)
{
	__attribute__((cleanup(maker_deinit))) struct maker maker = {
		.ctx = ctx, .input = input, .section = NO_SECTION, .modules = ""};
	struct kallmod_ranges_report report = {0};
	int err = read_maps(&maker);

	if (!err)
		err = check(&maker);
	if (!err)
		err = add_anchors(&maker, &report);
	if (err)
		return err;
	qsort(maker.entries, maker.entry_count, sizeof(*maker.entries), compare_entries);
	write_entries(&maker, out, &report);
	report.lld = maker.lld;
	report.o_map = maker.need_o_map;
	*ret = report;
	return 0;
}
