// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf_log.h"
#include "clock.h"
#include "sampler_priv.h"
#include "tables.h"

enum {
	DEFAULT_HZ = 99,
	HITS_PER_CPU = 8192, /* functions and processes between two takes */
	HITS_MAX = 131072,   /* of all CPUs: 16 MiB, both tables counted */
	RING_PER_CPU = 1 << 19,
	RING_MAX = 1 << 26,
};

/* ---- records ------------------------------------------------------------------------- */

/* Gives a record the layout of event.h: frames, then sets, closed up. */
static int pass_record(struct kallmod_sampler *sampler, const struct kallmod_raw_record *raw,
		       size_t size)
{
	char buffer[sizeof(*raw)] __attribute__((aligned(8)));
	struct kallmod_record *record = (struct kallmod_record *)buffer;
	size_t n = raw->record.nframes, at = sizeof(*record);

	if (n > KALLMOD_MAX_FRAMES || offsetof(struct kallmod_raw_record, frames[n]) > size)
		return 0;
	*record = raw->record;
	memcpy(buffer + at, raw->frames, n * sizeof(raw->frames[0]));
	at += n * sizeof(raw->frames[0]);
	memcpy(buffer + at, raw->sets, n * sizeof(raw->sets[0]));
	record->size = at + n * sizeof(raw->sets[0]);
	return sampler->record_fn(sampler->record_arg, record);
}

static int on_event(void *arg, void *data, size_t size)
{
	struct kallmod_sampler *sampler = arg;
	const struct kallmod_raw_record *raw = data;

	if (size >= sizeof(raw->record.type) && raw->record.type == KALLMOD_RECORD_GATE)
		sampler->changed = true;
	else if (size >= offsetof(struct kallmod_raw_record, frames) && sampler->record_fn)
		return pass_record(sampler, raw, size);
	return 0;
}

/* ---- creation ------------------------------------------------------------------------ */

static size_t ring_bytes(const struct kallmod_sampler *sampler)
{
	size_t bytes = sysconf(_SC_PAGESIZE);
	size_t wanted = (size_t)sampler->npossible * RING_PER_CPU;

	if (!(sampler->options.flags & KALLMOD_PROFILE_RECORD))
		return bytes;
	while (bytes < wanted && bytes < RING_MAX)
		bytes *= 2;
	return bytes;
}

static void size_hits(struct kallmod_sampler *sampler)
{
	size_t n = HITS_PER_CPU;

	while (n > 256 && n * sampler->npossible > HITS_MAX)
		n /= 2;
	sampler->hits_per_cpu = sampler->options.flags & KALLMOD_PROFILE_COUNT ? n : 1;
	sampler->skel->rodata->kallmod_hits_mask = sampler->hits_per_cpu - 1;
}

static int size_maps(struct kallmod_sampler *sampler)
{
	struct profile_bpf *skel = sampler->skel;
	int err = kallmod_tables_prepare(sampler->tables, skel->obj);

	if (err)
		return err;
	sampler->ncounts = bpf_map__max_entries(skel->maps.kallmod_sets) + 1;
	skel->rodata->kallmod_unresolved_index = sampler->ncounts - 1;
	skel->rodata->kallmod_flags = sampler->options.flags;
	skel->rodata->kallmod_target = sampler->options.pid;
	skel->rodata->kallmod_wake_bytes = ring_bytes(sampler) / 4;
	size_hits(sampler);
	err = bpf_map__set_max_entries(skel->maps.counts, sampler->ncounts);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.hits,
					       2 * sampler->npossible * sampler->hits_per_cpu);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.kallmod_events, ring_bytes(sampler));
	return err;
}

static int fail_load(struct kallmod_sampler *sampler, int err)
{
	if (err == -EPERM || err == -EACCES)
		return kallmod_fail(sampler->ctx, -EPERM,
				    "BPF: not permitted; run as root, or with CAP_BPF and CAP_PERFMON");
	if (err == -ENOSYS)
		return kallmod_fail(sampler->ctx, err,
				    "BPF: this kernel has no bpf(2) (CONFIG_BPF_SYSCALL); sampling is not possible on it");
	return kallmod_fail(sampler->ctx, err,
			    "BPF: the kernel refuses the sampler: %s; Linux 5.8 or later is needed",
			    strerror(-err));
}

