// SPDX-License-Identifier: GPL-2.0-only
/* ADDR<TAB>function<TAB>module[,module…]<TAB>trust<TAB>multi|kprobe|fentry|unknown|no: reason */
#include <inttypes.h>
#include <stdio.h>

#include "probe_list.h"

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	(void)left_ret;
	for (size_t i = 0; i < list->n; i++) {
		const struct kallmod_function *function = &list->functions[i];

		printf("%016" PRIx64 "\t%s\t%s\t%s\t%s%s%s\n", function->addr, function->name,
		       kallmod_map_set_name(list->map, function->set),
		       kallmod_trust_name(function->trust),
		       kallmod_mechanism_name(function->mechanism),
		       function->reason ? ": " : "", function->reason ? function->reason : "");
	}
	return 0;
}

const struct kallmod_out_probe_list kallmod_out_probe_list_text = {.name = "text",
								   .write = write_list};
