// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampler: runs at every sample of a perf event, finds the module of the kernel address
 * that was hit, and counts or records it. With stacks it also charges the sample to the
 * module nearest to the leaf, and counts each module on the stack once.
 *
 * It uses context registers, helpers and maps, and nothing of the kernel's inside, so it also
 * loads without kernel BTF and under lockdown.
 */
#include <stdbool.h>

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "gate.bpf.h"
#include "kallmod.bpf.h"
#include "regs.h"

const volatile __u32 kallmod_flags = 0;	 /* enum kallmod_profile_flag */
const volatile __u32 kallmod_target = 0; /* thread group to sample; 0: all */
const volatile __u64 kallmod_wake_bytes = 0; /* of unread records that wake the reader */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kallmod_profile_stats);
} stats SEC(".maps");

/* By set id; the last entry stands for KALLMOD_SET_UNRESOLVED. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_profile_count);
} counts SEC(".maps");

const volatile __u32 kallmod_unresolved_index = 0;

/* By CPU, parity of the epoch and hash; see event.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_profile_hit);
} hits SEC(".maps");

const volatile __u32 kallmod_hits_mask = 0; /* entries of one table, a power of two, less 1 */
__u32 kallmod_hits_epoch = 1;		    /* written by user space */

/*
 * A sample at work. It lives in a map and not on the BPF stack, also for its size; what the
 * verifier does not see it need not tell apart, frame by frame.
 */
struct sample {
	struct kallmod_raw_record raw; /* frames and, for a record, all else */
	__u64 charged_ip; /* the frame that is charged, a return address less 1 */
	__u32 charged;	  /* its module set */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample);
} scratch SEC(".maps");

static __always_inline struct kallmod_profile_count *count_of(__u32 set)
{
	__u32 index = set == KALLMOD_SET_UNRESOLVED ? kallmod_unresolved_index : set;

	return bpf_map_lookup_elem(&counts, &index);
}

static __always_inline __u32 plain(__u32 marked)
{
	return marked == KALLMOD_SET_IRQ || marked == KALLMOD_SET_IDLE ? 0 : marked;
}

/* Counts set's TOTAL unless this sample (its number on this CPU) has done so already. */
static __always_inline void count_total(__u32 set, __u64 sample)
{
	struct kallmod_profile_count *count = count_of(set);

	if (count && count->last_sample != sample) {
		count->last_sample = sample;
		count->total++;
	}
}

/*
 * One frame of a walk, as a function of its own: it is verified once, and not once per frame.
 * last is the module set of the frame before: a module's frames come in runs, and only the
 * first of a run has anything to count. Returns the frame's set, and STOP with it where an
 * interrupt or softirq begins.
 */
#define STOP 0x10000

__attribute__((noinline)) int visit_frame(__u64 ip, __u32 i, __u32 last, __u64 number)
{
	__u32 marked = kallmod_lookup_marked(ip), set = plain(marked), zero = 0;
	__u32 result = marked == KALLMOD_SET_IRQ ? STOP : set;
	struct sample *sample;

	if (set == last && !(kallmod_flags & KALLMOD_PROFILE_RECORD))
		return result;
	if (kallmod_flags & KALLMOD_PROFILE_COUNT)
		count_total(set, number);
	if (!set && !(kallmod_flags & KALLMOD_PROFILE_RECORD))
		return result;
	sample = bpf_map_lookup_elem(&scratch, &zero);
	if (!sample)
		return result;
	sample->raw.sets[i & KALLMOD_MAX_FRAMES] = set;
	if (set && !sample->charged) {
		sample->charged = set;
		sample->charged_ip = ip;
	}
	return result;
}

/* Tags a frame behind an interrupt entry, which counts for nobody. */
__attribute__((noinline)) int tag_frame(__u64 ip)
{
	return kallmod_lookup(ip);
}

/*
 * Walks the n frames of the sample at work, leaf first, to the first interrupt or softirq
 * entry: what lies behind it was interrupted and did not ask for this time. number is the
 * sample's on this CPU. A function for the verifier's sake: the loop is explored once, and not
 * for every state that its caller may be in. Returns whether there was such an entry.
 */
