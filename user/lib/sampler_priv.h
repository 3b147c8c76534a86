/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The sampler's parts, for sampler.c, which runs it, and sampler_counts.c, which reads it. */
#ifndef KALLMOD_SAMPLER_PRIV_H
#define KALLMOD_SAMPLER_PRIV_H

#include "follow.h"
#include "perf_set.h"
#include "sampler.h"
/* Generated; needs the types above. */
#include "profile.skel.h"

struct kallmod_sampler {
	struct kallmod_ctx *ctx;
	struct kallmod_sampler_options options;
	struct kallmod_map *map;
	struct kallmod_tables *tables;
	struct profile_bpf *skel;
	struct kallmod_perf_set perf;
	bool perf_ready;
	struct kallmod_follow *follow;
	struct ring_buffer *ring;
	int epoll_fd;
	int npossible;		 /* CPUs that per-CPU maps have values for */
	uint64_t followed_ns;	 /* when CPUs were looked at last, CLOCK_MONOTONIC */
	size_t ncounts;		 /* entries of the counts map; the last one is for unresolved */
	struct kallmod_profile_count *percpu_count; /* npossible */
	struct kallmod_profile_count *counts;	    /* ncounts */
	struct kallmod_profile_stats *percpu_stats; /* npossible */
	const struct kallmod_profile_hit *hits; /* mapped; two tables of hits_per_cpu per CPU */
	size_t hits_per_cpu, hits_bytes;
	/* Of the service call at work: */
	int (*record_fn)(void *arg, const struct kallmod_record *record);
	void *record_arg;
	bool changed; /* modules or BPF code are not those of the map */
};

#endif
