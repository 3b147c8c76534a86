/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of kallmod report. */
#ifndef KALLMOD_OUT_REPORT_H
#define KALLMOD_OUT_REPORT_H

#include "kallmod.h"

struct kallmod_report_row {
	const char *name;
	uint64_t self, charged, total; /* samples */
};

struct kallmod_report_module {
	struct kallmod_report_row row;
	const struct kallmod_report_row *functions; /* what is to be shown of them */
	size_t nfunctions;
	size_t hidden; /* functions that are not */
	double confidence; /* where it is inferred; below 0: it is not, or nobody said */
};

struct kallmod_report {
	const char *release, *event, *source, *trust;
	uint64_t hz, period;
	bool stacks; /* charged and total say more than self */
	bool whole;  /* the recording has its end: seconds, expected, lost and the like are known */
	double seconds;
	uint64_t samples, kernel, user, idle, unresolved, expected, lost;
	uint64_t recorded;   /* samples of the kernel in the recording: what percentages are of */
	uint64_t unreadable; /* lines */
	const struct kallmod_report_module *modules;
	size_t nmodules;
	size_t hidden; /* modules that are inferred with less confidence than was asked for */
};

struct kallmod_out_report {
	size_t functions; /* of each module, unless the user says how many */
	void (*print)(const struct kallmod_report *report);
};
extern const struct kallmod_out_report kallmod_out_report_text, kallmod_out_report_json;

#endif
