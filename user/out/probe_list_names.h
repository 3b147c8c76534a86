/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lists for tools that know functions by their names have in common. */
#ifndef KALLMOD_OUT_PROBE_LIST_NAMES_H
#define KALLMOD_OUT_PROBE_LIST_NAMES_H

#include "probe_list.h"

/*
 * Hands out each function that can be probed, as far as that is known; unique: no other has its
 * name. fn returns false for what it cannot express; that and the others are counted in *left_ret.
 */
int kallmod_probe_list_each(const struct kallmod_probe_list *list,
			    bool (*fn)(void *arg, const struct kallmod_function *function,
				       bool unique),
			    void *arg, size_t *left_ret);

#define KALLMOD_PROBE_LIST_LEFT \
	"they cannot be probed, or have a name that is another function's, too"

#endif
