// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What every source shares: where text is, where interrupts begin, where the CPU idles. */
#include <errno.h>
#include <string.h>

#include "source.h"
#include "symbols.h"

static const char *const irq_entries[] = {
	"asm_common_interrupt",
	"asm_spurious_interrupt",
	"asm_call_irq_on_stack", /* x86 5.8 to 5.11 */
	"handle_softirqs",	 /* 6.10 on; before it __do_softirq did the work */
	"__do_softirq",
	"el1h_64_irq",
	"el1h_64_fiq",
	"el1_irq", /* arm64 before 5.14 */
	"call_on_irq_stack",
};

/* What compilers append to the name of a copy of a function. */
static bool is_suffix(const char *text)
{
	static const char *const suffixes[] = { ".isra.", ".constprop.", ".part.", ".llvm.",
						".cold" };

	if (!*text)
		return true;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (!strncmp(text, suffixes[i], strlen(suffixes[i])))
			return true;
	return false;
}

static bool is_irq_entry(const char *name)
{
	/* Cheap refusal first: this is asked for every symbol. */
	if (!strchr("aehc_", *name))
		return false;
	if (!strncmp(name, "asm_sysvec_", 11))
		return true;
	for (size_t i = 0; i < sizeof(irq_entries) / sizeof(*irq_entries); i++) {
		size_t length = strlen(irq_entries[i]);

		if (!strncmp(name, irq_entries[i], length) && is_suffix(name + length))
			return true;
	}
	return false;
}

/* Where the CPU halts outside of the idle text; noinstr code since 6.3 or so. */
static bool is_idle(const char *name)
{
	static const char *const names[] = { "pv_native_safe_halt", "native_safe_halt",
					     "xen_safe_halt", "acpi_safe_halt", "cpu_do_idle" };

	if (!strchr("pnxac", *name))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static int add_function_marks(struct kallmod_map *map, const struct kallmod_symbols *symbols)
{
	size_t count = kallmod_symbols_count(symbols);

	for (size_t i = 0; i < count; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		struct kallmod_mark mark = { .start = symbol->addr, .kind = KALLMOD_MARK_IRQ };
		bool idle;
		int err;

		if (symbol->module || !kallmod_symbol_is_text(symbol))
			continue;
		idle = is_idle(symbol->name);
		if (!idle && !is_irq_entry(symbol->name))
			continue;
		if (idle)
			mark.kind = KALLMOD_MARK_IDLE;
		mark.end = kallmod_symbols_end(symbols, i);
		if (!mark.end)
			mark.end = mark.start + 1;
		err = kallmod_map_add_mark(map, &mark);
		if (err)
			return err;
	}
	return 0;
}

/* Finds [from, to) by two symbols; false where one is missing or they are out of order. */
static bool find_bounds(const struct kallmod_symbols *symbols, const char *from, const char *to,
			uint64_t *start, uint64_t *end)
{
	const struct kallmod_symbol *first = kallmod_symbols_by_name(symbols, from);
	const struct kallmod_symbol *last = kallmod_symbols_by_name(symbols, to);

	if (!first || !last || first->addr >= last->addr)
		return false;
	*start = first->addr;
	*end = last->addr;
	return true;
}

static int add_extents(struct kallmod_ctx *ctx, struct kallmod_map *map,
		       const struct kallmod_symbols *symbols)
{
	uint64_t start, end;
	int err = 0;

	/* On arm64 _text is the image's header, which is no code. */
	if (find_bounds(symbols, "_stext", "_etext", &start, &end) ||
	    find_bounds(symbols, "_text", "_etext", &start, &end))
		err = kallmod_map_add_extent(map, start, end, KALLMOD_SECTION_TEXT);
	else
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "no _stext and _etext among the symbols: core text is not shown");
	if (kallmod_ctx_without_init(ctx))
		return err;
	if (!err && find_bounds(symbols, "_sinittext", "_einittext", &start, &end))
		err = kallmod_map_add_extent(map, start, end, KALLMOD_SECTION_INIT);
	if (!err && find_bounds(symbols, "__exittext_begin", "__exittext_end", &start, &end))
		err = kallmod_map_add_extent(map, start, end, KALLMOD_SECTION_INIT);
	return err;
}

static int add_mark_between(struct kallmod_map *map, const struct kallmod_symbols *symbols,
			    enum kallmod_mark_kind kind, const char *from, const char *to)
{
	struct kallmod_mark mark = { .kind = kind };

	if (!find_bounds(symbols, from, to, &mark.start, &mark.end))
		return 0;
	return kallmod_map_add_mark(map, &mark);
}

int kallmod_source_add_landmarks(struct kallmod_ctx *ctx, struct kallmod_map *map,
				 const struct kallmod_symbols *symbols)
{
	int err = add_extents(ctx, map, symbols);

	if (!err)
		err = add_function_marks(map, symbols);
	if (!err)
		err = add_mark_between(map, symbols, KALLMOD_MARK_IDLE, "__cpuidle_text_start",
				       "__cpuidle_text_end");
	if (!err && kallmod_ctx_live(ctx))
		err = add_mark_between(map, symbols, KALLMOD_MARK_BOOT, "_sinittext",
				       "_einittext");
	return err;
}

bool kallmod_source_section(const struct kallmod_map *map, uint64_t addr, uint8_t *ret)
{
	for (size_t i = 0; i < kallmod_map_extent_count(map); i++) {
		enum kallmod_section section;
		uint64_t start, end;

		kallmod_map_extent(map, i, &start, &end, &section);
		if (addr < start || addr >= end)
			continue;
		*ret = section;
		return true;
	}
	return false;
}
