// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf_log.h"
#include "cleanup.h"
#include "clock.h"
#include "prober_priv.h"
#include "tables.h"

enum {
	ROOM_MORE = 1024,      /* functions of modules that come later */
	TASKS = 4096,	       /* threads that are in calls: 10 MiB */
	TASKS_PER_CPU = 256,   /* the kernel keeps some of these back for each CPU */
	TASKS_MAX = 32768,
	STACKS = 16384,	       /* 16 MiB */
	STACK_COUNTS = 65536,
	LATENCIES_MAX = 64 << 20, /* bytes of all copies; there is one at least */
	RING_PER_CPU = 2 << 20,
	RING_MAX = 64 << 20,
};

/* ---- creation --------------------------------------------------------------------------- */

static size_t ring_bytes(const struct kallmod_prober *prober)
{
	size_t bytes = sysconf(_SC_PAGESIZE);
	size_t wanted = (size_t)prober->npossible * RING_PER_CPU;

	if (!(prober->options.flags & KALLMOD_PROBE_EVENTS))
		return bytes;
	while (bytes < wanted && bytes < RING_MAX)
		bytes *= 2;
	return bytes;
}

/* A map that is not used is not made: not every kernel has every kind. */
static int size_map(struct bpf_map *map, bool used, size_t entries)
{
	return used ? bpf_map__set_max_entries(map, entries) : bpf_map__set_autocreate(map, false);
}

static size_t task_count(const struct kallmod_prober *prober)
{
	size_t n = (size_t)prober->npossible * TASKS_PER_CPU;

	return n < TASKS ? TASKS : n < TASKS_MAX ? n : TASKS_MAX;
}

/* Room for functions and sets, and for each CPU a copy if there is memory for it. */
static void size_latencies(struct kallmod_prober *prober, size_t sets)
{
	struct probe_bpf *skel = prober->skel;
	size_t bytes;

	prober->ntimes = prober->room + sets;
	bytes = prober->ntimes * sizeof(struct kallmod_probe_latency);
	prober->shards = 1;
	while (prober->shards < (size_t)prober->npossible &&
	       2 * prober->shards * bytes <= LATENCIES_MAX)
		prober->shards *= 2;
	skel->rodata->kallmod_probe_shards = prober->shards;
	skel->rodata->kallmod_probe_times = prober->ntimes;
	skel->rodata->kallmod_probe_sets = prober->room;
}

static int size_maps(struct kallmod_prober *prober)
{
	unsigned int flags = prober->options.flags;
	bool times = flags & KALLMOD_PROBE_LATENCY, stacks = flags & KALLMOD_PROBE_STACKS;
	bool tasks = flags & (KALLMOD_PROBE_LATENCY | KALLMOD_PROBE_RETURNS);
	struct probe_bpf *skel = prober->skel;
	int err = kallmod_tables_prepare(prober->tables, skel->obj);

	if (err)
		return err;
	prober->room = prober->nrows + ROOM_MORE;
	size_latencies(prober, bpf_map__max_entries(skel->maps.kallmod_sets));
	err = size_map(skel->maps.counts, true, prober->npossible * prober->room);
	if (!err)
		err = size_map(skel->maps.latencies, times, prober->shards * prober->ntimes);
	if (!err)
		err = size_map(skel->maps.calls, tasks, task_count(prober));
	if (!err)
		err = size_map(skel->maps.no_calls, tasks, 1);
	if (!err)
		err = size_map(skel->maps.stacks, stacks, STACKS);
	if (!err)
		err = size_map(skel->maps.stack_counts, stacks, STACK_COUNTS);
	if (!err)
		err = size_map(skel->maps.cgroup, flags & KALLMOD_PROBE_CGROUP, 1);
	if (!err)
		err = size_map(skel->maps.kallmod_events, true, ring_bytes(prober));
	return err;
}

static void set_constants(struct kallmod_prober *prober)
{
	const struct kallmod_prober_options *options = &prober->options;
	struct probe_bpf *skel = prober->skel;

	skel->rodata->kallmod_probe_flags = options->flags;
	skel->rodata->kallmod_probe_base = prober->base;
	skel->rodata->kallmod_probe_stride = prober->room;
	skel->rodata->kallmod_probe_tgid = options->pid;
	skel->rodata->kallmod_probe_self = getpid();
	skel->rodata->kallmod_probe_wake_bytes = ring_bytes(prober) / 4;
	if (options->comm)
		memcpy((void *)skel->rodata->kallmod_probe_comm, options->comm,
		       strlen(options->comm));
}

