// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * /proc/kallmodsyms as a source: a symbol's module has it from there to the next symbol, or
 * for its size where the file has sizes; neighbours of one module make one range.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "kallmodsyms.h"
#include "map_priv.h"
#include "module_names.h"
#include "modules.h"
#include "source.h"
#include "symbols.h"

struct entry {
	uint64_t addr, size;
	uint32_t set; /* core also for loadable and pseudo-modules: they come by another way */
	uint32_t order; /* in the file */
	bool sized, text, elsewhere;
};

struct bounds {
	uint64_t start, end; /* end 0: not known */
};

struct collector {
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;
	struct kallmod_module_names loaded;
	struct kallmod_symbols *symbols; /* for the landmarks */
	struct entry *entries;
	size_t count, capacity;
	bool unsorted, nonzero;
};

static void collector_deinit(struct collector *collector)
{
	kallmod_module_names_free(&collector->loaded);
	kallmod_symbols_destroy(collector->symbols);
	free(collector->entries);
}

static bool is_elsewhere(const struct collector *collector,
			 const struct kallmod_kallmodsyms_line *line)
{
	return line->module_count == 1 &&
	       (kallmod_pseudo_module(line->modules[0]) ||
		kallmod_module_names_has(&collector->loaded, line->modules[0]));
}

static int add_line(void *arg, const struct kallmod_kallmodsyms_line *line)
{
	struct collector *collector = arg;
	struct kallmod_symbol symbol = { line->addr, line->size, line->name, NULL, line->type };
	struct entry entry = { line->addr, line->size, .order = collector->count, .sized = line->sized,
			       .text = kallmod_symbol_is_text(&symbol),
			       .elsewhere = is_elsewhere(collector, line) };
	int err = 0;

	if (!entry.elsewhere)
		err = kallmod_map_set(collector->map, KALLMOD_KIND_BUILTIN, line->modules,
				      line->module_count, &entry.set);
	if (!err)
		err = kallmod_symbols_add(collector->symbols, &symbol);
	if (!err)
		err = kallmod_grow(&collector->entries, &collector->capacity,
				   collector->count, sizeof(*collector->entries));
	if (err)
		return err;
	if (collector->count && line->addr < collector->entries[collector->count - 1].addr)
		collector->unsorted = true;
	collector->nonzero |= entry.text && line->addr;
	collector->entries[collector->count++] = entry;
	return 0;
}

static int read_file(struct collector *collector, const char *path)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, collector->ctx, path);

	if (err)
		return err;
	/* Replaced where the stream itself has something to say. */
	kallmod_fail(collector->ctx, 0, "%s", "");
	err = kallmod_kallmodsyms_stream(&reader, add_line, collector);
	if (err && !*kallmod_ctx_error(collector->ctx))
		return kallmod_reader_fail(&reader, err, err == -EINVAL ?
					   "has a bad module name; get a whole copy" :
					   "cannot be kept: too much or out of memory");
	if (!err && !collector->count)
		return kallmod_fail(collector->ctx, -EINVAL, "%s: empty; get a whole copy", path);
	if (!err && !collector->nonzero)
		return kallmod_fail(collector->ctx, -EPERM,
				    "%s: all addresses are hidden (zero); run as root (CAP_SYSLOG), with kernel.kptr_restrict below 2",
				    path);
	return err;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static struct bounds find_bounds(const struct kallmod_symbols *symbols, const char *from,
				 const char *to)
{
	const struct kallmod_symbol *start = kallmod_symbols_by_name(symbols, from);
	const struct kallmod_symbol *end = kallmod_symbols_by_name(symbols, to);

	if (!start || !end || start->addr >= end->addr)
		return (struct bounds){ 0 };
	return (struct bounds){ start->addr, end->addr };
}

static bool inside(const struct bounds *bounds, uint64_t addr)
{
	return addr >= bounds->start && addr < bounds->end;
}

/* Of two at one address, is b the better one? Labels have no size and often no module. */
static bool is_better(const struct entry *a, const struct entry *b)
{
	if (!a->size != !b->size)
		return b->size;
	return b->set != KALLMOD_SET_CORE || a->set == KALLMOD_SET_CORE;
}