__attribute__((noinline)) int walk(__u32 n, __u64 number)
{
	__u32 i, zero = 0, frame = KALLMOD_SET_RESERVED;
	bool record = kallmod_flags & KALLMOD_PROFILE_RECORD;
	struct sample *sample = bpf_map_lookup_elem(&scratch, &zero);

	if (!sample)
		return 0;
	for (i = 0; i < KALLMOD_MAX_FRAMES && i < n; i++) {
		/* All but the leaf are return addresses: the call is before them. */
		__u64 ip = sample->raw.frames[i] - (i ? 1 : 0);

		/* In a whole page of the set of the frame before there is nothing to count. */
		if (!record && kallmod_text_page(ip) == frame)
			continue;
		frame = visit_frame(ip, i, frame, number);
		if (frame & STOP)
			break;
	}
	/* A record keeps the frames behind an interrupt entry, for the eye: tag those too. */
	if (kallmod_flags & KALLMOD_PROFILE_RECORD)
		for (i++; i < KALLMOD_MAX_FRAMES && i < n; i++)
			sample->raw.sets[i] = tag_frame(sample->raw.frames[i] - 1);
	return !!(frame & STOP);
}

/* The entry of a function and a process: an old one, or a free one that is made theirs. */
static __always_inline struct kallmod_profile_hit *find_hit(__u64 ip, __u32 set, __u32 tgid)
{
	__u32 epoch = *(volatile __u32 *)&kallmod_hits_epoch, i;
	__u32 table = (bpf_get_smp_processor_id() * 2 + (epoch & 1)) * (kallmod_hits_mask + 1);
	/* Fibonacci hashing: the upper half of the product is well mixed. */
	__u32 hash = ((ip ^ (__u64)tgid << 32) * 0x9e3779b97f4a7c15ull) >> 32;

	for (i = 0; i < KALLMOD_HIT_PROBES; i++) {
		__u32 index = table + ((hash + i) & kallmod_hits_mask);
		struct kallmod_profile_hit *hit = bpf_map_lookup_elem(&hits, &index);

		if (!hit)
			break;
		if (hit->epoch != epoch) {
			hit->ip = ip;
			hit->tgid = tgid;
			hit->set = set;
			hit->self = 0;
			hit->charged = 0;
			bpf_get_current_comm(hit->comm, sizeof(hit->comm));
			hit->epoch = epoch;
			return hit;
		}
		if (hit->ip == ip && hit->tgid == tgid)
			return hit;
	}
	return 0;
}

/* As a function: verified once for its callers. A hit that finds no place is lost. */
__attribute__((noinline)) int count_hit(__u64 ip, __u32 set, __u32 self, __u32 charged)
{
	struct kallmod_profile_hit *hit = find_hit(ip, set, bpf_get_current_pid_tgid() >> 32);

	if (!hit)
		return 1;
	hit->self += self;
	hit->charged += charged;
	return 0;
}

static __always_inline void count_self(struct kallmod_profile_stats *st, __u64 ip, __u32 set)
{
	struct kallmod_profile_count *count = count_of(set);

	if (count)
		count->self++;
	st->lost += count_hit(ip, set, 1, 0);
}

static __always_inline void count_charged(struct kallmod_profile_stats *st,
					  const struct sample *sample)
{
	struct kallmod_profile_count *count = count_of(sample->charged);

	if (count)
		count->charged++;
	st->lost += count_hit(sample->charged_ip, sample->charged, 0, 1);
}

