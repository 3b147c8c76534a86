// SPDX-License-Identifier: GPL-2.0-only
#include "resolve.h"
#include "symbols.h"
#include "symbols_sizes.h"

int kallmod_resolver_init(struct kallmod_resolver *resolver, struct kallmod_ctx *ctx)
{
	int err;

	*resolver = (struct kallmod_resolver){};
	/* Symbols first: the map of a live kernel then has the trampolines' names too. */
	err = kallmod_ctx_symbol_sizes(ctx);
	if (!err)
		err = kallmod_ctx_symbols(ctx, &resolver->symbols);
	return err ? err : kallmod_map_build(ctx, &resolver->map);
}

void kallmod_resolver_deinit(struct kallmod_resolver *resolver)
{
	kallmod_map_destroy(resolver->map);
	*resolver = (struct kallmod_resolver){};
}

void kallmod_resolve(const struct kallmod_resolver *resolver, uint64_t addr,
		     struct kallmod_place *ret)
{
	uint64_t end;
	ptrdiff_t index = kallmod_symbols_around(resolver->symbols, addr, &end);

	*ret = (struct kallmod_place){.range = kallmod_map_find(resolver->map, addr)};
	if (ret->range && ret->range->set != KALLMOD_SET_CORE)
		ret->module = kallmod_map_set_name(resolver->map, ret->range->set);
	if (index >= 0) {
		const struct kallmod_symbol *symbol =
			kallmod_symbols_at(resolver->symbols, index);

		/* A symbol that stands for nothing has address zero. */
		if (!symbol->addr != !addr)
			return;
		ret->symbol = symbol->name;
		ret->start = symbol->addr;
		ret->size = end - symbol->addr;
		if (!ret->module && !ret->range)
			ret->module = symbol->module;
	}
}