/* Leaves one entry for each address. */
static void drop_labels(struct collector *collector)
{
	struct entry *entries = collector->entries;
	size_t kept = 0;

	for (size_t i = 1; i < collector->count; i++) {
		if (entries[i].addr != entries[kept].addr)
			entries[++kept] = entries[i];
		else if (is_better(&entries[kept], &entries[i]))
			entries[kept] = entries[i];
	}
	collector->count = kept + 1;
}

static uint64_t page_end(uint64_t addr)
{
	return (addr | 4095) == UINT64_MAX ? UINT64_MAX : (addr | 4095) + 1;
}

static uint64_t entry_end(const struct collector *collector, size_t i,
			  const struct bounds *text)
{
	const struct entry *entry = &collector->entries[i], *next = entry + 1;
	bool last = i + 1 == collector->count;
	/* Behind the kernel's last symbol there may be nothing for a long way. */
	uint64_t end = last || next->elsewhere ? page_end(entry->addr) : next->addr;

	if (entry->sized && (last || next->set != entry->set || next->elsewhere) &&
	    end - entry->addr > entry->size)
		end = entry->addr + entry->size;
	if (entry->text && inside(text, entry->addr) && end > text->end)
		end = text->end;
	return end;
}

static int add_ranges(struct collector *collector, uint8_t id, size_t *count_ret)
{
	struct bounds text = find_bounds(collector->symbols, "_stext", "_etext");
	struct bounds freed = find_bounds(collector->symbols, "__init_begin", "__init_end");
	bool booted = kallmod_ctx_without_init(collector->ctx);

	for (size_t i = 0; i < collector->count; i++) {
		const struct entry *entry = &collector->entries[i];
		struct kallmod_range range = { entry->addr, entry_end(collector, i, &text),
					       entry->set, 1, KALLMOD_TRUST_EXACT,
					       KALLMOD_SECTION_DATA, id };
		int err;

		if (entry->set == KALLMOD_SET_CORE || range.start >= range.end)
			continue;
		/* Below the kernel there are only the offsets of per-CPU variables. */
		if (text.end && entry->addr < text.start)
			continue;
		if (entry->text)
			range.section = text.end && !inside(&text, entry->addr) ?
						KALLMOD_SECTION_INIT : KALLMOD_SECTION_TEXT;
		if (booted && (range.section == KALLMOD_SECTION_INIT || inside(&freed, entry->addr)))
			continue;
		err = kallmod_map_add(collector->map, &range);
		if (err)
			return err;
		++*count_ret;
	}
	return 0;
}

static int collect(struct collector *collector, const char *path, uint8_t id, size_t *count_ret)
{
	int err = kallmod_symbols_create(&collector->symbols);

	if (!err)
		err = kallmod_module_names_loaded(collector->ctx, &collector->loaded);
	if (!err)
		err = read_file(collector, path);
	if (!err)
		err = kallmod_symbols_sort(collector->symbols);
	if (err)
		return err;
	if (collector->unsorted)
		qsort(collector->entries, collector->count, sizeof(*collector->entries),
		      compare_entries);
	drop_labels(collector);
	return add_ranges(collector, id, count_ret);
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	__attribute__((cleanup(collector_deinit))) struct collector collector = { .ctx = ctx,
										  .map = map };
	cleanup_free char *path = kallmod_path(ctx, "/proc/kallmodsyms");
	size_t count = 0;
	int err;

	if (!path)
		return -ENOMEM;
	if (!kallmod_ctx_running(ctx))
		return kallmod_fail(ctx, -ENOENT, "%s: is of another kernel than %s", path,
				    kallmod_ctx_release(ctx));
	err = collect(&collector, path, id, &count);
	if (!err && !count)
		err = kallmod_fail(ctx, -ENODATA, "%s: names no built-in module", path);
	if (!err)
		err = kallmod_source_add_landmarks(ctx, map, collector.symbols);
	if (!err && asprintf(why_ret, "%s: %zu symbols of built-in modules", path, count) < 0)
		err = -ENOMEM;
	return err;
}

const struct kallmod_source kallmod_source_kallmodsyms = {
	.name = "kallmodsyms",
	.trust = KALLMOD_TRUST_EXACT,
	.advice = "run a kernel with CONFIG_KALLMODSYMS (Oracle UEK, or the kallmodsyms patches)",
	.load = load,
};
