// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What the sampler has counted, and what it is. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "ctx.h"
#include "sampler_priv.h"
#include "tables.h"

/* Adds n u64 of every CPU's value (or of one CPU's) to sum. */
static void add_cpus(const struct kallmod_sampler *sampler, const void *values, size_t n,
		     int cpu, __u64 *sum)
{
	const __u64 *at = values;

	for (int i = 0; i < sampler->npossible; i++, at += n)
		for (size_t k = 0; k < n && (cpu < 0 || cpu == i); k++)
			sum[k] += at[k];
}

static int read_count(struct kallmod_sampler *sampler, uint32_t index, int cpu,
		      struct kallmod_profile_count *ret)
{
	int fd = bpf_map__fd(sampler->skel->maps.counts);

	*ret = (struct kallmod_profile_count){};
	if (bpf_map_lookup_elem(fd, &index, sampler->percpu_count))
		return kallmod_fail(sampler->ctx, -errno, "BPF counters: %s", strerror(errno));
	add_cpus(sampler, sampler->percpu_count, sizeof(*ret) / 8, cpu, &ret->self);
	return 0;
}

int kallmod_sampler_totals(struct kallmod_sampler *sampler, int cpu,
			   struct kallmod_sampler_totals *ret)
{
	int fd = bpf_map__fd(sampler->skel->maps.stats);
	struct kallmod_sampler_totals totals = {};
	size_t cpus = cpu < 0 ? kallmod_sampler_cpus(sampler) : 1;
	uint64_t enabled = kallmod_perf_set_enabled(&sampler->perf, cpu);
	uint32_t zero = 0;
	int err;

	if (bpf_map_lookup_elem(fd, &zero, sampler->percpu_stats))
		return kallmod_fail(sampler->ctx, -errno, "BPF counters: %s", strerror(errno));
	add_cpus(sampler, sampler->percpu_stats, sizeof(totals.stats) / 8, cpu,
		 &totals.stats.samples);
	/* A sample that another CPU is at may be in one of these and not yet in the other. */
	totals.stats.samples = totals.stats.kernel + totals.stats.user + totals.stats.idle;
	err = read_count(sampler, sampler->ncounts - 1, cpu, &totals.unresolved);
	if (err)
		return err;
	totals.expected = enabled / 1e9 * kallmod_sampler_hz(sampler);
	totals.seconds = cpus ? enabled / 1e9 / cpus : 0;
	*ret = totals;
	return 0;
}

int kallmod_sampler_counts(struct kallmod_sampler *sampler, int cpu,
			   const struct kallmod_profile_count **counts_ret, size_t *n_ret)
{
	size_t n = kallmod_map_set_count(sampler->map);

	for (size_t i = 0; i < n; i++) {
		int err = read_count(sampler, i, cpu, &sampler->counts[i]);

		if (err)
			return err;
	}
	*counts_ret = sampler->counts;
	*n_ret = n;
	return 0;
}

int kallmod_sampler_take_hits(struct kallmod_sampler *sampler,
			      void (*fn)(void *arg, const struct kallmod_profile_hit *hit),
			      void *arg)
{
	uint32_t *shared = &sampler->skel->data->kallmod_hits_epoch, epoch = *shared;

	if (!sampler->hits)
		return 0;
	__atomic_store_n(shared, epoch + 1, __ATOMIC_SEQ_CST);
	kallmod_tables_wait();
	for (int cpu = 0; cpu < sampler->npossible; cpu++) {
		const struct kallmod_profile_hit *table =
			sampler->hits + (cpu * 2 + (epoch & 1)) * sampler->hits_per_cpu;

		for (size_t i = 0; i < sampler->hits_per_cpu; i++)
			if (table[i].epoch == epoch)
				fn(arg, &table[i]);
	}
	return 0;
}

/* A sample fills two entries at most: where it was and what is charged. */
int kallmod_sampler_hits_ms(const struct kallmod_sampler *sampler)
{
	uint64_t hz = kallmod_sampler_hz(sampler);
	uint64_t ms = hz ? sampler->hits_per_cpu / 4 * 1000 / (2 * hz) : 100;

	return ms < 20 ? 20 : ms > 1000 ? 1000 : (int)ms;
}

const char *kallmod_sampler_event(const struct kallmod_sampler *sampler)
{
	return sampler->perf.name;
}

uint64_t kallmod_sampler_hz(const struct kallmod_sampler *sampler)
{
	return sampler->options.period ? 0 : sampler->options.hz;
}

size_t kallmod_sampler_cpus(const struct kallmod_sampler *sampler)
{
	return kallmod_perf_set_count(&sampler->perf);
}

int kallmod_sampler_possible(const struct kallmod_sampler *sampler)
{
	return sampler->npossible;
}

const struct kallmod_tables *kallmod_sampler_tables(const struct kallmod_sampler *sampler)
{
	return sampler->tables;
}

static int program_info(const struct kallmod_sampler *sampler, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);
	int fd = bpf_program__fd(sampler->skel->progs.kallmod_sample);

	*info = (struct bpf_prog_info){};
	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

uint64_t kallmod_sampler_verified(const struct kallmod_sampler *sampler)
{
	struct bpf_prog_info info;

	return program_info(sampler, &info) ? 0 : info.verified_insns;
}

int kallmod_sampler_run_time(const struct kallmod_sampler *sampler, uint64_t *runs_ret,
			     uint64_t *ns_ret)
{
	struct bpf_prog_info info;
	int err = program_info(sampler, &info);

	if (err)
		return kallmod_fail(sampler->ctx, err, "BPF program: %s", strerror(-err));
	*runs_ret = info.run_cnt;
	*ns_ret = info.run_time_ns;
	return 0;
}
