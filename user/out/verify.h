/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of kallmod verify. */
#ifndef KALLMOD_OUT_VERIFY_H
#define KALLMOD_OUT_VERIFY_H

#include "compare.h"

struct kallmod_confusion {
	const char *truth, *map;
	uint64_t bytes;
};

/* A module of the truth, or one that only the map has. */
struct kallmod_verify_row {
	const char *module;
	struct kallmod_tally tally; /* core unused */
	const char *wrong_as;	    /* what most of its wrong bytes were taken for, or NULL */
	uint64_t wrong_bytes;
};

struct kallmod_out_verify {
	/* rows: most bytes that do not agree first */
	void (*print)(const struct kallmod_tally *tally, const struct kallmod_verify_row *rows,
		      size_t n);
};
extern const struct kallmod_out_verify kallmod_out_verify_text, kallmod_out_verify_json;

#endif
