/* SPDX-License-Identifier: GPL-2.0-only */
/* Outputs of kallmod probe's views: one ops struct per format. */
#ifndef KALLMOD_OUT_PROBE_VIEWS_H
#define KALLMOD_OUT_PROBE_VIEWS_H

#include "probe_args.h"
#include "probe_table.h"

/* Where a table comes from. */
struct kallmod_out_probe_about {
	const char *view; /* "count", "latency", "stack" */
	bool by_module, latency;
	size_t attached[KALLMOD_MECHANISM_NO + 1]; /* functions, by mechanism */
	size_t functions;			   /* those that were called */
	uint64_t calls;
	double rate;
	struct kallmod_prober_totals totals;
	/* Why functions are skipped, most first; n of them. */
	const struct kallmod_out_probe_skip {
		const char *reason;
		size_t functions;
	} *skips;
	size_t nskips;
};

/* A stack and its calls, "process;frame_[k];frame_[ext4]", root first. */
struct kallmod_out_probe_stack {
	const char *folded;
	uint64_t calls;
};

/* A call, with the names of what it has numbers for. */
struct kallmod_out_probe_event {
	const struct kallmod_call_record *record;
	const char *function, *module;
	struct kallmod_probe_values *values; /* arguments and return value */
};

/* All write to standard output. */
struct kallmod_out_probe {
	void (*table)(const struct kallmod_out_probe_about *about,
		      const struct kallmod_probe_table_row *rows, size_t n);
	void (*stacks)(const struct kallmod_out_probe_about *about,
		       const struct kallmod_out_probe_stack *stacks, size_t n);
	void (*events_begin)(void);
	void (*event)(const struct kallmod_out_probe_event *event);
};
extern const struct kallmod_out_probe kallmod_out_probe_text, kallmod_out_probe_folded,
	kallmod_out_probe_json;

/* Lines of the text, for terminals too; size bytes at most, no newline. */
void kallmod_out_probe_title(bool by_module, bool latency, char *line, size_t size);
void kallmod_out_probe_row(const struct kallmod_probe_table_row *row, bool latency, char *line,
			   size_t size);

#endif
