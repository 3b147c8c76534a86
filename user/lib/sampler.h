/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The sampler: loads bpf/profile.bpf.c with a map's slot table, opens a perf event per
 * online CPU, follows CPU hotplug, module load and unload and new BPF code, and hands out
 * counters and records. Internal to kallmod's programs.
 */
#ifndef KALLMOD_SAMPLER_H
#define KALLMOD_SAMPLER_H

#include <linux/types.h>

#include "event.h"
#include "kallmod_tables.h"
#include "kallmod.h"

struct kallmod_sampler;

struct kallmod_sampler_options {
	const char *event; /* -e: cycles, cpu-clock, task-clock, instructions, …, rNNN; NULL: best */
	uint64_t hz;	   /* -F; 0: default 99, unless period is set */
	uint64_t period;   /* -c; 0: by frequency */
	const char *cpus;  /* -C list, "0,2-3"; NULL: all online */
	uint32_t pid;	   /* -p thread group; 0: all */
	unsigned int flags; /* enum kallmod_profile_flag */
};

/*
 * Opens and loads, sampling off. ctx and its map's generations live in the sampler, which
 * takes over *map. On failure the map is destroyed too, and kallmod_ctx_error() says why:
 * -EPERM (which capability), -ENOSYS/-EOPNOTSUPP (no perf events, no BPF), -EINVAL (option).
 */
int kallmod_sampler_create(struct kallmod_ctx *ctx, struct kallmod_map *map,
			   const struct kallmod_sampler_options *options,
			   struct kallmod_sampler **ret);
void kallmod_sampler_destroy(struct kallmod_sampler *sampler);
int kallmod_sampler_start(struct kallmod_sampler *sampler);
/* Samples no more; counters and records stay. kallmod_sampler_resume() goes on. */
int kallmod_sampler_stop(struct kallmod_sampler *sampler);
int kallmod_sampler_resume(struct kallmod_sampler *sampler);

/*
 * One fd for poll(): readable when kallmod_sampler_service() has work: module and BPF code
 * changes, ring-buffer records.
 */
int kallmod_sampler_fd(const struct kallmod_sampler *sampler);
/*
 * Follows modules, BPF code and CPUs; calls fn per ring-buffer record (fn may be NULL; a
 * non-zero return of fn ends the call with it). Never blocks. Call it at least once a second.
 */
int kallmod_sampler_service(struct kallmod_sampler *sampler,
			    int (*fn)(void *arg, const struct kallmod_record *record), void *arg);
/* The newest generation of the map. Owned by the sampler; valid until the next service call. */
const struct kallmod_map *kallmod_sampler_map(const struct kallmod_sampler *sampler);

/* Counters since start, summed over the CPUs; per CPU through cpu >= 0. */
struct kallmod_sampler_totals {
	struct kallmod_profile_stats stats;
	uint64_t expected;   /* enabled time x Hz x CPUs; 0 with a period */
	double seconds;	     /* enabled time, mean over the CPUs */
	/* Samples that belong to no set of the map: the module area while it changes. */
	struct kallmod_profile_count unresolved;
};
int kallmod_sampler_totals(struct kallmod_sampler *sampler, int cpu,
			   struct kallmod_sampler_totals *ret);
/*
 * Counters by set id since start, indexed 0 … *n_ret-1. *counts_ret is owned by the sampler
 * and valid until the next call. cpu < 0: all CPUs summed.
 */
int kallmod_sampler_counts(struct kallmod_sampler *sampler, int cpu,
			   const struct kallmod_profile_count **counts_ret, size_t *n_ret);
/*
 * Takes (reads and empties) the hash of functions: fn per {ip, process} and CPU, so one may
 * come several times. Waits some milliseconds for samples under way. The hash has a fixed
 * size: take at least every kallmod_sampler_hits_ms().
 */
int kallmod_sampler_take_hits(struct kallmod_sampler *sampler,
			      void (*fn)(void *arg, const struct kallmod_profile_hit *hit),
			      void *arg);
/* Milliseconds in which the hash fills to a quarter at worst, at most 1000. */
int kallmod_sampler_hits_ms(const struct kallmod_sampler *sampler);
/* "cycles", "cpu-clock", …: the event in use; Hz in use (0 with a period). */
const char *kallmod_sampler_event(const struct kallmod_sampler *sampler);
uint64_t kallmod_sampler_hz(const struct kallmod_sampler *sampler);
/* Instructions that the kernel verified to load the sampler; 0 where it does not say (< 5.16). */
uint64_t kallmod_sampler_verified(const struct kallmod_sampler *sampler);
/* The kernel's run-time statistics of the sampler, while bpf_enable_stats() is on: runs, ns. */
int kallmod_sampler_run_time(const struct kallmod_sampler *sampler, uint64_t *runs_ret,
			     uint64_t *ns_ret);
/* The tables that the sampler looks up. Owned by the sampler. */
const struct kallmod_tables *kallmod_sampler_tables(const struct kallmod_sampler *sampler);
/* Online CPUs that are sampled; CPU numbers are below the second. */
size_t kallmod_sampler_cpus(const struct kallmod_sampler *sampler);
int kallmod_sampler_possible(const struct kallmod_sampler *sampler);

#endif
