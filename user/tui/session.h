/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of kmodtop: the sampler, the model that it feeds, and the names of functions. */
#ifndef KMODTOP_SESSION_H
#define KMODTOP_SESSION_H

#include "lines.h"
#include "model.h"
#include "names.h"
#include "sampler.h"
#include "session_calls.h"

struct kmodtop_options {
	double delay; /* seconds between screens */
	long screens; /* -n; 0: without end */
	bool batch, json, stacks, color;
	double min_confidence;
	enum kmodtop_sort sort;
	bool sort_given;
	struct kallmod_sampler_options sampler;
};

struct kmodtop_session {
	struct kallmod_ctx *ctx; /* the caller's */
	struct kmodtop_options options;
	struct kallmod_sampler *sampler;
	struct kmodtop_model *model;
	struct kmodtop_about about;
	struct kallmod_names names;	 /* of functions */
	uint64_t taken_ns;		 /* when functions were taken from the kernel */
	struct kmodtop_calls calls;	 /* of a module's functions, while somebody looks */
	bool per_cpu; /* ticks fill the model's CPUs, too */
};

/*
 * Builds the map, loads the sampler and starts it; the functions' names are read afterwards,
 * so that sampling begins early. On failure there is nothing to close.
 */
int kmodtop_session_open(struct kmodtop_session *session, struct kallmod_ctx *ctx,
			 const struct kmodtop_options *options);
void kmodtop_session_close(struct kmodtop_session *session);
/* Follows modules and CPUs, collects functions; call it when the sampler's fd is readable. */
int kmodtop_session_service(struct kmodtop_session *session);
/* Ends an interval: the model has its counters. */
int kmodtop_session_tick(struct kmodtop_session *session);
/*
 * Waits until deadline_ns (CLOCK_MONOTONIC), servicing the sampler, or until one of fds (n of
 * them, -1: none) can be read: *ret is its index then, else -1.
 */
int kmodtop_session_wait(struct kmodtop_session *session, uint64_t deadline_ns, const int *fds,
			 int n, int *ret);

#endif
