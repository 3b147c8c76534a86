// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "calls.h"
#include "probe_views.h"

static enum kmodtop_look look_of(const struct kallmod_probe_table_row *row)
{
	if (row->trust == KALLMOD_TRUST_INFERRED && row->set)
		return KMODTOP_LOOK_INFERRED;
	return row->set ? KMODTOP_LOOK_EXACT : KMODTOP_LOOK_CORE;
}

void kmodtop_lines_calls(struct kmodtop_lines *lines, struct kallmod_probe_table *table,
			 bool latency)
{
	const struct kallmod_probe_table_row *rows;
	size_t n = kallmod_probe_table_rows(table, &rows);
	char line[1024];

	kallmod_out_probe_title(kallmod_probe_table_by_module(table), latency, line, sizeof(line));
	kmodtop_lines_add(lines, KMODTOP_LOOK_TITLE, "%s", line);
	for (size_t i = 0; i < n; i++) {
		kallmod_out_probe_row(&rows[i], latency, line, sizeof(line));
		kmodtop_lines_add(lines, look_of(&rows[i]), "%s", line);
	}
}

/* In the order of enum kallmod_probe_sort. */
static const struct {
	int key;
	const char *name;
	bool latency; /* for latencies alone */
} sorts[] = {
	{'c', "calls", false},	 {'r', "calls/s", false}, {'t', "total", true},
	{'s', "self", true},	 {'a', "average", true},  {'x', "maximum", true},
	{'f', "function", false}, {'m', "module", false},
};

const char *kmodtop_calls_sort_name(enum kallmod_probe_sort sort)
{
	return sorts[sort].name;
}

bool kmodtop_calls_sort_key(int key, bool latency, enum kallmod_probe_sort *ret)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		if (sorts[i].key != key || (sorts[i].latency && !latency))
			continue;
		*ret = i;
		return true;
	}
	return false;
}
