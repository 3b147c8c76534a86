// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "ctx.h"
#include "name_counts.h"
#include "probe_list_names.h"

int kallmod_probe_list_each(const struct kallmod_probe_list *list,
			    bool (*fn)(void *arg, const struct kallmod_function *function,
				       bool unique),
			    void *arg, size_t *left_ret)
{
	const struct kallmod_symbols *symbols;
	struct kallmod_name_counts *counts;
	int err = kallmod_ctx_symbols(list->ctx, &symbols);

	if (err)
		return err;
	err = kallmod_name_counts_create(symbols, false, &counts);
	if (err)
		return kallmod_fail(list->ctx, err, "out of memory");
	for (size_t i = 0; i < list->n; i++) {
		const struct kallmod_function *function = &list->functions[i];
		const struct kallmod_name_count *count =
			kallmod_name_counts_find(counts, function->name, NULL);

		if (function->mechanism == KALLMOD_MECHANISM_NO ||
		    !fn(arg, function, !count || count->symbols == 1))
			++*left_ret;
	}
	kallmod_name_counts_destroy(counts);
	return 0;
}
