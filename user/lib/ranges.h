/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The format of modules.builtin.ranges (Linux 6.12, scripts/generate_builtin_ranges.awk). */
#ifndef KALLMOD_RANGES_H
#define KALLMOD_RANGES_H

#include "file.h"

#define KALLMOD_RANGES_MODULES_MAX 255

/* One line. An anchor has a symbol and no modules; a range has modules and no symbol. */
struct kallmod_ranges_line {
	const char *section; /* ".text" */
	/*
	 * Offsets in the section, [start, end); an anchor's are equal. Kernels have a few lines
	 * whose end lies before the start: the generator loses the end of a range that is the
	 * last thing in a subsection (seen in 6.12: .cpuidle.text). They say where nothing is.
	 */
	uint64_t start, end;
	const char *symbol;
	const char *modules[KALLMOD_RANGES_MODULES_MAX];
	size_t module_count;
};

/* Streams the file; fn's strings live for the call; a non-zero return of fn ends it. -EINVAL. */
int kallmod_ranges_stream(struct kallmod_reader *reader,
			  int (*fn)(void *arg, const struct kallmod_ranges_line *line),
			  void *arg);

/*
 * Adds what reader has to an empty map, put at its addresses through the anchors among the
 * context's symbols: what the source "ranges" does with its file, and for other sources with
 * that id. A sidecar says how far they can be trusted; without one, NULL, they are exact. The
 * returned values are those of a source's load().
 */
struct kallmod_sidecar;
int kallmod_ranges_place(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id,
			 struct kallmod_reader *reader, const struct kallmod_sidecar *sidecar,
			 char **why_ret);

#endif
