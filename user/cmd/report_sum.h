/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums samples up by module and by function, in bounded memory. */
#ifndef KALLMOD_REPORT_SUM_H
#define KALLMOD_REPORT_SUM_H

#include "recording_read.h"
#include "report.h"

struct kallmod_report_sum;

/* -ENOMEM */
int kallmod_report_sum_create(struct kallmod_report_sum **ret);
void kallmod_report_sum_destroy(struct kallmod_report_sum *sum);
/*
 * Adds a sample of the kernel. A recording with more names than any kernel has is summed up
 * as "(others)" from there on. -ENOMEM.
 */
int kallmod_report_sum_add(struct kallmod_report_sum *sum, const struct kallmod_recline *line);

enum kallmod_report_sort {
	KALLMOD_REPORT_CHARGED,
	KALLMOD_REPORT_SELF,
	KALLMOD_REPORT_TOTAL,
	KALLMOD_REPORT_NAME,
};

/* The modules, sorted, with at most max functions each. Owned by the sum. -ENOMEM. */
int kallmod_report_sum_modules(struct kallmod_report_sum *sum, enum kallmod_report_sort sort,
			       size_t max, struct kallmod_report_module **ret,
			       size_t *n_ret);

#endif
