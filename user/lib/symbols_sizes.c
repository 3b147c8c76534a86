// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "dwarf_find.h"
#include "grow.h"
#include "symbols.h"
#include "symbols_sizes.h"

/* An image of the same build has all functions where the kernel has them, in percent. */
enum { SAME_BUILD = 90 };

struct sizes {
	struct kallmod_symbol *symbols; /* those with a size; by address, then name */
	size_t count, capacity;
	uint64_t anchor; /* of the image: _stext, else _text; 0 */
	bool anchor_is_stext;
};

static void sizes_deinit(struct sizes *sizes)
{
	free(sizes->symbols);
}

static int add_size(void *arg, const struct kallmod_symbol *symbol)
{
	struct sizes *sizes = arg;
	bool stext = !strcmp(symbol->name, "_stext");
	int err;

	if (stext || (!sizes->anchor_is_stext && !strcmp(symbol->name, "_text"))) {
		sizes->anchor = symbol->addr;
		sizes->anchor_is_stext = stext;
	}
	if (!symbol->size)
		return 0;
	err = kallmod_grow(&sizes->symbols, &sizes->capacity, sizes->count, sizeof(*symbol));
	if (!err)
		sizes->symbols[sizes->count++] = *symbol;
	return err;
}

static int compare_places(const void *a, const void *b)
{
	const struct kallmod_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* slide: how far the kernel was moved; its per-CPU symbols, near zero, are not. */
static uint64_t find_size(const struct sizes *sizes, const struct kallmod_symbol *symbol,
			  uint64_t slide)
{
	const struct kallmod_symbol *found;
	struct kallmod_symbol key = *symbol;

	if (symbol->module)
		return 0;
	if (key.addr >> 63 || !(sizes->anchor >> 63))
		key.addr -= slide;
	found = bsearch(&key, sizes->symbols, sizes->count, sizeof(key), compare_places);
	return found ? found->size : 0;
}

/* Are most of the kernel's functions in the image, at their place? */
static bool is_same_build(const struct sizes *sizes, const struct kallmod_symbols *symbols,
			  uint64_t slide)
{
	size_t there = 0, wanted = 0;

	for (size_t i = 0; i < sizes->count; i++) {
		const struct kallmod_symbol *symbol = &sizes->symbols[i];

		if (!kallmod_symbol_is_text(symbol) || !strncmp(symbol->name, "__pfx_", 6))
			continue;
		wanted++;
		there += kallmod_symbols_text_at(symbols, symbol->addr + slide);
	}
	return wanted && there * 100 >= wanted * SAME_BUILD;
}

static bool find_slide(const struct sizes *sizes, const struct kallmod_symbols *symbols,
		       uint64_t *ret)
{
	const struct kallmod_symbol *anchor =
		kallmod_symbols_by_name(symbols, sizes->anchor_is_stext ? "_stext" : "_text");

	if (!anchor || !sizes->anchor)
		return false;
	*ret = anchor->addr - sizes->anchor;
	return true;
}

int kallmod_symbols_take_sizes(struct kallmod_ctx *ctx, struct kallmod_symbols *symbols,
			       struct kallmod_image *image)
{
	__attribute__((cleanup(sizes_deinit))) struct sizes sizes = {};
	int err = kallmod_image_elf_symbols(image, add_size, &sizes);
	uint64_t slide = 0;

	if (err == -ENOMEM)
		return kallmod_fail(ctx, err, "%s: out of memory", kallmod_image_path(image));
	if (err || !sizes.count)
		return err ? err : -ENODATA;
	qsort(sizes.symbols, sizes.count, sizeof(*sizes.symbols), compare_places);
	if (!find_slide(&sizes, symbols, &slide) || !is_same_build(&sizes, symbols, slide))
		return kallmod_fail(ctx, -EINVAL,
				    "%s: is of another build of the kernel, so its sizes are not used",
				    kallmod_image_path(image));
	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++) {
		uint64_t size = find_size(&sizes, kallmod_symbols_at(symbols, i), slide);

		if (size)
			kallmod_symbols_set_size(symbols, i, size);
	}
	return 0;
}

/* ---- the context's ------------------------------------------------------------------ */

struct taker {
	struct kallmod_ctx *ctx;
	struct kallmod_symbols *symbols;
};

/* One place where an image may be: another place may have a better one. */
static int take_from(void *arg, const char *path)
{
	struct taker *taker = arg;
	cleanup_image struct kallmod_image *image = NULL;
	int err = kallmod_image_open(taker->ctx, path, &image);

	if (!err)
		err = kallmod_symbols_take_sizes(taker->ctx, taker->symbols, image);
	if (err == -EINVAL)
		kallmod_log(taker->ctx, KALLMOD_LOG_WARN, "%s", kallmod_ctx_error(taker->ctx));
	return !err || err == -ENOMEM ? err : -ENODATA;
}

static bool has_sizes(const struct kallmod_symbols *symbols)
{
	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++)
		if (kallmod_symbols_at(symbols, i)->size)
			return true;
	return false;
}

int kallmod_ctx_symbol_sizes(struct kallmod_ctx *ctx)
{
	struct taker taker = { .ctx = ctx };
	const struct kallmod_symbols *symbols;
	struct kallmod_build_id id;
	int err = kallmod_ctx_symbols(ctx, &symbols);

	if (err || has_sizes(symbols))
		return err;
	/* The context's own, which nobody else has in hand yet but to read. */
	taker.symbols = *kallmod_ctx_symbols_slot(ctx, false);
	id = kallmod_kernel_build_id(ctx);
	err = kallmod_dwarf_find(ctx, &id, take_from, &taker);
	return err == -ENOMEM ? err : 0;
}
