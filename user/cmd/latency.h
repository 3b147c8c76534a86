/* SPDX-License-Identifier: GPL-2.0-only */
/* What a histogram of powers of two says. */
#ifndef KALLMOD_LATENCY_H
#define KALLMOD_LATENCY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/types.h>

#include "event.h"
#include "probe.h"

/* Calls in the histogram: those that have ended. */
uint64_t kallmod_latency_calls(const struct kallmod_probe_latency *latency);
/*
 * The time that a share of the calls (0 to 1) did not exceed, in nanoseconds: within a slot it
 * is taken to grow evenly. 0 without calls; never above the maximum.
 */
uint64_t kallmod_latency_percentile(const struct kallmod_probe_latency *latency, double share);
/* Adds b to a. */
void kallmod_latency_add(struct kallmod_probe_latency *a, const struct kallmod_probe_latency *b);

enum { KALLMOD_LATENCY_TEXT = 16 };
/* "873ns", "1.25us", "31.4ms", "2.07s": three digits at least, seven characters at most. */
const char *kallmod_latency_text(uint64_t ns, char text[KALLMOD_LATENCY_TEXT]);
/* The slots from the first to the last that has calls, a line each, with a bar of width. */
void kallmod_latency_print(FILE *file, const struct kallmod_probe_latency *latency, int width);

#endif
