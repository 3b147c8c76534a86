/* SPDX-License-Identifier: GPL-2.0-only */
/* kmodtop without a terminal: screens one after the other on standard output. */
#ifndef KMODTOP_BATCH_H
#define KMODTOP_BATCH_H

#include "session.h"

/* How a screen is printed: one struct per format. */
struct kmodtop_format {
	/* -errno when standard output takes no more. */
	int (*print)(struct kmodtop_session *session);
};
extern const struct kmodtop_format kmodtop_format_text, kmodtop_format_json;

/*
 * Prints options.screens screens (0: until a signal), options.delay apart. SIGINT and SIGTERM
 * end the interval at work early: it is printed, and is the last.
 */
int kmodtop_batch_run(struct kmodtop_session *session, const struct kmodtop_format *format);

#endif
