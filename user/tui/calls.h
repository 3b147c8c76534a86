/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of functions as lines: for kmodtop and for kallmod probe on a terminal. */
#ifndef KMODTOP_CALLS_H
#define KMODTOP_CALLS_H

#include "lines.h"
#include "probe_table.h"

/* A title line and a row per function or module that was called. */
void kmodtop_lines_calls(struct kmodtop_lines *lines, struct kallmod_probe_table *table,
			 bool latency);
const char *kmodtop_calls_sort_name(enum kallmod_probe_sort sort);
/* A key that sorts: true, and *ret; times are for latencies alone. */
bool kmodtop_calls_sort_key(int key, bool latency, enum kallmod_probe_sort *ret);

#endif
