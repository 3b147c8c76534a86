/* SPDX-License-Identifier: GPL-2.0-only */
/* What a prober says of itself: how much is attached, and what is left out and why. */
#ifndef KALLMOD_PROBE_ABOUT_H
#define KALLMOD_PROBE_ABOUT_H

#include "probe_views.h"
#include "prober.h"

enum { KALLMOD_PROBE_REASONS = 8 };

struct kallmod_probe_about {
	struct kallmod_out_probe_about about;
	struct kallmod_out_probe_skip skips[KALLMOD_PROBE_REASONS]; /* about's; the last: others */
	size_t rows, skipped;
};

/* Fills what the prober knows; view, sums and the rest are the caller's. */
int kallmod_probe_about_read(struct kallmod_probe_about *into, struct kallmod_prober *prober);
/* "586 functions by kprobe.multi; 12 skipped: 10 notrace, 2 blacklisted". size: 512 at least. */
const char *kallmod_probe_about_text(const struct kallmod_probe_about *about, char *text,
				     size_t size);
/* Probes of their own that are attached, or, before that, will be. */
size_t kallmod_probe_singles(const struct kallmod_prober *prober, bool attached);
/* What the kernel takes for so many, in seconds: about. */
double kallmod_probe_attach_seconds(size_t singles);
double kallmod_probe_detach_seconds(size_t singles);

#endif
