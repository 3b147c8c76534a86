// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel image teaches: the functions of its built-in modules, and of the kernel proper. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctx.h"
#include "dwarf_units.h"
#include "map.h"
#include "module_names.h"
#include "sig_initcalls.h"
#include "signatures_image.h"
#include "symbols.h"

enum {
	NONE = -1,
	SET_MAX = 64,
	ENTRY_MAX = 16, /* bytes that compilers reserve before a function, at most */
};

struct image {
	struct kallmod_ctx *ctx;
	struct kallmod_sigbuilder *builder;
	int release;
	struct kallmod_map *map;
	struct kallmod_dwarf_units units; /* empty where there is no debug information */
	size_t prefix;			  /* kallmod_dwarf_units_prefix() */
	int *objects;			  /* by unit: the builder's number, or NONE; owned */
	uint64_t *main;			  /* by unit: where its largest part of .text is; owned */
	int nowhere;			  /* the builder's number for code of an unknown object */
	struct kallmod_sig_initcalls initcalls;
	size_t functions;
};

static void image_deinit(struct image *image)
{
	kallmod_map_destroy(image->map);
	kallmod_dwarf_units_deinit(&image->units);
	free(image->objects);
	free(image->main);
	kallmod_sig_initcalls_deinit(&image->initcalls);
	kallmod_ctx_destroy(image->ctx);
}

/* Sets an option to DIRECTORY/name where that is there. */
static int set_if_there(struct kallmod_ctx *ctx, enum kallmod_option option,
			const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
	    access(path, R_OK))
		return 0;
	return kallmod_ctx_set(ctx, option, path);
}

static int set_options(struct image *image, struct kallmod_ctx *from, const char *path,
		       const char *release)
{
	static const struct {
		enum kallmod_option option;
		const char *name;
	} beside[] = {{KALLMOD_OPT_MODULES_BUILTIN, "modules/modules.builtin"},
		      {KALLMOD_OPT_MODULES_BUILTIN, "modules.builtin"},
		      {KALLMOD_OPT_RANGES, "modules.builtin.ranges"}};
	const char *slash = strrchr(path, '/');
	cleanup_free char *directory = slash ? strndup(path, slash - path) : strdup(".");
	int err = directory ? kallmod_ctx_set(image->ctx, KALLMOD_OPT_RELEASE, release) : -ENOMEM;

	if (!err)
		err = kallmod_ctx_set(image->ctx, KALLMOD_OPT_VMLINUX, path);
	if (!err)
		err = kallmod_ctx_set(image->ctx, KALLMOD_OPT_SIGNATURES,
				      kallmod_ctx_get(from, KALLMOD_OPT_SIGNATURES));
	for (size_t i = 0; !err && i < sizeof(beside) / sizeof(beside[0]); i++)
		err = set_if_there(image->ctx, beside[i].option, directory, beside[i].name);
	return err;
}

/* ---- units ----------------------------------------------------------------------------- */

/*
 * Where the order of linking can be read: what the compiler put into .text.unlikely is linked
 * before or behind all .text, and not every unit has some.
 */
static int find_main(struct image *image)
{
	cleanup_free uint64_t *sizes = calloc(image->units.count + 1, sizeof(*sizes));

	if (!sizes)
		return -ENOMEM;
	for (size_t i = 0; i < image->units.range_count; i++) {
		const struct kallmod_dwarf_range *range = &image->units.ranges[i];
		const struct kallmod_range *at = kallmod_map_find(image->map, range->start);

		if (!at || at->section != KALLMOD_SECTION_TEXT ||
		    range->end - range->start <= sizes[range->unit])
			continue;
		sizes[range->unit] = range->end - range->start;
		image->main[range->unit] = range->start;
	}
	return 0;
}

static int read_units(struct image *image, const char *path)
{
	int err = kallmod_dwarf_units_read(image->ctx, path, &image->units);

	if (err && err != -ENODATA)
		return err;
	image->prefix = kallmod_dwarf_units_prefix(&image->units);
	image->objects = calloc(image->units.count + 1, sizeof(*image->objects));
	image->main = calloc(image->units.count + 1, sizeof(*image->main));
	if (!image->objects || !image->main)
		return -ENOMEM;
	for (size_t i = 0; i < image->units.count; i++)
		image->objects[i] = NONE;
	return find_main(image);
}

/* The range of a unit at addr, or NULL. */
static const struct kallmod_dwarf_range *find_range(const struct image *image, uint64_t addr)
{
	const struct kallmod_dwarf_range *ranges = image->units.ranges;
	size_t low = 0, high = image->units.range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && addr < ranges[low - 1].end ? &ranges[low - 1] : NULL;
}

/* The unit at addr, or NONE. */
static ptrdiff_t find_unit(const struct image *image, uint64_t addr)
{
	const struct kallmod_dwarf_range *range = find_range(image, addr);

	return range ? (ptrdiff_t)range->unit : NONE;
}

/* The object of a unit, "" where it has none below the top. */
static void unit_object(const struct image *image, ptrdiff_t unit, char ret[PATH_MAX])
{
	if (unit == NONE ||
	    !kallmod_dwarf_object(image->units.names[unit], image->prefix, ret, PATH_MAX))
		strcpy(ret, "");
}

/* The directory of a unit's source file, "" where it has none below the top. */
static void unit_directory(const struct image *image, ptrdiff_t unit, char ret[PATH_MAX])
{
	char *slash;

	unit_object(image, unit, ret);
	slash = strrchr(ret, '/');
	if (slash)
		*slash = '\0';
	else
		strcpy(ret, "");
}

