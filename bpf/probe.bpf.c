// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes: run at the entry and the return of functions, and count them, time them, take
 * their stacks or record them. One body behind each kind of attachment; which of them there
 * are depends on the kernel, and only those that are used are loaded.
 *
 * As the sampler it uses context registers, helpers and maps, and nothing of the kernel's
 * inside. What kallmod_probe_flags leaves out the verifier removes, so counting stays cheap:
 * no hash, no ring buffer, one array access.
 */
#include <stdbool.h>

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "gate.bpf.h"
#include "kallmod.bpf.h"
#include "probe.h"
#include "probe_calls.bpf.h"
#include "regs.h"

const volatile __u32 kallmod_probe_flags = 0; /* enum kallmod_probe_flag */
const volatile __u64 kallmod_probe_base = 0;  /* of the addresses in cookies */
const volatile __u32 kallmod_probe_stride = 1; /* functions there is room for, for each CPU */
const volatile __u32 kallmod_probe_shards = 1; /* copies of the latencies; a power of two */
const volatile __u32 kallmod_probe_times = 1;  /* entries of one copy */
const volatile __u32 kallmod_probe_sets = 0;   /* the first entry of module sets in it */
const volatile __u32 kallmod_probe_tgid = 0;
const volatile __u32 kallmod_probe_self = 0;	   /* our own thread group */
const volatile __u64 kallmod_probe_comm[2] = {};
const volatile __u64 kallmod_probe_wake_bytes = 0; /* of unread records that wake the reader */
__u32 kallmod_probe_on = 0;			   /* written by user space */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kallmod_probe_stats);
} stats SEC(".maps");

/* By CPU, then by function: an access that every kernel's JIT inlines, and no line is shared. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_probe_count);
} counts SEC(".maps");

/* Copies of {functions, then module sets}; a CPU uses one copy, others may use it too. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_probe_latency);
} latencies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1); /* set at load */
	__uint(key_size, 4);
	__uint(value_size, KALLMOD_MAX_FRAMES * 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set at load */
	__type(key, struct kallmod_probe_stack);
	__type(value, struct kallmod_probe_stack_count);
} stack_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cgroup SEC(".maps");

/* A call at hand. */
struct hit {
	void *ctx;
	__u64 cookie;
	__u64 sp;
	__u64 args[KALLMOD_PROBE_ARGS]; /* for events alone: not set otherwise, which would cost */
};

static __always_inline struct kallmod_probe_stats *get_stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

#define COUNT_STAT(field)                                  \
	do {                                               \
		struct kallmod_probe_stats *st = get_stats(); \
		if (st)                                    \
			st->field++;                       \
	} while (0)

/* ---- filters -------------------------------------------------------------------------- */

static __always_inline bool comm_fits(void)
{
	__u64 comm[2] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	return comm[0] == kallmod_probe_comm[0] && comm[1] == kallmod_probe_comm[1];
}

static __always_inline bool wanted(void)
{
	__u32 flags = kallmod_probe_flags;

	if (!*(volatile __u32 *)&kallmod_probe_on)
		return false;
	if (flags & (KALLMOD_PROBE_TGID | KALLMOD_PROBE_NOT_SELF)) {
		__u32 tgid = bpf_get_current_pid_tgid() >> 32;

		if (flags & KALLMOD_PROBE_TGID && tgid != kallmod_probe_tgid)
			return false;
		if (flags & KALLMOD_PROBE_NOT_SELF && tgid == kallmod_probe_self)
			return false;
	}
	if (flags & KALLMOD_PROBE_COMM && !comm_fits())
		return false;
	if (flags & KALLMOD_PROBE_CGROUP && bpf_current_task_under_cgroup(&cgroup, 0) != 1)
		return false;
	return true;
}

/* ---- counts and stacks ------------------------------------------------------------------ */

static __always_inline __u32 index_of(__u64 cookie)
{
	return cookie & KALLMOD_PROBE_INDEX_MASK;
}

static __always_inline __u32 find_set(__u64 cookie)
{
	return kallmod_lookup(kallmod_probe_base + ((__s64)cookie >> KALLMOD_PROBE_INDEX_BITS));
}

/*
 * Counts a call; returns the function's module set. A function that is attached does not change
 * its module, so its first call on a CPU finds the set for all: unless modules were changing.
 */
static __always_inline __u32 count(__u64 cookie)
{
	__u32 key = bpf_get_smp_processor_id() * kallmod_probe_stride + index_of(cookie);
	struct kallmod_probe_count *at = bpf_map_lookup_elem(&counts, &key);

	if (!at)
		return KALLMOD_SET_UNRESOLVED;
	if (!at->calls || at->set == KALLMOD_SET_UNRESOLVED)
		at->set = find_set(cookie);
	at->calls++;
	return at->set;
}