static int fail_load(struct kallmod_prober *prober, int err)
{
	if ((err == -EPERM || err == -EACCES) && !geteuid())
		return kallmod_fail(prober->ctx, -EPERM,
				    "BPF: this kernel permits no probes, not even to root (/sys/kernel/security/lockdown, or a policy of the machine's host); 'kallmod probe --list' and kmodtop work all the same");
	if (err == -EPERM || err == -EACCES)
		return kallmod_fail(prober->ctx, -EPERM,
				    "BPF: not permitted; run as root, or with CAP_BPF and CAP_PERFMON, 'kallmod probe --list' needs neither");
	if (err == -ENOSYS)
		return kallmod_fail(prober->ctx, err,
				    "BPF: this kernel has no bpf(2) (CONFIG_BPF_SYSCALL), so probes are not possible; 'kallmod probe --list' works");
	return kallmod_fail(prober->ctx, err,
			    "BPF: the kernel refuses the probes: %s; Linux 5.15 or later is needed; 'kallmod probe --list' and kmodtop work without",
			    strerror(-err));
}

static int load_skeleton(struct kallmod_prober *prober)
{
	libbpf_print_fn_t print = kallmod_bpf_log_begin();
	bool told = false; /* a line is there already */
	int err;

	prober->skel = probe_bpf__open_opts(kallmod_bpf_log_opts());
	err = prober->skel ? size_maps(prober) : -errno;
	if (!err) {
		set_constants(prober);
		err = kallmod_prober_prepare(prober);
		told = err;
	}
	if (!err)
		err = probe_bpf__load(prober->skel);
	libbpf_set_print(print);
	if (err)
		return told ? err : fail_load(prober, err);
	return kallmod_tables_fill(prober->tables, prober->skel->obj);
}

/* A directory of the cgroup2 file system; from its top where there is no such path. */
static int set_cgroup(struct kallmod_prober *prober)
{
	const char *path = prober->options.cgroup;
	cleanup_fd int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	uint32_t zero = 0;

	if (!path)
		return 0;
	if (fd < 0)
		return kallmod_fail(prober->ctx, -errno,
				    "%s: %s; name a directory below /sys/fs/cgroup", path,
				    strerror(errno));
	if (bpf_map_update_elem(bpf_map__fd(prober->skel->maps.cgroup), &zero, &fd, BPF_ANY))
		return kallmod_fail(prober->ctx, -EINVAL,
				    "%s: not a control group (%s); name a directory of the cgroup2 file system, below /sys/fs/cgroup",
				    path, strerror(errno));
	return 0;
}

static int map_memory(struct kallmod_prober *prober, const struct bpf_map *map, size_t bytes,
		      const void **ret)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED)
		return kallmod_fail(prober->ctx, -errno, "BPF map %s cannot be mapped: %s",
				    bpf_map__name(map), strerror(errno));
	*ret = at;
	return 0;
}

static int map_counters(struct kallmod_prober *prober)
{
	int err;

	prober->counts_bytes = prober->npossible * prober->room * sizeof(*prober->counts);
	prober->latencies_bytes = prober->shards * prober->ntimes * sizeof(*prober->latencies);
	err = map_memory(prober, prober->skel->maps.counts, prober->counts_bytes,
			 (const void **)&prober->counts);
	if (!err && prober->options.flags & KALLMOD_PROBE_LATENCY)
		err = map_memory(prober, prober->skel->maps.latencies, prober->latencies_bytes,
				 (const void **)&prober->latencies);
	return err;
}

static int on_event(void *arg, void *data, size_t size)
{
	struct kallmod_prober *prober = arg;
	const struct kallmod_call_record *record = data;

	if (size >= sizeof(record->type) && record->type == KALLMOD_RECORD_GATE)
		prober->changed = true;
	else if (size >= sizeof(*record) && record->type == KALLMOD_RECORD_CALL &&
		 record->function < prober->nrows && prober->record_fn)
		return prober->record_fn(prober->record_arg, record);
	return 0;
}

