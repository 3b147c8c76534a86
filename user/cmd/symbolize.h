/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of the sampler, with the names of their functions and modules. */
#ifndef KALLMOD_SYMBOLIZE_H
#define KALLMOD_SYMBOLIZE_H

#include "names.h"
#include "recording.h"

struct kallmod_symbolizer {
	struct kallmod_names names;
	struct kallmod_recording_frame frames[KALLMOD_MAX_FRAMES + 1];
};

/* Reads the symbols. ctx and its symbols must outlive the symbolizer. */
int kallmod_symbolizer_init(struct kallmod_symbolizer *symbolizer, struct kallmod_ctx *ctx);
void kallmod_symbolizer_deinit(struct kallmod_symbolizer *symbolizer);
/* Frames and their strings live until the next call, or until the map does not. */
void kallmod_symbolize(struct kallmod_symbolizer *symbolizer, const struct kallmod_map *map,
		       const struct kallmod_record *record,
		       struct kallmod_recording_sample *ret);

#endif
