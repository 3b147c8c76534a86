/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what the format jsonl of kallmod record writes, line by line, in bounded memory. */
#ifndef KALLMOD_RECORDING_READ_H
#define KALLMOD_RECORDING_READ_H

#include <linux/types.h>

#include "event.h"
#include "kallmod.h"

/* No line of a recording is longer: 127 frames of the longest names are about 150 kB. */
#define KALLMOD_RECLINE_MAX ((size_t)1 << 20)

enum kallmod_recline_kind { KALLMOD_RECLINE_HEADER, KALLMOD_RECLINE_SAMPLE, KALLMOD_RECLINE_FOOTER };

struct kallmod_recline_frame {
	const char *symbol; /* NULL: not known */
	const char *module; /* NULL: core */
	bool irq;	    /* an interrupt begins here: what follows was interrupted */
};

/* A line. Strings have no control characters, and live as long as the line. */
struct kallmod_recline {
	enum kallmod_recline_kind kind;
	struct {
		const char *release, *event, *source, *trust; /* "" where it does not say */
		uint64_t format, hz, period;
		struct json_object *inferred; /* module: confidence; NULL: none, or not told */
	} header;
	struct {
		enum kallmod_sample_mode mode;
		const char *charged; /* NULL: core */
		/* Leaf first; at least one, the sampled address itself. */
		struct kallmod_recline_frame frames[KALLMOD_MAX_FRAMES + 1];
		size_t nframes;
		bool stack; /* frames are a whole stack */
	} sample;
	struct {
		uint64_t samples, kernel, user, idle, unresolved, expected, lost;
		double seconds;
	} footer;
	struct json_object *json; /* owned */
};

/* Parses one line, without newline. -EINVAL: it is none; -ENOMEM. Release it in any case. */
int kallmod_recline_parse(struct kallmod_recline *line, const char *text, size_t length);
void kallmod_recline_release(struct kallmod_recline *line);

struct kallmod_recording_flaws {
	uint64_t unreadable; /* lines, left out */
	bool torn;	     /* the last of them has no end */
};

/*
 * Reads file, which messages call name: fn gets each line that can be read, the first is a
 * header; a non-zero return ends it. -EINVAL: this is no recording, or a newer one; -EIO.
 */
int kallmod_recording_read(struct kallmod_ctx *ctx, FILE *file, const char *name,
			   int (*fn)(void *arg, const struct kallmod_recline *line), void *arg,
			   struct kallmod_recording_flaws *ret);

#endif
