/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What functions that need a probe of their own cost, and how many there may be of them. */
#ifndef KALLMOD_ATTACH_COST_H
#define KALLMOD_ATTACH_COST_H

enum {
	KALLMOD_KPROBE_LIMIT = 500, /* unless it is raised */
	KALLMOD_ATTACH_MS = 22,	    /* each, about; seen: 16 to 28 */
	KALLMOD_DETACH_MS = 75,	    /* 51 to 104: until nothing can be running it any more */
};

#endif
