/* SPDX-License-Identifier: GPL-2.0-only */
/* Outputs of kallmod probe --list: one ops struct per format, chosen once, by name. */
#ifndef KALLMOD_OUT_PROBE_LIST_H
#define KALLMOD_OUT_PROBE_LIST_H

#include "kallmod.h"

struct kallmod_probe_list {
	struct kallmod_ctx *ctx;
	const struct kallmod_map *map;
	const struct kallmod_function *functions; /* in address order */
	size_t n;
};

struct kallmod_out_probe_list {
	const char *name;
	/*
	 * For other tools: those functions alone that can be probed, as far as that is known;
	 * what the format cannot express is left out and counted in *left_ret, and left says why.
	 */
	const char *left;
	/* Writes to stdout; 0, or a negative errno with a line in kallmod_ctx_error(). */
	int (*write)(const struct kallmod_probe_list *list, size_t *left_ret);
};

/* All of them, NULL-terminated. */
extern const struct kallmod_out_probe_list *const kallmod_out_probe_lists[];
extern const struct kallmod_out_probe_list kallmod_out_probe_list_text,
	kallmod_out_probe_list_json, kallmod_out_probe_list_bpftrace,
	kallmod_out_probe_list_ftrace, kallmod_out_probe_list_trace_cmd,
	kallmod_out_probe_list_perf, kallmod_out_probe_list_retsnoop;

#endif
