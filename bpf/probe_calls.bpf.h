/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that each task is in, of functions that are probed: what a return belongs to, and
 * what a call was called by. For probe.bpf.c.
 */
#ifndef KALLMOD_PROBE_CALLS_H
#define KALLMOD_PROBE_CALLS_H

/* The calls that tasks are in, by thread; by CPU for its idle task. Old ones make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_probe_calls);
} calls SEC(".maps");

/* What a new entry of calls is made of: zeros, too many for the BPF stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kallmod_probe_calls);
} no_calls SEC(".maps");

/* All idle tasks are thread 0. */
static __always_inline __u32 task_key(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return tid ? tid : ~bpf_get_smp_processor_id();
}

static __always_inline struct kallmod_probe_calls *task_calls(void)
{
	__u32 key = task_key(), zero = 0;
	struct kallmod_probe_calls *found = bpf_map_lookup_elem(&calls, &key);
	void *none;

	if (found)
		return found;
	none = bpf_map_lookup_elem(&no_calls, &zero);
	if (!none || bpf_map_update_elem(&calls, &key, none, BPF_ANY))
		return 0;
	return bpf_map_lookup_elem(&calls, &key);
}

static __always_inline struct kallmod_probe_call *call_at(struct kallmod_probe_calls *of,
							  __u64 i)
{
	asm volatile("" : "+r"(i));
	return &of->at[i & (KALLMOD_PROBE_DEPTH - 1)];
}

/* Stacks are aligned to their size, 16 KiB; those of interrupts are others. */
static __always_inline bool same_stack(__u64 a, __u64 b)
{
	return a && b && !((a ^ b) >> 14);
}

/*
 * True when a call is over although its return was never seen: a call that comes later is as
 * far up its stack, or further. A tail call has the stack pointer of the function before it,
 * whose return is still to come.
 */
static __always_inline bool is_over(const struct kallmod_probe_call *call, __u64 sp, __u32 index)
{
	return same_stack(call->sp, sp) &&
	       (call->sp < sp || (call->sp == sp && call->function == index));
}

/* The calls that a task is still in when one begins at sp. */
static __noinline __u32 still_in(struct kallmod_probe_calls *of, __u64 sp, __u32 index)
{
	__u32 depth = of->depth, i;

	for (i = 0; i < KALLMOD_PROBE_DEPTH && depth; i++, depth--)
		if (!is_over(call_at(of, depth - 1), sp, index))
			break;
	return depth;
}

/* Whether one of the calls is of this set. */
static __noinline __u32 is_within(struct kallmod_probe_calls *of, __u32 depth, __u32 set)
{
	__u32 i;

	for (i = 0; i < KALLMOD_PROBE_DEPTH && i < depth; i++)
		if (call_at(of, i)->set == set)
			return 1;
	return 0;
}

/* The number, from 1, of the innermost call of a function; 0: there is none. */
static __noinline __u32 find_call(struct kallmod_probe_calls *of, __u32 index)
{
	__u32 depth = of->depth, i;

	for (i = 0; i < KALLMOD_PROBE_DEPTH && depth; i++, depth--)
		if (call_at(of, depth - 1)->function == index)
			return depth;
	return 0;
}

#endif
