/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records and counters shared by the BPF programs and user space. Fixed-width, the same
 * layout on both sides; every size is asserted. Includers provide __u8 … __u64
 * (<linux/types.h> in user space, the types of vmlinux_btf/ in BPF).
 */
#ifndef KALLMOD_EVENT_H
#define KALLMOD_EVENT_H

#define KALLMOD_MAX_FRAMES 127
#define KALLMOD_COMM_LEN 16

/* What the sampler does with a sample; bits of kallmod_profile_config.flags. */
enum kallmod_profile_flag {
	KALLMOD_PROFILE_COUNT = 1 << 0,	 /* per-set counters and the hash of functions */
	KALLMOD_PROFILE_STACKS = 1 << 1, /* walk kernel stacks: CHARGED and TOTAL */
	KALLMOD_PROFILE_RECORD = 1 << 2, /* write a record per sample to the ring buffer */
	/* For measuring only: stop after the count, or after bpf_get_stack. */
	KALLMOD_PROFILE_STOP_AFTER_COUNT = 1 << 3,
	KALLMOD_PROFILE_STOP_AFTER_STACK = 1 << 4,
};

/* Per-CPU totals. samples = kernel + user + idle. */
struct kallmod_profile_stats {
	__u64 samples;
	__u64 kernel;	  /* in kernel text, not idle */
	__u64 user;
	__u64 idle;	  /* pid 0 and inside the idle text */
	__u64 unresolved; /* of kernel: module area, while its map is being rewritten */
	__u64 lost;	  /* refused ring-buffer reservations and refused hash entries */
	__u64 truncated;  /* stacks cut at KALLMOD_MAX_FRAMES */
	__u64 filtered;	  /* of another process, with -p */
	__u64 irq_stops;  /* walks that ended at an interrupt or softirq entry */
	__u64 no_stack;	  /* samples whose stack could not be had */
};
_Static_assert(sizeof(struct kallmod_profile_stats) == 80, "layout");

/* Per-CPU counters of one module set, in an array indexed by set id. */
struct kallmod_profile_count {
	__u64 self;
	__u64 charged;
	__u64 total;
	__u64 last_sample; /* the sample that counted this set last: once per sample */
};
_Static_assert(sizeof(struct kallmod_profile_count) == 32, "layout");

/*
 * A function and a process, for the drill-down: an entry of a fixed-size hash per CPU, open
 * addressing, one cache line. Each CPU has two tables of the same size, in turn: epoch, which
 * user space counts up from 1, says which one is filled (its parity) and which entries of it
 * are of now; all others are free. So nothing is ever deleted, and the table that is read is
 * not written.
 */
struct kallmod_profile_hit {
	__u64 ip;      /* a return address is given - 1 already */
	__u32 tgid;
	__u32 set;     /* module set of ip when it was sampled */
	__u64 self;    /* ip was the sampled address */
	__u64 charged; /* ip was the frame that was charged */
	char comm[KALLMOD_COMM_LEN];
	__u32 epoch;
	__u32 pad[3];
};
_Static_assert(sizeof(struct kallmod_profile_hit) == 64, "layout");

#define KALLMOD_HIT_PROBES 8 /* entries tried before a hit is refused, and counted as lost */

enum kallmod_record_type {
	KALLMOD_RECORD_SAMPLE = 1,
	KALLMOD_RECORD_GATE, /* the type alone: modules have changed */
	KALLMOD_RECORD_CALL, /* of a probe: see probe.h */
};

/*
 * One sample. Frames follow it: frames[nframes] (u64), then sets[nframes] (u16). On its way
 * through the ring buffer it is a struct kallmod_raw_record, cut behind the last frame.
 */
struct kallmod_record {
	__u32 type;    /* enum kallmod_record_type */
	__u32 size;    /* whole record, frames included, bytes */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 ip;
	__u32 pid;     /* thread group */
	__u32 tid;
	__u32 cpu;
	__u16 set;
	__u16 charged; /* the set that is charged; = set without stacks */
	__u16 nframes; /* 0 without -g; frames[0] is ip */
	__u8 mode;     /* enum kallmod_sample_mode */
	__u8 pad;
	char comm[KALLMOD_COMM_LEN];
	__u32 pad2;
};
_Static_assert(sizeof(struct kallmod_record) == 64, "layout");

struct kallmod_raw_record {
	struct kallmod_record record;
	__u16 sets[KALLMOD_MAX_FRAMES + 1];
	__u64 frames[KALLMOD_MAX_FRAMES + 1];
};
_Static_assert(sizeof(struct kallmod_raw_record) == 64 + 256 + 1024, "layout");

enum kallmod_sample_mode {
	KALLMOD_SAMPLE_KERNEL,
	KALLMOD_SAMPLE_USER,
	KALLMOD_SAMPLE_IDLE,
};

#endif
