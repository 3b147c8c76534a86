// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Debug information: a compile unit is a source file, which is compiled to an object, which
 * belongs to modules.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "dwarf_find.h"
#include "dwarf_units.h"
#include "object_list.h"
#include "source.h"
#include "symbols.h"

enum {
	OBJECT_MAX = 512,
	/* From a function's symbol to where gcc has debug information begin on arm64. */
	HEAD_MAX = 16,
};

struct target {
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;
	struct kallmod_build_id id;
	struct kallmod_dwarf_units units;
	char *path; /* of the image; owned */
	uint32_t *sets; /* by unit; owned */
	uint64_t slide; /* run-time address less link-time address */
	uint8_t source;
	size_t ranges;
};

static void target_deinit(struct target *target)
{
	kallmod_dwarf_units_deinit(&target->units);
	free(target->path);
	free(target->sets);
}

/* An image at path: of this kernel, where that can be told? */
static int try_image(void *arg, const char *path)
{
	struct target *target = arg;
	int err = kallmod_dwarf_units_read(target->ctx, path, &target->units);

	if (err)
		return err;
	if (target->id.size && (target->units.build_id_size != target->id.size ||
				memcmp(target->units.build_id, target->id.bytes, target->id.size))) {
		kallmod_dwarf_units_deinit(&target->units);
		return kallmod_fail(target->ctx, -ENODATA,
				    "%s: is of another build of the kernel (its build id is not the running kernel's)",
				    path);
	}
	target->path = strdup(path);
	return target->path ? 0 : -ENOMEM;
}

/* The module set of every unit, by its object. */
static int find_sets(struct target *target, const struct kallmod_object_list *list)
{
	size_t prefix = kallmod_dwarf_units_prefix(&target->units);
	int err = 0;

	target->sets = calloc(target->units.count, sizeof(*target->sets));
	if (!target->sets)
		return -ENOMEM;
	for (size_t i = 0; !err && i < target->units.count; i++) {
		const char *const *modules;
		char object[OBJECT_MAX];
		size_t n;

		if (!kallmod_dwarf_object(target->units.names[i], prefix, object, sizeof(object)))
			continue;
		n = kallmod_object_list_find(list, object, &modules);
		if (n)
			err = kallmod_map_set(target->map, KALLMOD_KIND_BUILTIN, modules, n,
					      &target->sets[i]);
	}
	return err;
}

/*
 * Where the code that begins at addr really begins: the room in front of a function (__pfx_, and
 * __cfi_ with kCFI) is of its object, too, and no debug information tells of it. On arm64, with
 * -fpatchable-function-entry, gcc has a unit begin behind its first function's patched
 * instructions, 8 bytes behind the symbol (seen in Debian 5.10 to 6.12; hardly in 7.2, not in 7.3).
 */
static uint64_t padded_start(const struct kallmod_symbols *symbols, uint64_t addr)
{
	ptrdiff_t before = kallmod_symbols_find(symbols, addr - 1);
	const struct kallmod_symbol *symbol;
	bool is_head, is_room;
	uint64_t end;

	if (before < 0)
		return addr;
	symbol = kallmod_symbols_at(symbols, before);
	end = kallmod_symbols_end(symbols, before);
	is_head = end > addr && addr - symbol->addr <= HEAD_MAX &&
		  kallmod_symbols_text_at(symbols, symbol->addr);
	is_room = end == addr && (!strncmp(symbol->name, "__pfx_", 6) ||
				  !strncmp(symbol->name, "__cfi_", 6));
	return is_head || is_room ? symbol->addr : addr;
}

/*
 * Adds unit ranges as they come, but joins those of one set that only padding is between:
 * that belongs to the object, as linker maps have it.
 */
static int add_ranges(struct target *target, const struct kallmod_symbols *symbols)
{
	struct kallmod_range open = {.start = 0};
	int err = 0;

	for (size_t i = 0; !err && i < target->units.range_count; i++) {
		const struct kallmod_dwarf_range *at = &target->units.ranges[i];
		struct kallmod_range range = {
			.start = padded_start(symbols, at->start + target->slide),
			.end = at->end + target->slide,
			.set = target->sets[at->unit],
			.confidence = 1,
			.trust = KALLMOD_TRUST_DERIVED,
			.source = target->source,
		};

		if (!kallmod_source_section(target->map, range.start, &range.section))
			continue;
		if (range.set == open.set && range.section == open.section &&
		    range.start <= open.end + KALLMOD_PADDING_MAX) {
			open.end = range.end > open.end ? range.end : open.end;
			continue;
		}
		if (open.set != KALLMOD_SET_CORE) {
			err = kallmod_map_add(target->map, &open);
			target->ranges++;
		}
		open = range;
	}
	if (!err && open.set != KALLMOD_SET_CORE) {
		err = kallmod_map_add(target->map, &open);
		target->ranges++;
	}
	return err;
}

static int find_slide(struct target *target, const struct kallmod_symbols *symbols)
{
	const struct kallmod_symbol *start = kallmod_symbols_by_name(symbols, "_stext");

	if (!start)
		start = kallmod_symbols_by_name(symbols, "_text");
	if (!start || !target->units.anchor)
		return kallmod_fail(target->ctx, -ENODATA,
				    "%s: has no symbol _stext that its addresses could be tied to",
				    target->path);
	target->slide = start->addr - target->units.anchor;
	return 0;
}

static int load_image(struct target *target, char **why_ret)
{
	__attribute__((cleanup(kallmod_object_list_deinit))) struct kallmod_object_list list = {};
	const struct kallmod_symbols *symbols;
	int err = kallmod_object_list_open(target->ctx, &list);

	if (!err)
		err = kallmod_ctx_text_symbols(target->ctx, &symbols);
	if (!err)
		err = find_slide(target, symbols);
	if (!err)
		err = kallmod_source_add_landmarks(target->ctx, target->map, symbols);
	if (!err)
		err = find_sets(target, &list);
	if (!err)
		err = add_ranges(target, symbols);
	if (err)
		return err;
	if (!target->ranges)
		return kallmod_fail(target->ctx, -ENODATA,
				    "%s: none of its %zu source files belongs to a module", target->path,
				    target->units.count);
	if (asprintf(why_ret, "%zu module sets in %zu ranges, from %s and %s",
		     kallmod_map_set_count(target->map) - 1, target->ranges, target->path,
		     list.name) < 0)
		return -ENOMEM;
	return 0;
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	__attribute__((cleanup(target_deinit))) struct target target = {
		.ctx = ctx, .map = map, .source = id, .id = kallmod_kernel_build_id(ctx)};
	int err;

	err = kallmod_dwarf_find(ctx, &target.id, try_image, &target);
	if (err == -ENOENT && !kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX))
		return kallmod_fail(ctx, err, "no vmlinux with debug information of kernel %s",
				    kallmod_ctx_release(ctx));
	return err ? err : load_image(&target, why_ret);
}

const struct kallmod_source kallmod_source_dwarf = {
	.name = "dwarf",
	.trust = KALLMOD_TRUST_DERIVED,
	.advice = "install the kernel's debug information (linux-image-RELEASE-dbg), or name it with --vmlinux",
	.load = load,
};
