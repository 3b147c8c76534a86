/* SPDX-License-Identifier: GPL-2.0-only */
/* kallmod probe on a terminal: a table that is refreshed, until q, a signal or the end. */
#ifndef KMODTOP_PROBE_SCREEN_H
#define KMODTOP_PROBE_SCREEN_H

#include "probe_table.h"

struct kmodtop_probe_screen {
	struct kallmod_ctx *ctx;
	struct kallmod_prober *prober;
	struct kallmod_probe_table *table;
	const char *what;    /* what is attached, for the first line */
	bool latency;
	double interval;     /* seconds */
	uint64_t end_ns;     /* CLOCK_MONOTONIC; 0: none */
	const int *end_fds;  /* what ends it when it can be read; -1: none */
	size_t nend_fds;     /* two at most */
};

/* The terminal is given back before it returns. */
int kmodtop_probe_screen_run(const struct kmodtop_probe_screen *screen);

#endif