static __always_inline void take_stack(const struct hit *hit, __u32 set)
{
	struct kallmod_probe_stack key = {.function = index_of(hit->cookie)};
	struct kallmod_probe_stack_count *at, one = {.calls = 1, .set = set};
	long id = bpf_get_stackid(hit->ctx, &stacks, 0);

	if (id < 0 && id != -17 /* EEXIST: two stacks of one hash */) {
		COUNT_STAT(no_stack);
		return;
	}
	if (id < 0) {
		COUNT_STAT(lost);
		return;
	}
	key.stack = id;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	at = bpf_map_lookup_elem(&stack_counts, &key);
	if (!at && !bpf_map_update_elem(&stack_counts, &key, &one, BPF_NOEXIST))
		return;
	if (!at)
		at = bpf_map_lookup_elem(&stack_counts, &key);
	if (at)
		__sync_fetch_and_add(&at->calls, 1);
	else
		COUNT_STAT(lost);
}

/* ---- calls --------------------------------------------------------------------------------- */

static __always_inline void begin_call(const struct hit *hit, __u32 set)
{
	struct kallmod_probe_calls *of = task_calls();
	__u32 index = index_of(hit->cookie), depth;
	struct kallmod_probe_call *call;

	if (!of) {
		COUNT_STAT(refused);
		return;
	}
	depth = still_in(of, hit->sp, index);
	if (depth != of->depth) {
		COUNT_STAT(unmatched);
		of->over = 0;
	}
	if (depth >= KALLMOD_PROBE_DEPTH) {
		of->over++;
		COUNT_STAT(refused);
		return;
	}
	call = call_at(of, depth);
	call->children = 0;
	call->sp = hit->sp;
	call->function = index;
	call->set = set;
	if (kallmod_probe_flags & KALLMOD_PROBE_LATENCY)
		call->outermost = !is_within(of, depth, set);
	if (kallmod_probe_flags & KALLMOD_PROBE_EVENTS)
		__builtin_memcpy(call->args, hit->args, sizeof(call->args));
	of->depth = depth + 1;
	call->start = bpf_ktime_get_ns();
}

/* ---- latencies --------------------------------------------------------------------------- */

static __always_inline __u64 log2_of(__u64 value)
{
	__u64 result = 0;

#pragma unroll
	for (int shift = 32; shift; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			result += shift;
		}
	}
	return result;
}

static __always_inline struct kallmod_probe_latency *latency_of(__u32 entry)
{
	__u32 shard = bpf_get_smp_processor_id() & (kallmod_probe_shards - 1);
	__u32 key = shard * kallmod_probe_times + entry;

	return bpf_map_lookup_elem(&latencies, &key);
}

static __always_inline void add_time(struct kallmod_probe_latency *into, __u64 ns)
{
	__u64 slot = log2_of(ns);

	asm volatile("" : "+r"(slot));
	__sync_fetch_and_add(&into->total, ns);
	__sync_fetch_and_add(&into->slots[slot & (KALLMOD_PROBE_SLOTS - 1)], 1);
	/* Two CPUs of one copy may race for it, and the smaller win; old kernels cannot do better. */
	if (into->max < ns)
		into->max = ns;
}

static __always_inline void add_latency(const struct kallmod_probe_call *call, __u64 ns)
{
	__u64 self = ns > call->children ? ns - call->children : 0;
	struct kallmod_probe_latency *function = latency_of(call->function);
	struct kallmod_probe_latency *set;

	if (function) {
		add_time(function, ns);
		__sync_fetch_and_add(&function->self, self);
	}
	if (call->set >= KALLMOD_SET_RESERVED)
		return;
	set = latency_of(kallmod_probe_sets + call->set);
	if (!set)
		return;
	__sync_fetch_and_add(&set->self, self);
	/* A call within a call of the same module is part of its time already. */
	if (call->outermost)
		add_time(set, ns);
	else
		__sync_fetch_and_add(&set->nested, 1);
}

/* ---- records ------------------------------------------------------------------------------ */

