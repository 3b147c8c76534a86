/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that kallmod record writes: one ops struct per format, in one table. */
#ifndef KALLMOD_OUT_RECORDING_H
#define KALLMOD_OUT_RECORDING_H

#include "sampler.h"

/* What "format" in a recording's header says; a reader refuses a higher one. */
enum { KALLMOD_RECORDING_FORMAT = 1 };

struct kallmod_recording_header {
	const char *release, *event, *source, *trust;
	const char *boot_id; /* NULL: not known */
	uint64_t hz, period; /* one of them is 0 */
	bool stacks;
	const struct kallmod_map *map; /* which modules are inferred, and how surely */
};

struct kallmod_recording_frame {
	uint64_t ip;	    /* as sampled: return addresses are one behind the call */
	const char *symbol; /* NULL: not known */
	uint64_t offset;    /* of ip in symbol */
	const char *module; /* "ext4", "a,b", "unresolved"; NULL: core, or user space */
	bool irq;	    /* an interrupt begins here: what follows was interrupted */
};

struct kallmod_recording_sample {
	const struct kallmod_record *record;
	const char *charged; /* as module of a frame */
	/* Leaf first; at least one, the sampled address itself. */
	const struct kallmod_recording_frame *frames;
	size_t nframes;
	bool stack; /* frames are a whole stack */
};

/* Returns are 0 or negative errno; errors of the file are left for ferror(). */
struct kallmod_out_recording {
	const char *name;
	const char *path; /* where it goes unless -o says otherwise */
	bool user_samples; /* it has a place for them */
	/* State between the calls; NULL state is for formats that need none. */
	int (*create)(void **state_ret);
	void (*destroy)(void *state);
	int (*header)(void *state, FILE *file, const struct kallmod_recording_header *header);
	int (*sample)(void *state, FILE *file, const struct kallmod_recording_sample *sample);
	int (*footer)(void *state, FILE *file, const struct kallmod_sampler_totals *totals);
};

extern const struct kallmod_out_recording kallmod_out_recording_jsonl,
	kallmod_out_recording_folded;

#endif