static int load_skeleton(struct kallmod_sampler *sampler)
{
	libbpf_print_fn_t print = kallmod_bpf_log_begin();
	int err;

	sampler->skel = profile_bpf__open_opts(kallmod_bpf_log_opts());
	err = sampler->skel ? size_maps(sampler) : -errno;
	if (!err)
		err = profile_bpf__load(sampler->skel);
	libbpf_set_print(print);
	if (err)
		return fail_load(sampler, err);
	return kallmod_tables_fill(sampler->tables, sampler->skel->obj);
}

static int watch(struct kallmod_sampler *sampler, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return fd < 0 || !epoll_ctl(sampler->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? 0 : -errno;
}

static int open_events(struct kallmod_sampler *sampler)
{
	int fd = bpf_map__fd(sampler->skel->maps.kallmod_events), err;

	sampler->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	sampler->ring = ring_buffer__new(fd, on_event, sampler, NULL);
	if (sampler->epoll_fd < 0 || !sampler->ring)
		return kallmod_fail(sampler->ctx, -errno, "BPF ring buffer: %s", strerror(errno));
	err = kallmod_follow_create(sampler->ctx, &sampler->follow);
	if (!err)
		err = watch(sampler, ring_buffer__epoll_fd(sampler->ring));
	if (!err)
		err = watch(sampler, kallmod_follow_fd(sampler->follow));
	return err;
}

static void attach_gate(struct kallmod_sampler *sampler)
{
	struct profile_bpf *skel = sampler->skel;

	kallmod_follow_attach_gate(sampler->ctx, skel->progs.kallmod_module_load,
				   skel->progs.kallmod_module_free,
				   &skel->links.kallmod_module_load,
				   &skel->links.kallmod_module_free);
}

static int map_hits(struct kallmod_sampler *sampler)
{
	void *at;

	if (!(sampler->options.flags & KALLMOD_PROFILE_COUNT))
		return 0;
	sampler->hits_bytes = 2 * sampler->npossible * sampler->hits_per_cpu *
			      sizeof(*sampler->hits);
	at = mmap(NULL, sampler->hits_bytes, PROT_READ, MAP_SHARED,
		  bpf_map__fd(sampler->skel->maps.hits), 0);
	if (at == MAP_FAILED)
		return kallmod_fail(sampler->ctx, -errno, "BPF map hits cannot be mapped: %s",
				    strerror(errno));
	sampler->hits = at;
	return 0;
}

static int alloc_counts(struct kallmod_sampler *sampler)
{
	sampler->percpu_count = calloc(sampler->npossible, sizeof(*sampler->percpu_count));
	sampler->percpu_stats = calloc(sampler->npossible, sizeof(*sampler->percpu_stats));
	sampler->counts = calloc(sampler->ncounts, sizeof(*sampler->counts));
	if (!sampler->percpu_count || !sampler->percpu_stats || !sampler->counts)
		return kallmod_fail(sampler->ctx, -ENOMEM, "no memory for the counters");
	return map_hits(sampler);
}

static int sampler_init(struct kallmod_sampler *sampler)
{
	struct kallmod_sampler_options *options = &sampler->options;
	int err;

	sampler->npossible = libbpf_num_possible_cpus();
	if (sampler->npossible < 1)
		return kallmod_fail(sampler->ctx, -EIO,
				    "/sys/devices/system/cpu/possible: cannot be read");
	err = kallmod_perf_set_init(&sampler->perf, sampler->ctx, options->event, options->hz,
				    options->period, options->cpus);
	sampler->perf_ready = !err;
	if (!err)
		err = kallmod_tables_create(sampler->ctx, sampler->map, &sampler->tables);
	if (!err)
		err = load_skeleton(sampler);
	if (!err)
		err = alloc_counts(sampler);
	if (!err)
		err = open_events(sampler);
	if (!err)
		attach_gate(sampler);
	return err;
}

int kallmod_sampler_create(struct kallmod_ctx *ctx, struct kallmod_map *map,
			   const struct kallmod_sampler_options *options,
			   struct kallmod_sampler **ret)
{
	struct kallmod_sampler *sampler = calloc(1, sizeof(*sampler));
	int err;

	if (!sampler) {
		kallmod_map_destroy(map);
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	}
	sampler->ctx = ctx;
	sampler->map = map;
	sampler->options = *options;
	sampler->epoll_fd = -1;
	if (!sampler->options.hz && !sampler->options.period)
		sampler->options.hz = DEFAULT_HZ;
	err = sampler_init(sampler);
	if (err)
		kallmod_sampler_destroy(sampler);
	else
		*ret = sampler;
	return err;
}

void kallmod_sampler_destroy(struct kallmod_sampler *sampler)
{
	if (!sampler)
		return;
	if (sampler->perf_ready)
		kallmod_perf_set_deinit(&sampler->perf);
	kallmod_follow_destroy(sampler->follow);
	ring_buffer__free(sampler->ring);
	kallmod_tables_destroy(sampler->tables);
	profile_bpf__destroy(sampler->skel);
	kallmod_map_destroy(sampler->map);
	if (sampler->epoll_fd >= 0)
		close(sampler->epoll_fd);
	if (sampler->hits)
		munmap((void *)sampler->hits, sampler->hits_bytes);
	free(sampler->percpu_count);
	free(sampler->percpu_stats);
	free(sampler->counts);
	free(sampler);
}

/* ---- running ------------------------------------------------------------------------- */

int kallmod_sampler_start(struct kallmod_sampler *sampler)
{
	/* What changed while the map was being built is caught up before the first sample. */
	sampler->changed = true;
	return kallmod_perf_set_start(&sampler->perf, sampler->skel->progs.kallmod_sample);
}

int kallmod_sampler_stop(struct kallmod_sampler *sampler)
{
	kallmod_perf_set_switch(&sampler->perf, false);
	return 0;
}

int kallmod_sampler_resume(struct kallmod_sampler *sampler)
{
	kallmod_perf_set_switch(&sampler->perf, true);
	return 0;
}

int kallmod_sampler_fd(const struct kallmod_sampler *sampler)
{
	return sampler->epoll_fd;
}

/* Brings the tables up to the modules and the BPF code of now. */
static int catch_up(struct kallmod_sampler *sampler)
{
	uint32_t gate = kallmod_tables_gate(sampler->tables);
	uint64_t began = kallmod_now_ns(), built;
	struct kallmod_map *map;
	int err = kallmod_follow_rebuild(sampler->follow, sampler->map, &map);

	if (err)
		return err;
	built = kallmod_now_ns();
	err = kallmod_tables_update(sampler->tables, map, gate);
	kallmod_log(sampler->ctx, KALLMOD_LOG_DEBUG,
		    "modules changed: map after %.1f ms, tables %.1f ms later", (built - began) / 1e6,
		    (kallmod_now_ns() - built) / 1e6);
	if (err) {
		kallmod_map_destroy(map);
		return err;
	}
	kallmod_map_destroy(sampler->map);
	sampler->map = map;
	return 0;
}

int kallmod_sampler_service(struct kallmod_sampler *sampler,
			    int (*fn)(void *arg, const struct kallmod_record *record), void *arg)
{
	int err;

	sampler->record_fn = fn;
	sampler->record_arg = arg;
	err = ring_buffer__consume(sampler->ring);
	if (err < 0)
		return err;
	if (kallmod_follow_drain(sampler->follow))
		sampler->changed = true;
	if (sampler->changed || kallmod_tables_stale(sampler->tables)) {
		sampler->changed = false;
		err = catch_up(sampler);
		if (err)
			return err;
	}
	if (kallmod_now_ns() - sampler->followed_ns >= 1000000000ull) {
		sampler->followed_ns = kallmod_now_ns();
		kallmod_perf_set_follow(&sampler->perf);
	}
	return 0;
}

const struct kallmod_map *kallmod_sampler_map(const struct kallmod_sampler *sampler)
{
	return sampler->map;
}