static __always_inline void write_record(const __u64 *args, __u32 index, __u32 set, __u64 time,
					 __u64 duration, __u64 value, __u32 returned, __u32 depth)
{
	struct kallmod_call_record *record;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	bool wake;

	record = bpf_ringbuf_reserve(&kallmod_events, sizeof(*record), 0);
	if (!record) {
		COUNT_STAT(lost);
		return;
	}
	record->type = KALLMOD_RECORD_CALL;
	record->function = index;
	record->time_ns = time;
	record->duration_ns = duration;
	record->value = value;
	__builtin_memcpy(record->args, args, sizeof(record->args));
	record->pid = pid_tgid >> 32;
	record->tid = pid_tgid;
	record->cpu = bpf_get_smp_processor_id();
	record->set = set;
	record->returned = returned;
	record->depth = depth;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	/* The reader also comes by itself: wake it only when a quarter of the buffer is full. */
	wake = bpf_ringbuf_query(&kallmod_events, BPF_RB_AVAIL_DATA) >= kallmod_probe_wake_bytes;
	bpf_ringbuf_submit(record, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* ---- entry and return --------------------------------------------------------------------- */

static __always_inline int enter(const struct hit *hit)
{
	__u32 flags = kallmod_probe_flags, set;

	set = count(hit->cookie);
	if (flags & KALLMOD_PROBE_STACKS)
		take_stack(hit, set);
	if (flags & KALLMOD_PROBE_EVENTS && !(flags & KALLMOD_PROBE_RETURNS))
		write_record(hit->args, index_of(hit->cookie), set, bpf_ktime_get_ns(), 0, 0, 0, 0);
	if (flags & (KALLMOD_PROBE_LATENCY | KALLMOD_PROBE_RETURNS))
		begin_call(hit, set);
	return 0;
}

/* depth: the number of the call that has ended, from 1. */
static __always_inline void end_call(struct kallmod_probe_calls *of, __u32 depth, __u64 now,
				     __u64 value)
{
	struct kallmod_probe_call *call = call_at(of, depth - 1);
	__u64 ns = now > call->start ? now - call->start : 0;

	if (depth > 1)
		call_at(of, depth - 2)->children += ns;
	if (kallmod_probe_flags & KALLMOD_PROBE_LATENCY)
		add_latency(call, ns);
	if (kallmod_probe_flags & KALLMOD_PROBE_EVENTS)
		write_record(call->args, call->function, call->set, call->start, ns, value, 1,
			     depth - 1);
	of->depth = depth - 1;
}

static __always_inline int leave(__u64 cookie, __u64 value)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 key = task_key(), depth;
	struct kallmod_probe_calls *of = bpf_map_lookup_elem(&calls, &key);

	if (!of) {
		COUNT_STAT(unmatched);
		return 0;
	}
	if (of->over) {
		of->over--;
		return 0;
	}
	depth = find_call(of, index_of(cookie));
	if (depth != of->depth || !depth)
		COUNT_STAT(unmatched);
	if (depth)
		end_call(of, depth, now, value);
	return 0;
}

/* ---- the programs ------------------------------------------------------------------------- */

static __always_inline int enter_regs(bpf_user_pt_regs_t *regs)
{
	struct hit hit;

	if (!wanted())
		return 0;
	hit.ctx = regs;
	hit.cookie = bpf_get_attach_cookie(regs);
	if (kallmod_probe_flags & (KALLMOD_PROBE_LATENCY | KALLMOD_PROBE_RETURNS))
		hit.sp = KALLMOD_REGS_SP(regs);
	if (kallmod_probe_flags & KALLMOD_PROBE_EVENTS) {
		hit.args[0] = KALLMOD_REGS_ARG0(regs);
		hit.args[1] = KALLMOD_REGS_ARG1(regs);
		hit.args[2] = KALLMOD_REGS_ARG2(regs);
		hit.args[3] = KALLMOD_REGS_ARG3(regs);
		hit.args[4] = KALLMOD_REGS_ARG4(regs);
		hit.args[5] = KALLMOD_REGS_ARG5(regs);
	}
	return enter(&hit);
}

static __always_inline int leave_regs(bpf_user_pt_regs_t *regs)
{
	if (!wanted())
		return 0;
	return leave(bpf_get_attach_cookie(regs), KALLMOD_REGS_VALUE(regs));
}

SEC("kprobe.multi")
int kallmod_multi(bpf_user_pt_regs_t *regs)
{
	return enter_regs(regs);
}

SEC("kretprobe.multi")
int kallmod_multi_return(bpf_user_pt_regs_t *regs)
{
	return leave_regs(regs);
}

SEC("kprobe")
int kallmod_kprobe(bpf_user_pt_regs_t *regs)
{
	return enter_regs(regs);
}

SEC("kretprobe")
int kallmod_kprobe_return(bpf_user_pt_regs_t *regs)
{
	return leave_regs(regs);
}

SEC("fentry")
int kallmod_fentry(void *ctx)
{
	struct hit hit;

	if (!wanted())
		return 0;
	hit.ctx = ctx;
	hit.cookie = bpf_get_attach_cookie(ctx);
	hit.sp = 0;
	if (kallmod_probe_flags & KALLMOD_PROBE_EVENTS) {
#pragma unroll
		for (int i = 0; i < KALLMOD_PROBE_ARGS; i++) {
			hit.args[i] = 0;
			bpf_get_func_arg(ctx, i, &hit.args[i]);
		}
	}
	return enter(&hit);
}

SEC("fexit")
int kallmod_fexit(void *ctx)
{
	__u64 value = 0;

	if (!wanted())
		return 0;
	if (kallmod_probe_flags & KALLMOD_PROBE_EVENTS)
		bpf_get_func_ret(ctx, &value);
	return leave(bpf_get_attach_cookie(ctx), value);
}

char LICENSE[] SEC("license") = "GPL";
