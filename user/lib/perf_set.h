/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* One perf event per CPU with a BPF program attached, following CPUs that come and go. */
#ifndef KALLMOD_PERF_SET_H
#define KALLMOD_PERF_SET_H

#include "perf_event.h"

struct bpf_program;

struct kallmod_perf_cpu {
	int fd;		       /* -1: no event */
	struct bpf_link *link; /* owns fd once attached */
};

struct kallmod_perf_set {
	struct kallmod_ctx *ctx;
	const struct bpf_program *program;
	struct perf_event_attr attr;
	char name[32];	       /* the event, for errors and screens */
	cpu_set_t wanted;      /* -C */
	struct kallmod_perf_cpu *cpus; /* ncpus of them, by CPU number */
	size_t ncpus;
	uint64_t enabled_ns;   /* of CPUs that went away */
};

/*
 * Chooses the event (name NULL: cycles where the machine counts them, else cpu-clock) by
 * opening it once. hz and period as in struct kallmod_sampler_options.
 */
int kallmod_perf_set_init(struct kallmod_perf_set *set, struct kallmod_ctx *ctx,
			  const char *name, uint64_t hz, uint64_t period, const char *cpus);
void kallmod_perf_set_deinit(struct kallmod_perf_set *set);
/* Opens, attaches and enables on every wanted CPU that is online. */
int kallmod_perf_set_start(struct kallmod_perf_set *set, const struct bpf_program *program);
/* Enables or disables all; the counts stay readable. */
void kallmod_perf_set_switch(struct kallmod_perf_set *set, bool on);
/* Adds events on CPUs that came online, drops those of CPUs that went. */
void kallmod_perf_set_follow(struct kallmod_perf_set *set);
/* Nanoseconds enabled, summed over CPUs (cpu < 0) or of one. */
uint64_t kallmod_perf_set_enabled(const struct kallmod_perf_set *set, int cpu);
size_t kallmod_perf_set_count(const struct kallmod_perf_set *set);

#endif
