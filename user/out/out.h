/* SPDX-License-Identifier: GPL-2.0-only */
/* Outputs of the map commands: one ops struct per format, chosen once, by name. */
#ifndef KALLMOD_OUT_H
#define KALLMOD_OUT_H

#include "kallmod.h"

/* kallmod map: which ranges are written. */
struct kallmod_out_choice {
	bool data;	  /* those of data too */
	const bool *sets; /* those of module sets where this is true; NULL: all */
};
bool kallmod_out_chosen(const struct kallmod_out_choice *choice,
			const struct kallmod_range *range);

struct kallmod_out_map {
	const char *name;
	/* Writes to stdout; 0, or a negative errno with a line in kallmod_ctx_error(). */
	int (*write)(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		     const struct kallmod_out_choice *choice);
};
extern const struct kallmod_out_map kallmod_out_map_text, kallmod_out_map_json,
	kallmod_out_map_ranges;

/* kallmod modules: one row per module set, biggest first. */
struct kallmod_out_module {
	const char *name;
	enum kallmod_kind kind;
	uint64_t functions, bytes; /* text */
	const char *source, *trust;
	double confidence; /* weighted by bytes */
};
struct kallmod_out_modules {
	void (*begin)(void);
	void (*row)(const struct kallmod_out_module *module);
	void (*end)(void);
};
extern const struct kallmod_out_modules kallmod_out_modules_text, kallmod_out_modules_json;

/* kallmod sources */
struct kallmod_out_sources {
	void (*begin)(const char *release);
	void (*row)(const struct kallmod_source_report *report);
	void (*end)(void);
};
extern const struct kallmod_out_sources kallmod_out_sources_text, kallmod_out_sources_json;

/* kallmod addr: module NULL for the core or an unknown address, symbol NULL for none. */
struct kallmod_out_addr_row {
	uint64_t addr;
	const char *symbol;
	uint64_t offset, size;
	const char *module, *source, *trust;
	double confidence;
};
struct kallmod_out_addr {
	void (*begin)(void);
	void (*row)(const struct kallmod_out_addr_row *row);
	void (*end)(void);
};
extern const struct kallmod_out_addr kallmod_out_addr_text, kallmod_out_addr_json;

const char *kallmod_source_state_name(enum kallmod_source_state state);

#endif