/* ---- functions ------------------------------------------------------------------------- */

/* Is the object alone what its initcalls call a module, "fs/exec.o" an "exec"? */
static bool is_named(const char *object, const char *module)
{
	const char *name = strrchr(object, '/');

	for (name = name ? name + 1 : object; *module; module++, name++)
		if (kallmod_module_letter(*name) != (unsigned char)*module)
			return false;
	return !strcmp(name, ".o");
}

/*
 * Which module the object would be of, by the initcalls of a function of that name. Several objects
 * may have one; then it is the object's own, if that is among them.
 */
static int add_titles(struct image *image, ptrdiff_t unit, int number, const char *function)
{
	char object[PATH_MAX];
	size_t n;
	const struct kallmod_sig_initcall *calls =
		kallmod_sig_initcalls_find(&image->initcalls, function, &n);
	int err = 0;

	unit_object(image, unit, object);
	for (size_t i = 0; i < n; i++)
		if (is_named(object, calls[i].module))
			return kallmod_sigbuilder_title(image->builder, number, calls[i].module);
	for (size_t i = 0; !err && i < n; i++)
		err = kallmod_sigbuilder_title(image->builder, number, calls[i].module);
	return err;
}

static int add_core(struct image *image, ptrdiff_t unit, const char *function)
{
	int *number = unit == NONE ? &image->nowhere : &image->objects[unit];
	char object[PATH_MAX];
	int err = 0;

	if (*number == NONE) {
		unit_object(image, unit, object);
		*number = kallmod_sigbuilder_object(image->builder, object);
	}
	if (*number < 0)
		return *number;
	if (unit != NONE)
		err = add_titles(image, unit, *number, function);
	return err ? err :
		     kallmod_sigbuilder_add(image->builder, image->release, *number, function);
}

/* Of each module of the set. */
static int add_modules(struct image *image, uint32_t set, const char *directory,
		       const char *function)
{
	const char *names[SET_MAX];
	size_t n = kallmod_map_set_modules(image->map, set, names, SET_MAX);
	int err = 0;

	for (size_t i = 0; !err && i < n && i < SET_MAX; i++) {
		int module = kallmod_sigbuilder_module(image->builder, names[i], directory);

		if (module < 0)
			return module;
		err = kallmod_sigbuilder_add(image->builder, image->release, module, function);
	}
	return err;
}

/*
 * Where debug information has a function: what is patched in before its entry may stand between
 * its symbol and the code that the compiler knows.
 */
static uint64_t code_address(const struct image *image, const struct kallmod_symbol *symbol)
{
	bool before = find_unit(image, symbol->addr) == NONE &&
		      find_unit(image, symbol->addr + ENTRY_MAX) != NONE;

	return symbol->addr + (before ? ENTRY_MAX : 0);
}

static int add_function(struct image *image, const struct kallmod_symbol *symbol)
{
	uint64_t addr = code_address(image, symbol);
	const struct kallmod_range *range = kallmod_map_find(image->map, addr);
	ptrdiff_t unit = find_unit(image, addr);
	char directory[PATH_MAX], object[PATH_MAX];
	int err = 0;

	if (!range || range->section == KALLMOD_SECTION_DATA)
		return 0;
	image->functions++;
	unit_directory(image, unit, directory);
	unit_object(image, unit, object);
	if (*directory && find_range(image, addr)->start == image->main[unit])
		err = kallmod_sigorder_add(kallmod_sigbuilder_order(image->builder), object);
	if (err)
		return err;
	return range->set == KALLMOD_SET_CORE ?
		       add_core(image, unit, symbol->name) :
		       add_modules(image, range->set, directory, symbol->name);
}

static int add_functions(struct image *image)
{
	const struct kallmod_symbols *symbols;
	int err = kallmod_ctx_symbols(image->ctx, &symbols);

	if (!err)
		err = kallmod_sig_initcalls_read(symbols, &image->initcalls);
	if (!err)
		err = kallmod_sigorder_begin(kallmod_sigbuilder_order(image->builder), false);
	for (size_t i = 0; !err && i < kallmod_symbols_count(symbols); i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);

		if (!symbol->module && kallmod_symbol_is_text(symbol))
			err = add_function(image, symbol);
	}
	return err;
}

static int add_image(struct image *image, const char *path)
{
	int err = kallmod_map_build(image->ctx, &image->map);

	if (err)
		return err;
	if (kallmod_map_trust(image->map) == KALLMOD_TRUST_INFERRED)
		return kallmod_fail(image->ctx, -ENODATA,
				    "%s: has no debug information, and no modules.builtin.ranges beside it; from what is inferred nothing can be learnt",
				    path);
	err = read_units(image, path);
	return err ? err : add_functions(image);
}

int kallmod_signatures_add_image(struct kallmod_ctx *from, struct kallmod_sigbuilder *builder,
				 const char *path, int release, const char *release_name,
				 size_t *functions_ret)
{
	__attribute__((cleanup(image_deinit))) struct image image = {
		.builder = builder, .release = release, .nowhere = NONE};
	int err = kallmod_ctx_create(&image.ctx);

	if (!err)
		err = set_options(&image, from, path, release_name);
	if (!err)
		err = add_image(&image, path);
	if (err)
		return kallmod_fail(from, err, "%s", image.ctx ? kallmod_ctx_error(image.ctx) :
								 "out of memory");
	*functions_ret = image.functions;
	return 0;
}
