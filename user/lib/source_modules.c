// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What comes and goes: loadable modules, BPF code, trampolines. */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "map_priv.h"
#include "module_areas.h"
#include "source.h"
#include "symbols.h"

#define PAGE_BYTES 4096

static int add_range(struct kallmod_map *map, uint8_t id, const char *module,
		     enum kallmod_kind kind, uint64_t start, uint64_t end,
		     enum kallmod_section section)
{
	struct kallmod_range range = { start, end, 0, 1, KALLMOD_TRUST_EXACT, section, id };
	int err = kallmod_map_set(map, kind, &module, 1, &range.set);

	if (err || start >= end)
		return err;
	return kallmod_map_add(map, &range);
}

static int add_area(struct kallmod_map *map, uint8_t id, const struct kallmod_areas *areas,
		    const struct kallmod_area *area)
{
	uint64_t end = kallmod_areas_end(areas, area->base, area->size, area->text_last);
	int err = add_range(map, id, area->module, KALLMOD_KIND_LOADABLE, area->base, end,
			    KALLMOD_SECTION_TEXT);

	if (err || !area->init)
		return err;
	end = kallmod_areas_end(areas, area->init, area->init_size, area->init);
	return add_range(map, id, area->module, KALLMOD_KIND_LOADABLE, area->init, end,
			 KALLMOD_SECTION_INIT);
}

static int add_loadable(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id)
{
	__attribute__((cleanup(kallmod_areas_deinit))) struct kallmod_areas areas = { 0 };
	int err = kallmod_areas_read(ctx, &areas);

	if (err)
		return err;
	for (size_t i = 0; !err && i < areas.count; i++)
		err = add_area(map, id, &areas, &areas.areas[i]);
	if (err)
		return kallmod_fail(ctx, err, "/proc/modules: a module cannot be kept: %s",
				    strerror(-err));
	if (areas.hidden && !areas.count)
		err = kallmod_fail(ctx, -EPERM,
				   "/proc/modules: all addresses are hidden (zero); run as root (CAP_SYSLOG), with kernel.kptr_restrict below 2");
	return err;
}

/*
 * Trampolines have symbols and no other list. They are not looked for: the symbols are taken
 * where somebody has read them. Each is on a page of its own, of unknown fill.
 */
static int add_trampolines(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id)
{
	const struct kallmod_symbols *symbols = kallmod_ctx_symbols_at_hand(ctx);
	size_t count = symbols ? kallmod_symbols_count(symbols) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		const char *module = symbol->module ? kallmod_pseudo_module(symbol->module) : NULL;
		uint64_t end, next;
		int err;

		if (!module || !symbol->addr)
			continue;
		end = (symbol->addr | (PAGE_BYTES - 1)) + 1;
		next = kallmod_symbols_end(symbols, i);
		if (next && next < end)
			end = next;
		err = add_range(map, id, module, KALLMOD_KIND_PSEUDO, symbol->addr, end,
				KALLMOD_SECTION_TEXT);
		if (err)
			return err;
	}
	return 0;
}

int kallmod_modules_merge(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id)
{
	size_t before = map->range_count;
	int loadable, err = add_trampolines(ctx, map, id);

	/* After the trampolines, which symbols that were read long ago may still list. */
	loadable = err ? err : add_loadable(ctx, map, id);
	if (loadable && loadable != -ENOENT && loadable != -EPERM)
		return loadable;
	if (kallmod_ctx_live(ctx))
		err = kallmod_bpf_merge(map, id);
	if (err < 0)
		return kallmod_fail(ctx, err, "out of memory");
	return map->range_count > before ? 0 : loadable;
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	const struct kallmod_symbols *symbols;
	const char *alone = kallmod_ctx_get(ctx, KALLMOD_OPT_SOURCE);
	int err;

	if (!kallmod_ctx_running(ctx))
		return kallmod_fail(ctx, -ENODATA,
				    "loadable modules are those of the running kernel, not of %s",
				    kallmod_ctx_release(ctx));
	err = kallmod_modules_merge(ctx, map, id);
	/* Alone it makes the whole map, to which the kernel proper belongs. */
	if (!err && alone && !strcmp(alone, kallmod_source_modules.name) &&
	    !kallmod_ctx_text_symbols(ctx, &symbols))
		err = kallmod_source_add_landmarks(ctx, map, symbols);
	if (!err && asprintf(why_ret, "%zu ranges of loadable modules, BPF and trampolines",
			     map->range_count) < 0)
		err = -ENOMEM;
	return err;
}

const struct kallmod_source kallmod_source_modules = {
	.name = "modules",
	.trust = KALLMOD_TRUST_EXACT,
	.merged = true,
	.advice = "nothing to do: this kernel has no loadable modules (CONFIG_MODULES)",
	.load = load,
};
