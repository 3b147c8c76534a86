/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Screens as lines of text with a look each: what the terminal paints and --batch prints.
 * Nothing here knows a terminal but its width.
 */
#ifndef KMODTOP_LINES_H
#define KMODTOP_LINES_H

#include "model.h"

enum kmodtop_look {
	KMODTOP_LOOK_PLAIN,
	KMODTOP_LOOK_TITLE,   /* column heads */
	KMODTOP_LOOK_EXACT,   /* a row whose module is certain */
	KMODTOP_LOOK_INFERRED,
	KMODTOP_LOOK_CORE,
	KMODTOP_LOOK_WARNING,
};

struct kmodtop_line {
	enum kmodtop_look look;
	char text[1024]; /* UTF-8, or ASCII where that is not wanted */
};

struct kmodtop_lines {
	struct kmodtop_line *at;
	size_t n, capacity;
};

void kmodtop_lines_deinit(struct kmodtop_lines *lines);
void kmodtop_lines_clear(struct kmodtop_lines *lines);
/* Without memory the line is left out. */
void kmodtop_lines_add(struct kmodtop_lines *lines, enum kmodtop_look look, const char *format,
		       ...) __attribute__((format(printf, 3, 4)));

/* What the header says beside the model's figures. */
struct kmodtop_about {
	const char *release, *event;
	uint64_t hz, period;
	const char *source; /* of the map */
	enum kallmod_trust trust;
	double delay;
	bool utf8; /* sparklines in block characters */
};

/* Kernel, event, samples, where the map is from; 2 lines from 100 columns on, else 3 or 4. */
void kmodtop_lines_header(struct kmodtop_lines *lines, struct kmodtop_model *model,
			  const struct kmodtop_about *about, size_t width);
/* A title line and a row per module; the columns that have no room are left out. */
void kmodtop_lines_modules(struct kmodtop_lines *lines, struct kmodtop_model *model,
			   const struct kmodtop_about *about, size_t width);
/* The same for the functions of a set, the processes of a function, and the CPUs. */
void kmodtop_lines_functions(struct kmodtop_lines *lines, struct kmodtop_model *model,
			     uint32_t set, size_t width);
void kmodtop_lines_processes(struct kmodtop_lines *lines, struct kmodtop_model *model,
			     uint32_t set, uint64_t addr, size_t width);
void kmodtop_lines_cpus(struct kmodtop_lines *lines, struct kmodtop_model *model, size_t width);
void kmodtop_lines_help(struct kmodtop_lines *lines);

#endif
