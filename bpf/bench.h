/* SPDX-License-Identifier: GPL-2.0-only */
/* What bench.bpf.c and user/cmd/bench*.c agree on. Includers provide __u32 and __u64. */
#ifndef KALLMOD_BENCH_H
#define KALLMOD_BENCH_H

#define BENCH_LOOKUPS 256	 /* per run of a program */
#define BENCH_HOT 64		 /* addresses of a hot measurement */
#define BENCH_RANGES 65536	 /* ranges that the other ways can hold */
#define BENCH_SLOTS (1 << 21)	 /* of 16 bytes: 32 MiB of text, 4 MiB of table */
#define BENCH_PAGES (1 << 17)	 /* of 4 KiB; only the lower half is indexed */
#define BENCH_BLOCK_SHIFT 8	 /* the hash has a key per 256 bytes of text */
#define BENCH_BLOCKS (1 << 18)	 /* 64 MiB of text */
#define BENCH_PREFIXES (1 << 20)
#define BENCH_CHECKS 131072
#define BENCH_CHECKS_PER_RUN 256

struct bench_range {
	__u64 start; /* the set is valid from here to the next range's start */
	__u32 set;
	__u32 pad;
};

struct bench_prefix {
	__u32 length; /* bits */
	__u64 address; /* big-endian */
} __attribute__((packed));

struct bench_check {
	__u64 address;
	__u32 set;
	__u32 pad;
};

#endif
