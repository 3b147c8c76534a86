// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What the probes have counted. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach_priv.h"
#include "cleanup.h"
#include "clock.h"
#include "prober_priv.h"

size_t kallmod_prober_rows(const struct kallmod_prober *prober,
			   const struct kallmod_prober_row **ret)
{
	*ret = prober->rows;
	return prober->nrows;
}

/* The memory is the kernel's, which writes to it. */
static uint64_t read_once(const __u64 *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

uint64_t kallmod_prober_calls(const struct kallmod_prober *prober, size_t row)
{
	uint64_t calls = 0;

	for (int cpu = 0; row < prober->room && cpu < prober->npossible; cpu++)
		calls += read_once(&prober->counts[cpu * prober->room + row].calls);
	return calls;
}

static void sum_latency(const struct kallmod_prober *prober, size_t entry,
			struct kallmod_probe_latency *ret)
{
	*ret = (struct kallmod_probe_latency){};
	for (size_t shard = 0; prober->latencies && entry < prober->ntimes && shard < prober->shards;
	     shard++) {
		const struct kallmod_probe_latency *at =
			&prober->latencies[shard * prober->ntimes + entry];
		uint64_t max = read_once(&at->max);

		ret->total += read_once(&at->total);
		ret->self += read_once(&at->self);
		ret->nested += read_once(&at->nested);
		ret->max = ret->max > max ? ret->max : max;
		for (size_t i = 0; i < KALLMOD_PROBE_SLOTS; i++)
			ret->slots[i] += read_once(&at->slots[i]);
	}
}

void kallmod_prober_latency(const struct kallmod_prober *prober, size_t row,
			    struct kallmod_probe_latency *ret)
{
	/* Behind the rows are the sets. */
	sum_latency(prober, row < prober->room ? row : SIZE_MAX, ret);
}

void kallmod_prober_set_latency(const struct kallmod_prober *prober, uint32_t set,
				struct kallmod_probe_latency *ret)
{
	sum_latency(prober, prober->room + set, ret);
}

/* ---- stacks ----------------------------------------------------------------------------- */

static int pass_stack(struct kallmod_prober *prober, const struct kallmod_probe_stack *key,
		      const struct kallmod_probe_stack_count *count)
{
	int fd = bpf_map__fd(prober->skel->maps.stacks);
	uint64_t frames[KALLMOD_MAX_FRAMES] = {};
	struct kallmod_prober_stack stack = {.row = key->function, .set = count->set,
					     .calls = count->calls, .comm = key->comm,
					     .frames = frames};

	if (key->function >= prober->nrows || bpf_map_lookup_elem(fd, &key->stack, frames))
		return -ENOENT;
	while (stack.n < KALLMOD_MAX_FRAMES && frames[stack.n])
		stack.n++;
	if (prober->options.stack)
		prober->options.stack(prober->options.arg, prober->map, &stack);
	return 0;
}

/* Stacks are shared by functions and threads: each is taken away when all that had it are. */
static void clear_stacks(struct kallmod_prober *prober)
{
	int fd = bpf_map__fd(prober->skel->maps.stacks);
	uint32_t id, next;

	for (int err = bpf_map_get_next_key(fd, NULL, &id); !err; id = next) {
		err = bpf_map_get_next_key(fd, &id, &next);
		bpf_map_delete_elem(fd, &id);
	}
}

int kallmod_prober_take_stacks(struct kallmod_prober *prober)
{
	int fd = bpf_map__fd(prober->skel->maps.stack_counts);
	struct kallmod_probe_stack key, next;
	struct kallmod_probe_stack_count count;
	bool on = prober->on;
	int err;

	/* A stack's number must not get a new meaning between its two maps. */
	kallmod_prober_switch(prober, false);
	for (err = bpf_map_get_next_key(fd, NULL, &key); !err; key = next) {
		err = bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, &count))
			pass_stack(prober, &key, &count);
		bpf_map_delete_elem(fd, &key);
	}
	clear_stacks(prober);
	kallmod_prober_switch(prober, on);
	return 0;
}

/* ---- totals ----------------------------------------------------------------------------- */

uint64_t kallmod_prober_links_missed(const struct kallmod_attachment *attachment)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < attachment->nlinks; i++)
		missed += kallmod_attach_link_missed(attachment->links[i].fd) +
			  kallmod_attach_link_missed(attachment->links[i].return_fd);
	return missed;
}

/* The programs are shared by all attachments; so theirs is asked for once, and not of each. */
static uint64_t programs_missed(const struct kallmod_prober *prober)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, prober->skel->obj)
		if (bpf_program__fd(program) >= 0)
			missed += kallmod_attach_program_missed(bpf_program__fd(program));
	return missed;
}

static int sum_stats(struct kallmod_prober *prober, struct kallmod_probe_stats *ret)
{
	cleanup_free struct kallmod_probe_stats *values =
		calloc(prober->npossible, sizeof(*values));
	uint32_t zero = 0;

	if (!values)
		return kallmod_fail(prober->ctx, -ENOMEM, "no memory");
	if (bpf_map_lookup_elem(bpf_map__fd(prober->skel->maps.stats), &zero, values))
		return kallmod_fail(prober->ctx, -errno, "BPF counters: %s", strerror(errno));
	*ret = (struct kallmod_probe_stats){};
	for (int i = 0; i < prober->npossible; i++) {
		ret->lost += values[i].lost;
		ret->unmatched += values[i].unmatched;
		ret->refused += values[i].refused;
		ret->no_stack += values[i].no_stack;
	}
	return 0;
}

int kallmod_prober_totals(struct kallmod_prober *prober, struct kallmod_prober_totals *ret)
{
	struct kallmod_prober_totals totals = {.missed = prober->missed};
	int err = sum_stats(prober, &totals.stats);

	if (err)
		return err;
	totals.missed += programs_missed(prober);
	for (size_t i = 0; i < prober->ngroups; i++)
		if (prober->groups[i].attachment)
			totals.missed += kallmod_prober_links_missed(prober->groups[i].attachment);
	totals.seconds = prober->seconds_ns / 1e9;
	if (prober->on)
		totals.seconds += (kallmod_now_ns() - prober->on_ns) / 1e9;
	*ret = totals;
	return 0;
}