static __always_inline void write_record(struct kallmod_profile_stats *st,
					 struct kallmod_raw_record *raw, __u64 ip, __u32 set,
					 __u32 charged, __u32 nframes, __u32 mode)
{
	struct kallmod_record *record = &raw->record;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 size;
	bool wake;

	record->type = KALLMOD_RECORD_SAMPLE;
	record->time_ns = bpf_ktime_get_ns();
	record->ip = ip;
	record->pid = pid_tgid >> 32;
	record->tid = pid_tgid;
	record->cpu = bpf_get_smp_processor_id();
	record->set = set;
	record->charged = charged;
	record->nframes = nframes;
	record->mode = mode;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	size = sizeof(*raw) - sizeof(raw->frames) + ((nframes & KALLMOD_MAX_FRAMES) * 8);
	record->size = size;
	/* The reader also comes by itself: wake it only when a quarter of the buffer is full. */
	wake = bpf_ringbuf_query(&kallmod_events, BPF_RB_AVAIL_DATA) >= kallmod_wake_bytes;
	if (bpf_ringbuf_output(&kallmod_events, raw, size,
			       wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP))
		st->lost++;
}

/* The kernel stack in raw->frames; the number of frames, 0 when it cannot be had. */
static __always_inline __u32 get_stack(void *ctx, struct kallmod_raw_record *raw,
				       struct kallmod_profile_stats *st)
{
	long bytes = bpf_get_stack(ctx, raw->frames, KALLMOD_MAX_FRAMES * 8, 0);

	if (bytes <= 0) {
		st->no_stack++;
		return 0;
	}
	if (bytes == KALLMOD_MAX_FRAMES * 8)
		st->truncated++;
	return bytes / 8;
}

static __always_inline void sample_kernel(void *ctx, struct kallmod_profile_stats *st,
					  struct sample *sample, __u64 ip, __u32 set)
{
	__u32 nframes = 0;

	sample->charged = set;
	sample->charged_ip = ip;
	if (set == KALLMOD_SET_UNRESOLVED)
		st->unresolved++;
	if (kallmod_flags & KALLMOD_PROFILE_COUNT)
		count_self(st, ip, set);
	if (kallmod_flags & KALLMOD_PROFILE_STACKS) {
		nframes = get_stack(ctx, &sample->raw, st);
		if (kallmod_flags & KALLMOD_PROFILE_STOP_AFTER_STACK)
			return;
		if (nframes)
			st->irq_stops += walk(nframes, st->samples);
		else if (kallmod_flags & KALLMOD_PROFILE_COUNT)
			count_total(set, st->samples);
		if (kallmod_flags & KALLMOD_PROFILE_COUNT)
			count_charged(st, sample);
	}
	if (kallmod_flags & KALLMOD_PROFILE_RECORD)
		write_record(st, &sample->raw, ip, set, sample->charged, nframes,
			     KALLMOD_SAMPLE_KERNEL);
}

/* True when the sample counts: it is of the thread group that was asked for. */
static __always_inline bool wanted(struct kallmod_profile_stats *st)
{
	if (!kallmod_target || bpf_get_current_pid_tgid() >> 32 == kallmod_target)
		return true;
	st->filtered++;
	return false;
}

SEC("perf_event")
int kallmod_sample(struct bpf_perf_event_data *ctx)
{
	__u32 zero = 0, marked;
	struct kallmod_profile_stats *st = bpf_map_lookup_elem(&stats, &zero);
	struct sample *sample = bpf_map_lookup_elem(&scratch, &zero);
	__u64 ip = KALLMOD_REGS_IP(&ctx->regs);

	if (!st || !sample || !wanted(st))
		return 0;
	st->samples++;
	if (KALLMOD_REGS_USER(&ctx->regs)) {
		st->user++;
		if (kallmod_flags & KALLMOD_PROFILE_RECORD)
			write_record(st, &sample->raw, ip, 0, 0, 0, KALLMOD_SAMPLE_USER);
		return 0;
	}
	if (kallmod_flags & KALLMOD_PROFILE_STOP_AFTER_COUNT) {
		st->kernel++;
		return 0;
	}
	marked = kallmod_lookup_marked(ip);
	if (marked == KALLMOD_SET_IDLE && (__u32)bpf_get_current_pid_tgid() == 0) {
		st->idle++;
		if (kallmod_flags & KALLMOD_PROFILE_RECORD)
			write_record(st, &sample->raw, ip, 0, 0, 0, KALLMOD_SAMPLE_IDLE);
		return 0;
	}
	st->kernel++;
	sample_kernel(ctx, st, sample, ip, plain(marked));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
