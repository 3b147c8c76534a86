// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a sample costs in the kernel. The variants of the sampler run at the same time on the
 * same CPUs, each with its own perf events, so that a noisy machine is noisy for all of them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_lookup.h"
#include "cleanup.h"
#include "ctx.h"
#include "sampler.h"

enum { MAX_ROUNDS = 32 };
enum variant { COUNT_ONLY, SELF, STACK_ONLY, FULL, VARIANTS };

static const unsigned int variant_flags[VARIANTS] = {
	[COUNT_ONLY] = KALLMOD_PROFILE_COUNT | KALLMOD_PROFILE_STOP_AFTER_COUNT,
	[SELF] = KALLMOD_PROFILE_COUNT,
	[STACK_ONLY] = KALLMOD_PROFILE_COUNT | KALLMOD_PROFILE_STACKS |
		       KALLMOD_PROFILE_STOP_AFTER_STACK,
	[FULL] = KALLMOD_PROFILE_COUNT | KALLMOD_PROFILE_STACKS,
};

/*
 * Of one frequency, the variants would sample in one interrupt, in one order, and whoever
 * comes first would find the caches cold for all.
 */
static const unsigned int variant_hz[VARIANTS] = {983, 991, 997, 999};

/* A process that keeps one CPU in the kernel: files, their pages, and a pipe. */
static void burn(void)
{
	char path[] = "/tmp/kallmod-bench-XXXXXX", block[4096] = "";
	int file = mkstemp(path), pipes[2];

	if (file >= 0)
		unlink(path);
	if (file < 0 || pipe(pipes))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0;; i++) {
		off_t at = (off_t)(i % 1024) * sizeof(block);

		if (pwrite(file, block, sizeof(block), at) < 0 ||
		    pread(file, block, sizeof(block), at) < 0 ||
		    write(pipes[1], block, 64) < 0 || read(pipes[0], block, 64) < 0)
			_exit(1);
		if (i % 65536 == 65535 && ftruncate(file, 0))
			_exit(1);
	}
}

struct load {
	pid_t *pids;
	size_t n;
};

static void load_stop(struct load *load)
{
	for (size_t i = 0; i < load->n; i++) {
		kill(load->pids[i], SIGKILL);
		waitpid(load->pids[i], NULL, 0);
	}
	free(load->pids);
	*load = (struct load){};
}

static int load_start(struct load *load)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	load->pids = calloc(cpus, sizeof(*load->pids));
	if (!load->pids)
		return -ENOMEM;
	while (load->n < (size_t)cpus) {
		pid_t pid = fork();

		if (pid < 0)
			return -errno;
		if (!pid)
			burn();
		load->pids[load->n++] = pid;
	}
	return 0;
}

struct round {
	double count_ns, self_ns, stack_only_ns, walk_ns;
	uint64_t samples, expected, lost;
};

struct variants {
	struct kallmod_sampler *samplers[VARIANTS];
};

static void variants_close(struct variants *variants)
{
	for (size_t i = 0; i < VARIANTS; i++)
		kallmod_sampler_destroy(variants->samplers[i]);
}

static int variants_open(struct variants *variants, struct kallmod_ctx *ctx)
{
	for (size_t i = 0; i < VARIANTS; i++) {
		struct kallmod_sampler_options options = {.hz = variant_hz[i],
							  .flags = variant_flags[i]};
		struct kallmod_map *map;
		int err = kallmod_map_build(ctx, &map);

		if (!err)
			err = kallmod_sampler_create(ctx, map, &options, &variants->samplers[i]);
		if (err)
			return err;
	}
	return 0;
}

/* Mean ns per run of a variant, and the share of its samples that were in the kernel. */
static int variant_mean(struct kallmod_sampler *sampler, double *mean_ret, double *kernel_ret,
			struct kallmod_sampler_totals *totals)
{
	uint64_t runs, ns;
	int err = kallmod_sampler_run_time(sampler, &runs, &ns);

