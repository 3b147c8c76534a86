/* SPDX-License-Identifier: GPL-2.0-only */
/* kallmod probe without --list: attaches, and shows what the functions do. */
#ifndef KALLMOD_PROBE_LIVE_H
#define KALLMOD_PROBE_LIVE_H

#include <argp.h>

#include "kallmod.h"

enum kallmod_probe_view {
	KALLMOD_PROBE_VIEW_COUNT,
	KALLMOD_PROBE_VIEW_LATENCY,
	KALLMOD_PROBE_VIEW_STACK,
	KALLMOD_PROBE_VIEW_EVENTS,
};

enum kallmod_probe_sort {
	KALLMOD_PROBE_SORT_CALLS,
	KALLMOD_PROBE_SORT_RATE,  /* calls of the last interval */
	KALLMOD_PROBE_SORT_TOTAL, /* time; latency alone */
	KALLMOD_PROBE_SORT_SELF,
	KALLMOD_PROBE_SORT_AVERAGE,
	KALLMOD_PROBE_SORT_MAX,
	KALLMOD_PROBE_SORT_FUNCTION,
	KALLMOD_PROBE_SORT_MODULE,
};

/* All zero is the default of everything. */
struct kallmod_probe_live_options {
	enum kallmod_probe_view view;
	bool view_given;
	bool json; /* --json is an option of this parser; --list may read it here */
	bool by_module;
	bool stack_text;  /* --stack=text: for the eye, not folded */
	bool no_return;	  /* --events: entries alone */
	bool sort_given;
	enum kallmod_probe_sort sort;
	size_t top;	  /* rows; 0: all (as many as fit on a terminal) */
	size_t kprobe_limit; /* 0: the library's */
	double seconds;	  /* -d; 0: until a signal */
	double interval;  /* -i; 0: one table at the end, or every second on a terminal */
	uint32_t pid;	  /* 0: all */
	const char *comm, *cgroup; /* NULL: all */
};

/*
 * Views and filters, with -d, -i, -p and --json: for an argp child whose input is a
 * struct kallmod_probe_live_options *.
 */
extern const struct argp kallmod_probe_live_argp;
/*
 * Attaches to what query finds and shows it until -d, a signal, or q on a terminal. 0, or a
 * negative errno with its line in kallmod_ctx_error().
 */
int kallmod_probe_live(struct kallmod_ctx *ctx, const struct kallmod_function_query *query,
		       const struct kallmod_probe_live_options *options);

#endif
