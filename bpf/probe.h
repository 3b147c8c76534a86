/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records and counters of the probes, shared by bpf/probe.bpf.c and user space; as event.h,
 * which includers include before.
 */
#ifndef KALLMOD_PROBE_H
#define KALLMOD_PROBE_H

/* What a probe does with a call; bits of kallmod_probe_flags. Calls are always counted. */
enum kallmod_probe_flag {
	KALLMOD_PROBE_LATENCY = 1 << 0, /* histograms; needs return probes */
	KALLMOD_PROBE_STACKS = 1 << 1,	/* kernel stacks */
	KALLMOD_PROBE_EVENTS = 1 << 2,	/* a record per call */
	KALLMOD_PROBE_RETURNS = 1 << 3, /* EVENTS: the record is written at the return */
	KALLMOD_PROBE_TGID = 1 << 4,	/* filters */
	KALLMOD_PROBE_COMM = 1 << 5,
	KALLMOD_PROBE_CGROUP = 1 << 6,
	KALLMOD_PROBE_NOT_SELF = 1 << 7, /* not the calls of kallmod itself */
};

/*
 * A function's cookie: its number, and in the upper 40 bits the distance of its symbol from
 * kallmod_probe_base, signed; so a probe knows the address without any lookup.
 */
#define KALLMOD_PROBE_INDEX_BITS 24
#define KALLMOD_PROBE_INDEX_MASK ((1 << KALLMOD_PROBE_INDEX_BITS) - 1)

/* By CPU and function. */
struct kallmod_probe_count {
	__u64 calls;
	__u32 set; /* what the kernel's lookup says of the function; found at its first call */
	__u32 pad;
};
_Static_assert(sizeof(struct kallmod_probe_count) == 16, "layout");

/* What went wrong, per CPU. */
struct kallmod_probe_stats {
	__u64 lost;	 /* records and stacks that found no room */
	__u64 unmatched; /* returns without their call, or calls without their return */
	__u64 refused;	 /* calls of a task that has no place for its calls, or too many */
	__u64 no_stack;	 /* stacks that could not be had */
};
_Static_assert(sizeof(struct kallmod_probe_stats) == 32, "layout");

/*
 * Times of calls that have ended, by function and by module set, in nanoseconds. Slot n of the
 * histogram is of [2^n, 2^(n+1)), the first one of 0 and 1.
 */
#define KALLMOD_PROBE_SLOTS 64
struct kallmod_probe_latency {
	__u64 total; /* sum of the calls' times */
	__u64 self;  /* without the time in probed functions that they called */
	__u64 max;
	__u64 nested; /* a set's: calls within a call of the same set, in self alone */
	__u64 slots[KALLMOD_PROBE_SLOTS];
};
_Static_assert(sizeof(struct kallmod_probe_latency) == 544, "layout");

/* A kernel stack: all calls that had it. */
struct kallmod_probe_stack {
	__u32 stack; /* of the map of stacks */
	__u32 function;
	char comm[KALLMOD_COMM_LEN];
};
_Static_assert(sizeof(struct kallmod_probe_stack) == 24, "layout");

struct kallmod_probe_stack_count {
	__u64 calls;
	__u32 set; /* of the function */
	__u32 pad;
};
_Static_assert(sizeof(struct kallmod_probe_stack_count) == 16, "layout");

#define KALLMOD_PROBE_ARGS 6

/* One call. */
struct kallmod_call_record {
	__u32 type; /* KALLMOD_RECORD_CALL */
	__u32 function;
	__u64 time_ns;	   /* CLOCK_MONOTONIC, of the entry */
	__u64 duration_ns; /* 0 without return */
	__u64 value;	   /* that it returned */
	__u64 args[KALLMOD_PROBE_ARGS];
	__u32 pid; /* thread group */
	__u32 tid;
	__u32 cpu;
	__u16 set;
	__u8 returned; /* duration and value are there */
	__u8 depth;    /* probed calls around it */
	char comm[KALLMOD_COMM_LEN];
};
_Static_assert(sizeof(struct kallmod_call_record) == 112, "layout");

/* The calls that a task is in, outermost first. */
#define KALLMOD_PROBE_DEPTH 32
struct kallmod_probe_call {
	__u64 start;
	__u64 children; /* nanoseconds in probed functions that it called */
	__u64 sp;	/* the stack pointer at its entry; 0: not known */
	__u32 function;
	__u16 set;
	__u16 outermost; /* of its set */
	__u64 args[KALLMOD_PROBE_ARGS];
};
_Static_assert(sizeof(struct kallmod_probe_call) == 80, "layout");

struct kallmod_probe_calls {
	__u32 depth;
	__u32 over; /* calls that found no room in at[] */
	struct kallmod_probe_call at[KALLMOD_PROBE_DEPTH];
};
_Static_assert(sizeof(struct kallmod_probe_calls) == 8 + 80 * KALLMOD_PROBE_DEPTH, "layout");

#endif
