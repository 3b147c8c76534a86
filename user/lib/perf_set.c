// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "perf_set.h"

static int try_open(struct kallmod_perf_set *set, const char *name, int cpu)
{
	int fd, err = kallmod_perf_event_parse(set->ctx, name, &set->attr);

	if (err)
		return err;
	snprintf(set->name, sizeof(set->name), "%s", name);
	fd = kallmod_perf_event_open(&set->attr, cpu);
	if (fd < 0)
		return kallmod_perf_event_fail(set->ctx, fd, name);
	close(fd);
	return 0;
}

/* A CPU to try the event on: any that is wanted and online. */
static int first_cpu(struct kallmod_perf_set *set, int *ret)
{
	cpu_set_t online;
	int err = kallmod_cpu_online(set->ctx, &online);

	if (err)
		return err;
	CPU_AND(&online, &online, &set->wanted);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &online)) {
			*ret = cpu;
			return 0;
		}
	}
	return kallmod_fail(set->ctx, -EINVAL, "none of the chosen CPUs is online");
}

static int choose_event(struct kallmod_perf_set *set, const char *name)
{
	int cpu = 0, err = first_cpu(set, &cpu);

	if (err)
		return err;
	if (name)
		return try_open(set, name, cpu);
	err = try_open(set, "cycles", cpu);
	/* No counters, as in most guests: the clock. No right to count is the same for both. */
	return err == 0 || err == -EPERM || err == -EACCES ? err :
							     try_open(set, "cpu-clock", cpu);
}

static void set_rate(struct kallmod_perf_set *set, uint64_t hz, uint64_t period)
{
	set->attr.freq = !period;
	if (period)
		set->attr.sample_period = period;
	else
		set->attr.sample_freq = hz;
}

static int wanted_cpus(struct kallmod_perf_set *set, const char *cpus)
{
	if (cpus)
		return kallmod_cpu_list_parse(set->ctx, cpus, &set->wanted);
	memset(&set->wanted, 0xff, sizeof(set->wanted));
	return 0;
}

static int check_rate(struct kallmod_perf_set *set, uint64_t hz)
{
	unsigned long max = 0;
	FILE *file = fopen("/proc/sys/kernel/perf_event_max_sample_rate", "re");

	if (file) {
		if (fscanf(file, "%lu", &max) != 1)
			max = 0;
		fclose(file);
	}
	if (max && hz > max)
		return kallmod_fail(set->ctx, -EINVAL,
				    "%lu Hz is above this kernel's limit of %lu; use a lower -F, or raise /proc/sys/kernel/perf_event_max_sample_rate",
				    (unsigned long)hz, max);
	return 0;
}

int kallmod_perf_set_init(struct kallmod_perf_set *set, struct kallmod_ctx *ctx,
			  const char *name, uint64_t hz, uint64_t period, const char *cpus)
{
	int err;

	*set = (struct kallmod_perf_set){
		.ctx = ctx,
		.attr = {.size = sizeof(struct perf_event_attr),
			 .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED,
			 .disabled = 1,
			 .exclude_guest = 1},
	};
	set->ncpus = CPU_SETSIZE;
	set->cpus = calloc(set->ncpus, sizeof(*set->cpus));
	if (!set->cpus)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	for (size_t i = 0; i < set->ncpus; i++)
		set->cpus[i].fd = -1;
	set_rate(set, hz, period);
	err = wanted_cpus(set, cpus);
	if (!err && !period)
		err = check_rate(set, hz);
	if (!err)
		err = choose_event(set, name);
	if (err)
		kallmod_perf_set_deinit(set);
	return err;
}

static uint64_t cpu_enabled(const struct kallmod_perf_cpu *cpu)
{
	uint64_t values[2]; /* count, time enabled */

	if (cpu->fd < 0 || read(cpu->fd, values, sizeof(values)) != sizeof(values))
		return 0;
	return values[1];
}

static void close_cpu(struct kallmod_perf_set *set, size_t cpu)
{
	struct kallmod_perf_cpu *at = &set->cpus[cpu];

	set->enabled_ns += cpu_enabled(at);
	if (at->link)
		bpf_link__destroy(at->link); /* closes fd as well */
	else if (at->fd >= 0)
		close(at->fd);
	*at = (struct kallmod_perf_cpu){.fd = -1};
}

void kallmod_perf_set_deinit(struct kallmod_perf_set *set)
{
	for (size_t i = 0; set->cpus && i < set->ncpus; i++)
		close_cpu(set, i);
	free(set->cpus);
	set->cpus = NULL;
}

static int open_cpu(struct kallmod_perf_set *set, size_t cpu)
{
	struct kallmod_perf_cpu *at = &set->cpus[cpu];
	int err;

	at->fd = kallmod_perf_event_open(&set->attr, cpu);
	if (at->fd < 0) {
		err = at->fd;
		at->fd = -1;
		return kallmod_perf_event_fail(set->ctx, err, set->name);
	}
	at->link = bpf_program__attach_perf_event(set->program, at->fd);
	if (at->link)
		return 0;
	err = -errno;
	close_cpu(set, cpu);
	return kallmod_fail(set->ctx, err, "the sampler cannot be attached to %s on CPU %zu: %s",
			    set->name, cpu, strerror(-err));
}

int kallmod_perf_set_start(struct kallmod_perf_set *set, const struct bpf_program *program)
{
	cpu_set_t online;
	int err = kallmod_cpu_online(set->ctx, &online);

	set->program = program;
	for (size_t cpu = 0; !err && cpu < set->ncpus; cpu++)
		if (CPU_ISSET(cpu, &online) && CPU_ISSET(cpu, &set->wanted))
			err = open_cpu(set, cpu);
	return err;
}

void kallmod_perf_set_switch(struct kallmod_perf_set *set, bool on)
{
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	for (size_t cpu = 0; cpu < set->ncpus; cpu++)
		if (set->cpus[cpu].fd >= 0)
			ioctl(set->cpus[cpu].fd, request, 0);
}

void kallmod_perf_set_follow(struct kallmod_perf_set *set)
{
	cpu_set_t online;

	if (kallmod_cpu_online(set->ctx, &online))
		return;
	CPU_AND(&online, &online, &set->wanted);
	for (size_t cpu = 0; cpu < set->ncpus; cpu++) {
		bool has = set->cpus[cpu].fd >= 0;

		if (has && !CPU_ISSET(cpu, &online))
			close_cpu(set, cpu);
		else if (!has && CPU_ISSET(cpu, &online) && open_cpu(set, cpu))
			kallmod_log(set->ctx, KALLMOD_LOG_WARN, "CPU %zu is not sampled: %s", cpu,
				    kallmod_ctx_error(set->ctx));
	}
}

uint64_t kallmod_perf_set_enabled(const struct kallmod_perf_set *set, int cpu)
{
	uint64_t sum = set->enabled_ns;

	if (cpu >= 0)
		return (size_t)cpu < set->ncpus ? cpu_enabled(&set->cpus[cpu]) : 0;
	for (size_t i = 0; i < set->ncpus; i++)
		sum += cpu_enabled(&set->cpus[i]);
	return sum;
}

size_t kallmod_perf_set_count(const struct kallmod_perf_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->ncpus; i++)
		n += set->cpus[i].fd >= 0;
	return n;
}