static int watch(struct kallmod_prober *prober, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return fd < 0 || !epoll_ctl(prober->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? 0 : -errno;
}

static int open_events(struct kallmod_prober *prober)
{
	int fd = bpf_map__fd(prober->skel->maps.kallmod_events), err;

	prober->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	prober->ring = ring_buffer__new(fd, on_event, prober, NULL);
	if (prober->epoll_fd < 0 || !prober->ring)
		return kallmod_fail(prober->ctx, -errno, "BPF ring buffer: %s", strerror(errno));
	err = kallmod_follow_create(prober->ctx, &prober->follow);
	if (!err)
		err = watch(prober, ring_buffer__epoll_fd(prober->ring));
	if (!err)
		err = watch(prober, kallmod_follow_fd(prober->follow));
	return err;
}

static void attach_gate(struct kallmod_prober *prober)
{
	struct probe_bpf *skel = prober->skel;

	kallmod_follow_attach_gate(prober->ctx, skel->progs.kallmod_module_load,
				   skel->progs.kallmod_module_free,
				   &skel->links.kallmod_module_load,
				   &skel->links.kallmod_module_free);
}

static int check_options(struct kallmod_prober *prober)
{
	struct kallmod_prober_options *options = &prober->options;

	if (options->comm && strlen(options->comm) >= KALLMOD_COMM_LEN)
		return kallmod_fail(prober->ctx, -EINVAL,
				    "%s: the kernel keeps %d characters of a thread's name; give no more",
				    options->comm, KALLMOD_COMM_LEN - 1);
	if (options->pid)
		options->flags |= KALLMOD_PROBE_TGID;
	if (options->comm)
		options->flags |= KALLMOD_PROBE_COMM;
	if (options->cgroup)
		options->flags |= KALLMOD_PROBE_CGROUP;
	/* What we do to show a record must not make a record. */
	if (options->flags & (KALLMOD_PROBE_EVENTS | KALLMOD_PROBE_STACKS))
		options->flags |= KALLMOD_PROBE_NOT_SELF;
	prober->npossible = libbpf_num_possible_cpus();
	if (prober->npossible < 1)
		return kallmod_fail(prober->ctx, -EIO,
				    "/sys/devices/system/cpu/possible: cannot be read");
	return 0;
}

static int prober_init(struct kallmod_prober *prober)
{
	int err = check_options(prober);

	if (!err)
		err = kallmod_prober_find(prober);
	if (!err && !prober->ngroups)
		return kallmod_prober_attach(prober); /* says why there is nothing */
	if (!err)
		err = kallmod_tables_create(prober->ctx, prober->map, &prober->tables);
	if (!err)
		err = load_skeleton(prober);
	if (!err)
		err = set_cgroup(prober);
	if (!err)
		err = map_counters(prober);
	if (!err)
		err = open_events(prober);
	if (!err)
		attach_gate(prober);
	return err;
}

int kallmod_prober_create(struct kallmod_ctx *ctx, struct kallmod_map *map,
			  const struct kallmod_function_query *query,
			  const struct kallmod_prober_options *options,
			  struct kallmod_prober **ret)
{
	struct kallmod_prober *prober = calloc(1, sizeof(*prober));
	int err;

	if (!prober) {
		kallmod_map_destroy(map);
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	}
	prober->ctx = ctx;
	prober->map = map;
	prober->query = *query;
	prober->options = *options;
	prober->epoll_fd = -1;
	prober->thread = pthread_self();
	prober->changed = true; /* what changed while the map was being built */
	err = prober_init(prober);
	if (err)
		kallmod_prober_destroy(prober);
	else
		*ret = prober;
	return err;
}

void kallmod_prober_destroy(struct kallmod_prober *prober)
{
	if (!prober)
		return;
	kallmod_prober_detach(prober);
	kallmod_follow_destroy(prober->follow);
	ring_buffer__free(prober->ring);
	kallmod_tables_destroy(prober->tables);
	if (prober->counts)
		munmap((void *)prober->counts, prober->counts_bytes);
	if (prober->latencies)
		munmap((void *)prober->latencies, prober->latencies_bytes);
	probe_bpf__destroy(prober->skel);
	kallmod_map_destroy(prober->map);
	kallmod_cleanup_fd(&prober->epoll_fd);
	kallmod_strtab_deinit(&prober->strings);
	free(prober->rows);
	free(prober);
}

/* ---- running ---------------------------------------------------------------------------- */

void kallmod_prober_switch(struct kallmod_prober *prober, bool on)
{
	uint64_t now = kallmod_now_ns();

	if (on == prober->on)
		return;
	if (on)
		prober->on_ns = now;
	else
		prober->seconds_ns += now - prober->on_ns;
	prober->on = on;
	__atomic_store_n(&prober->skel->bss->kallmod_probe_on, on, __ATOMIC_SEQ_CST);
	kallmod_tables_wait();
}

int kallmod_prober_fd(const struct kallmod_prober *prober)
{
	return prober->epoll_fd;
}

const struct kallmod_map *kallmod_prober_map(const struct kallmod_prober *prober)
{
	return prober->map;
}

/* Brings the tables and the probes up to the modules of now. */
static int catch_up(struct kallmod_prober *prober)
{
	uint32_t gate = kallmod_tables_gate(prober->tables);
	struct kallmod_map *map, *old = prober->map;
	int err = 0;

	/* Stacks so far are of the modules so far. */
	if (prober->options.flags & KALLMOD_PROBE_STACKS && kallmod_tables_stale(prober->tables))
		err = kallmod_prober_take_stacks(prober);
	if (!err)
		err = kallmod_follow_rebuild(prober->follow, old, &map);
	if (err)
		return err;
	err = kallmod_tables_update(prober->tables, map, gate);
	if (err) {
		kallmod_map_destroy(map);
		return err;
	}
	prober->map = map;
	if (prober->attaching)
		err = kallmod_prober_follow(prober, old);
	kallmod_map_destroy(old);
	return err;
}

int kallmod_prober_service(struct kallmod_prober *prober,
			   int (*fn)(void *arg, const struct kallmod_call_record *record),
			   void *arg)
{
	int err;

	prober->record_fn = fn;
	prober->record_arg = arg;
	err = ring_buffer__consume(prober->ring);
	if (err < 0)
		return err;
	if (kallmod_follow_drain(prober->follow))
		prober->changed = true;
	if (!prober->changed && !kallmod_tables_stale(prober->tables))
		return 0;
	prober->changed = false;
	return catch_up(prober);
}
