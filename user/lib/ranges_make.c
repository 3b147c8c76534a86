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
#include "ranges_make_priv.h"


/* Of the objects in the maps, how many may be missing in the tree. */
#define UNKNOWN_PERCENT_MAX 10
/* An allmodconfig has a million of them. */
#define PIECES_MAX ((size_t)8 << 20)
#define PROGRESS_BYTES ((size_t)1 << 20)

static void maker_deinit(struct ranges_maker *maker)
{
	for (size_t i = 0; i < maker->names.count; i++)
		free(maker->sections[i].anchor);
	free(maker->sections);
	free(maker->pieces);
	free(maker->entries);
	kallmod_strtab_deinit(&maker->names);
}

static int find_section(struct ranges_maker *maker, const char *name, uint32_t *ret)
{
	size_t known = maker->names.count;
	int err = kallmod_grow(&maker->sections, &maker->section_capacity, known,
			       sizeof(*maker->sections));

	if (!err)
		err = kallmod_strtab_add(&maker->names, name, strlen(name), ret);
	if (!err && maker->names.count > known)
		maker->sections[known] = (struct ranges_section){.in = NO_SECTION};
	return err;
}

/* Keeps a piece; object NULL: what is between objects. */
static int add_piece(struct ranges_maker *maker, const char *object, struct ranges_piece piece)
{
	int err = 0;

	if (maker->piece_count >= PIECES_MAX)
		return kallmod_fail(
			maker->ctx, -E2BIG,
			"%s: has more pieces of objects than any kernel; give a kernel's map",
			maker->input->map);
	piece.object = KALLMOD_OBJMODS_NONE;
	if (object)
		err = kallmod_objmods_ask(maker->input->objmods, object, &piece.object);
	if (!err)
		err = kallmod_grow(&maker->pieces, &maker->piece_capacity, maker->piece_count,
				   sizeof(*maker->pieces));
	if (!err)
		maker->pieces[maker->piece_count++] = piece;
	return err;
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

static int enter_section(struct ranges_maker *maker,
			 const struct kallmod_linkmap_record *record)
{
	struct ranges_section *section;
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
static int put_anchor(struct ranges_maker *maker, const struct kallmod_linkmap_record *record)
{
	struct ranges_section *section = &maker->sections[maker->section];

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
static void place(struct ranges_maker *maker, struct ranges_section *section,
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

static int put_object(struct ranges_maker *maker, const struct kallmod_linkmap_record *record)
{
	uint64_t base = maker->sections[maker->section].base;
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
	return add_piece(maker, record->object,
			 (struct ranges_piece){record->addr - base, record->size, number,
					       maker->section});
}

static int map_record(struct ranges_maker *maker, const struct kallmod_linkmap_record *record)
{
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
	return add_piece(
		maker, NULL,
		(struct ranges_piece){record->addr - maker->sections[maker->section].base, 0,
				      maker->section, maker->section});
}

/* ---- vmlinux.o.map --------------------------------------------------------------------- */

/* What was made of the objects is what was linked last, unless the maps are of two builds. */
static int check_text(struct ranges_maker *maker, const struct kallmod_linkmap_record *record)
{
	uint32_t number = kallmod_strtab_find(&maker->names, ".text", strlen(".text"));
	uint64_t size;

	if (strcmp(record->name, ".text") || number == KALLMOD_STRTAB_NONE)
		return 0;
	size = maker->sections[number].o_size;
	if (!size || size == record->size)
		return 0;
	return kallmod_fail(
		maker->ctx, -EINVAL,
		"%s: is of another build than %s: .text has %llu bytes here and %llu there; build the kernel again",
		maker->input->o_map, maker->input->map, (unsigned long long)record->size,
		(unsigned long long)size);
}

/* Sections that have no place in vmlinux.map, debug information for one, are passed over. */
static bool is_placed(void *arg, const char *name, size_t length)
{
	struct ranges_maker *maker = arg;

	if (length != maker->recent_length || memcmp(maker->recent_name, name, length)) {
		maker->recent = kallmod_strtab_find(&maker->names, name, length);
		maker->recent_length = SIZE_MAX;
		if (length <= sizeof(maker->recent_name)) {
			memcpy(maker->recent_name, name, length);
			maker->recent_length = length;
		}
	}
	return maker->recent != NO_SECTION && maker->sections[maker->recent].has_addend;
}

/* Fills do not count here, so pieces of a module merge over them. */
static int o_map_record(struct ranges_maker *maker,
			const struct kallmod_linkmap_record *record)
{
	const struct ranges_section *section;

	if (record->kind == KALLMOD_LINKMAP_SECTION)
		return check_text(maker, record);
	if (record->kind != KALLMOD_LINKMAP_OBJECT || !record->size)
		return 0;
	section = &maker->sections[maker->recent];
	return add_piece(maker, record->object,
			 (struct ranges_piece){record->addr + section->addend, record->size,
					       maker->recent, section->in});
}

/* ---- both ------------------------------------------------------------------------------ */

static void tell_progress(struct ranges_maker *maker, const struct kallmod_linkmap *map)
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

static int read_map(struct ranges_maker *maker, const char *path,
		    bool (*wants)(void *arg, const char *name, size_t length),
		    int (*fn)(struct ranges_maker *maker,
			      const struct kallmod_linkmap_record *record))
{
	cleanup_linkmap struct kallmod_linkmap map = KALLMOD_LINKMAP_EMPTY;
	struct kallmod_linkmap_record record;
	int err = kallmod_linkmap_open(&map, maker->ctx, path), got;

	if (err)
		return err == -ENOMEM ? kallmod_fail(maker->ctx, err, "out of memory") : err;
	map.wants = wants;
	map.arg = maker;
	maker->progressed = 0;
	maker->recent = NO_SECTION;
	maker->recent_length = SIZE_MAX;
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

static int expect_object(void *arg, const char *object, size_t length)
{
	return kallmod_objmods_expect(arg, object, length);
}

/* What the objects are is known before the maps are read, so that both go on side by side. */
static int expect_objects(struct ranges_maker *maker)
{
	const struct kallmod_ranges_input *input = maker->input;
	int err = kallmod_linkmap_members(input->map, expect_object, input->objmods);

	if (!err)
		err = kallmod_linkmap_members(input->o_map, expect_object, input->objmods);
	return err ? kallmod_fail(maker->ctx, err, "out of memory") : 0;
}

static int read_maps(struct ranges_maker *maker)
{
	const struct kallmod_ranges_input *input = maker->input;
	int err = expect_objects(maker);

	if (!err)
		err = read_map(maker, input->map, NULL, map_record);
	if (err)
		return err;
	if (!maker->names.count)
		return kallmod_fail(
			maker->ctx, -EINVAL,
			"%s: has no sections with addresses, so it is no linker map of a kernel; build it with CONFIG_VMLINUX_MAP=y",
			input->map);
	if (!maker->need_o_map)
		return 0;
	err = read_map(maker, input->o_map, is_placed, o_map_record);
	if (err == -ENOENT)
		return kallmod_fail(
			maker->ctx, err,
			"%s: not found, but %s says that vmlinux.o was linked; build the kernel again",
			input->o_map, input->map);
	return err;
}

/* Does what has the objects' modules belong to the maps? */
static int check_objects(struct ranges_maker *maker,
			 const struct kallmod_objmods_counts *counts)
{
	if (counts->unknown * 100 > counts->objects * UNKNOWN_PERCENT_MAX)
		return kallmod_fail(maker->ctx, -EINVAL,
				    counts->thick ?
					    "%s: %zu of its %zu objects are not in %s (%s, for one): the list is of another build; make it again" :
					    "%s: knows nothing of %zu of the %zu objects in %s (%s, for one): the map is of another build, or the build was cleaned; build again",
				    counts->path, counts->unknown, counts->objects,
				    maker->input->map, counts->first_unknown);
	if (counts->unknown && !counts->thick)
		kallmod_log(maker->ctx, KALLMOD_LOG_WARN,
			    "%s: knows nothing of %zu of the %zu objects in %s (%s, for one): they count as core",
			    counts->path, counts->unknown, counts->objects, maker->input->map,
			    counts->first_unknown);
	return 0;
}

static int check(struct ranges_maker *maker)
{
	struct kallmod_objmods_counts counts = kallmod_objmods_counts(maker->input->objmods);
	int err = check_objects(maker, &counts);

	if (err)
		return err;
	if (counts.modules && !maker->entry_count)
		return kallmod_fail(
			maker->ctx, -EINVAL,
			"%s: has no object of the %zu modules of modules.builtin; build the kernel again",
			maker->input->map, counts.modules);
	return 0;
}

int kallmod_ranges_make(struct kallmod_ctx *ctx, const struct kallmod_ranges_input *input,
			FILE *out, struct kallmod_ranges_report *ret)
{
	__attribute__((cleanup(maker_deinit))) struct ranges_maker maker = {
		.ctx = ctx, .input = input, .section = NO_SECTION, .modules = ""};
	struct kallmod_ranges_report report = {0};
	int err = read_maps(&maker);

	if (!err)
		err = ranges_make_entries(&maker);
	if (!err)
		err = check(&maker);
	if (!err)
		err = ranges_write_entries(&maker, out, &report);
	if (err)
		return err;
	report.lld = maker.lld;
	report.o_map = maker.need_o_map;
	*ret = report;
	return 0;
}