	if (!err)
		err = kallmod_sampler_totals(sampler, -1, totals);
	if (err)
		return err;
	*mean_ret = runs ? (double)ns / runs : 0;
	*kernel_ret = totals->stats.samples ?
			      (double)totals->stats.kernel / totals->stats.samples : 0;
	return 0;
}

/* User and idle samples cost the same in every variant: the difference is the kernel's. */
static int read_round(struct variants *variants, struct kallmod_ctx *ctx, struct round *round)
{
	double mean[VARIANTS], kernel[VARIANTS];
	struct kallmod_sampler_totals totals;

	for (size_t i = 0; i < VARIANTS; i++) {
		int err = variant_mean(variants->samplers[i], &mean[i], &kernel[i], &totals);

		if (err)
			return err;
		round->samples += totals.stats.samples;
		round->expected += totals.expected;
		round->lost += totals.stats.lost;
	}
	if (kernel[FULL] < 0.05 || !mean[FULL])
		return kallmod_fail(ctx, -ENODATA,
				    "too few kernel samples, or no BPF run-time statistics (Linux 5.8)");
	round->count_ns = mean[COUNT_ONLY];
	round->self_ns = (mean[SELF] - mean[COUNT_ONLY]) / kernel[SELF];
	round->stack_only_ns = (mean[STACK_ONLY] - mean[COUNT_ONLY]) / kernel[STACK_ONLY];
	round->walk_ns = (mean[FULL] - mean[STACK_ONLY]) / kernel[FULL];
	return 0;
}

static int measure_round(struct kallmod_ctx *ctx, double seconds, struct round *round,
			 uint64_t *verified)
{
	__attribute__((cleanup(variants_close))) struct variants variants = {};
	int err = variants_open(&variants, ctx);

	for (size_t i = 0; !err && i < VARIANTS; i++) {
		err = kallmod_sampler_start(variants.samplers[i]);
		if (!err)
			err = kallmod_sampler_service(variants.samplers[i], NULL, NULL);
	}
	if (err)
		return err;
	usleep(seconds * 1e6);
	for (size_t i = 0; i < VARIANTS; i++)
		kallmod_sampler_stop(variants.samplers[i]);
	*verified = kallmod_sampler_verified(variants.samplers[FULL]);
	return read_round(&variants, ctx, round);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of one field, at offset, of the rounds. */
static double median(const struct round *rounds, int n, size_t offset)
{
	double values[MAX_ROUNDS] = {};

	for (int i = 0; i < n; i++)
		memcpy(&values[i], (const char *)&rounds[i] + offset, sizeof(values[i]));
	qsort(values, n, sizeof(values[0]), compare);
	return values[n / 2];
}

int bench_sampler_measure(struct kallmod_ctx *ctx, double seconds, int rounds,
			  struct bench_sampler_result *ret)
{
	__attribute__((cleanup(load_stop))) struct load load = {};
	cleanup_fd int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct round results[MAX_ROUNDS] = {};
	struct bench_sampler_result result = {};
	int err = 0;

	if (stats < 0)
		return kallmod_fail(ctx, -errno,
				    "BPF run-time statistics: %s; run as root on Linux 5.8 or later",
				    strerror(errno));
	rounds = rounds < MAX_ROUNDS ? rounds : MAX_ROUNDS;
	err = load_start(&load);
	if (err)
		return kallmod_fail(ctx, err, "the load cannot be started: %s", strerror(-err));
	for (int i = 0; i < rounds; i++) {
		err = measure_round(ctx, seconds, &results[i], &result.verified);
		if (err)
			return err;
		result.samples += results[i].samples;
		result.expected += results[i].expected;
		result.lost += results[i].lost;
	}
	result.rounds = rounds;
	result.count_ns = median(results, rounds, offsetof(struct round, count_ns));
	result.self_ns = median(results, rounds, offsetof(struct round, self_ns));
	result.stack_only_ns = median(results, rounds, offsetof(struct round, stack_only_ns));
	result.walk_ns = median(results, rounds, offsetof(struct round, walk_ns));
	*ret = result;
	return 0;
}
