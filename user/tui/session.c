// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ctx.h"
#include "session.h"

enum {
	MAX_FDS = 4,
};

/* For whoever measures the start from outside: the wall clock at the first sample. */
static void tell_start(const struct kmodtop_session *session)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	kallmod_log(session->ctx, KALLMOD_LOG_INFO, "sampling since %lld.%06ld",
		    (long long)now.tv_sec, now.tv_nsec / 1000);
}

static void describe(struct kmodtop_session *session)
{
	const struct kallmod_map *map = kallmod_sampler_map(session->sampler);

	session->about = (struct kmodtop_about){
		.release = kallmod_ctx_release(session->ctx),
		.event = kallmod_sampler_event(session->sampler),
		.hz = kallmod_sampler_hz(session->sampler),
		.period = session->options.sampler.period,
		.source = kallmod_map_source(map),
		.trust = kallmod_map_trust(map),
		.delay = session->options.delay,
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}

static int start(struct kmodtop_session *session)
{
	struct kallmod_sampler_options *options = &session->options.sampler;
	struct kallmod_map *map;
	int err;

	options->flags = KALLMOD_PROFILE_COUNT;
	if (session->options.stacks)
		options->flags |= KALLMOD_PROFILE_STACKS;
	err = kallmod_map_build(session->ctx, &map);
	if (!err)
		err = kallmod_sampler_create(session->ctx, map, options, &session->sampler);
	if (!err)
		err = kallmod_sampler_start(session->sampler);
	if (!err)
		tell_start(session);
	return err ? err : kmodtop_session_service(session);
}

/* No names is no failure: addresses stand for the functions, and the modules are right. */
static void read_names(struct kmodtop_session *session)
{
	if (kallmod_names_init(&session->names, session->ctx))
		kallmod_log(session->ctx, KALLMOD_LOG_WARN, "functions have no names: %s",
			    kallmod_ctx_error(session->ctx));
}

int kmodtop_session_open(struct kmodtop_session *session, struct kallmod_ctx *ctx,
			 const struct kmodtop_options *options)
{
	int err;

	*session = (struct kmodtop_session){.ctx = ctx, .options = *options};
	session->model = kmodtop_model_create(options->stacks);
	if (!session->model)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	err = start(session);
	if (err) {
		kmodtop_session_close(session);
		return err;
	}
	if (options->sort_given)
		kmodtop_model_sort(session->model, options->sort);
	kmodtop_model_min_confidence(session->model, options->min_confidence);
	describe(session);
	read_names(session);
	return 0;
}

void kmodtop_session_close(struct kmodtop_session *session)
{
	kmodtop_calls_deinit(&session->calls);
	kallmod_sampler_destroy(session->sampler);
	kmodtop_model_destroy(session->model);
	kallmod_names_deinit(&session->names);
	*session = (struct kmodtop_session){};
}

static void take_hit(void *model, const struct kallmod_profile_hit *hit)
{
	kmodtop_model_hit(model, hit);
}

static int take_hits(struct kmodtop_session *session)
{
	session->taken_ns = kallmod_now_ns();
	return kallmod_sampler_take_hits(session->sampler, take_hit, session->model);
}

int kmodtop_session_service(struct kmodtop_session *session)
{
	uint64_t since = kallmod_now_ns() - session->taken_ns;
	int err = kallmod_sampler_service(session->sampler, NULL, NULL);

	if (!err && since >= kallmod_sampler_hits_ms(session->sampler) * 1000000ull)
		err = take_hits(session);
	return err ? err : kmodtop_calls_service(&session->calls);
}

static int tick_cpus(struct kmodtop_session *session)
{
	const struct kallmod_map *map = kallmod_sampler_map(session->sampler);
	const struct kallmod_profile_count *counts;
	struct kallmod_sampler_totals totals;
	size_t n;

	for (int cpu = 0; cpu < kallmod_sampler_possible(session->sampler); cpu++) {
		int err = kallmod_sampler_totals(session->sampler, cpu, &totals);

		if (!err && totals.stats.samples)
			err = kallmod_sampler_counts(session->sampler, cpu, &counts, &n);
		else if (!err)
			continue;
		if (!err)
			err = kmodtop_model_tick_cpu(session->model, cpu, map, counts, n,
						     &totals.stats);
		if (err)
			return err;
	}
	return 0;
}

int kmodtop_session_tick(struct kmodtop_session *session)
{
	const struct kallmod_profile_count *counts;
	struct kallmod_sampler_totals totals;
	size_t n;
	int err = kmodtop_session_service(session);

	if (!err)
		err = take_hits(session);
	if (!err)
		err = kallmod_sampler_totals(session->sampler, -1, &totals);
	if (!err)
		err = kallmod_sampler_counts(session->sampler, -1, &counts, &n);
	kmodtop_model_symbols(session->model, kallmod_names_symbols(&session->names));
	if (!err)
		err = kmodtop_model_tick(session->model, kallmod_sampler_map(session->sampler),
					 counts, n, &totals);
	if (!err && session->per_cpu)
		err = tick_cpus(session);
	if (!err)
		err = kmodtop_calls_tick(&session->calls);
	/* Modules and BPF programs that came after the symbols were read. */
	if (!err && kmodtop_model_unnamed(session->model))
		kallmod_names_refresh(&session->names);
	return err;
}

int kmodtop_session_wait(struct kmodtop_session *session, uint64_t deadline_ns, const int *fds,
			 int n, int *ret)
{
	struct pollfd polls[MAX_FDS + 1] = {{.fd = kallmod_sampler_fd(session->sampler),
					     .events = POLLIN}};

	for (int i = 0; i < n; i++)
		polls[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	for (;;) {
		uint64_t longest = kallmod_sampler_hits_ms(session->sampler);
		uint64_t now = kallmod_now_ns();
		uint64_t left = now < deadline_ns ? (deadline_ns - now + 999999) / 1000000 : 0;
		int err, ready = poll(polls, n + 1, left < longest ? left : longest);

		if (ready < 0 && errno != EINTR)
			return kallmod_fail(session->ctx, -errno, "poll: %s", strerror(errno));
		err = kmodtop_session_service(session);
		if (err)
			return err;
		*ret = -1;
		for (int i = 0; ready > 0 && i < n && *ret < 0; i++)
			*ret = polls[i + 1].revents ? i : -1;
		if (*ret >= 0 || !left)
			return 0;
	}
}
