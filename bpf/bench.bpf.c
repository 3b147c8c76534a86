// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lookup costs, ours beside the other ways to do it, and whether ours is right.
 * Run with BPF_PROG_TEST_RUN; every program does BENCH_LOOKUPS lookups a run.
 */
#include "kernel_types.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench.h"
#include "kallmod.bpf.h"

/* Input of all programs, set before each measurement. */
__u64 bench_base;     /* first address of the text that is looked up */
__u64 bench_size;     /* its bytes, below 4 GiB */
__u32 bench_hot;      /* 1: look up bench_addresses only, 0: anywhere */
__u32 bench_nranges;  /* valid entries of bench_ranges */
__u64 bench_addresses[BENCH_HOT];
__u64 bench_sum;      /* keeps the compiler from dropping what it computes */

struct bench_range bench_ranges[BENCH_RANGES];
/* Per 4 KiB page, the range that holds its first byte. */
__u32 bench_pages[BENCH_PAGES];

/* The way with the most memory: a set for each 16 bytes of at most 32 MiB. */
struct bench_slot_table {
	__u16 sets[BENCH_SLOTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bench_slot_table);
} bench_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BENCH_BLOCKS);
	__type(key, __u32);
	__type(value, __u32);
} bench_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BENCH_RANGES);
	__type(key, __u32);
	__type(value, struct bench_range);
} bench_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BENCH_PREFIXES);
	__type(key, struct bench_prefix);
	__type(value, __u32);
} bench_trie SEC(".maps");

/* The addresses to check and what the kernel found. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BENCH_CHECKS);
	__type(key, __u32);
	__type(value, struct bench_check);
} bench_checks SEC(".maps");
__u32 bench_first; /* the check that a run begins with */

/* Marsaglia's xorshift; no memory is touched for a random address. */
static __always_inline __u32 next_random(__u32 x)
{
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static __always_inline __u64 address(__u32 random)
{
	if (bench_hot)
		return bench_addresses[random & (BENCH_HOT - 1)];
	return bench_base + (((__u64)random * bench_size) >> 32);
}

/* One program: BENCH_LOOKUPS times what expression says of ip. */
#define BENCH(name, expression)                                          \
	SEC("tc")                                                        \
	int way_##name(void *ctx)                                        \
	{                                                                \
		__u32 x = 2463534242u + (__u32)bench_sum;                \
		__u64 sum = 0;                                           \
		int i;                                                   \
		for (i = 0; i < BENCH_LOOKUPS; i++) {                    \
			__u64 ip;                                        \
			x = next_random(x);                              \
			ip = address(x);                                 \
			sum += (expression);                             \
		}                                                        \
		bench_sum = sum;                                         \
		return 0;                                                \
	}

static __always_inline __u32 lookup_direct(__u64 ip)
{
	__u64 slot = (ip - bench_base) >> 4;
	__u32 zero = 0;
	struct bench_slot_table *table = bpf_map_lookup_elem(&bench_slots, &zero);

	asm volatile("" : "+r"(slot));
	return table ? table->sets[slot & (BENCH_SLOTS - 1)] : 0;
}

/* The last range that starts at or below ip, of [low, high). */
__attribute__((noinline)) int bench_search(__u64 ip, __u32 low, __u32 high)
{
	__u32 set = 0;
	int i;

	for (i = 0; i < 18 && low < high; i++) {
		__u64 middle = low + (high - low) / 2;

		asm volatile("" : "+r"(middle));
		middle &= BENCH_RANGES - 1;
		if (bench_ranges[middle].start <= ip) {
			set = bench_ranges[middle].set;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return set;
}

static __always_inline __u32 lookup_page(__u64 ip)
{
	__u64 page = (ip - bench_base) >> 12, next;
	__u32 low, high;

	asm volatile("" : "+r"(page));
	page &= BENCH_PAGES / 2 - 1;
	next = page + 1;
	low = bench_pages[page];
	high = bench_pages[next] + 1;
	return bench_search(ip, low, high);
}

static __always_inline __u32 lookup_hash(__u64 ip)
{
	__u32 key = (ip - bench_base) >> BENCH_BLOCK_SHIFT;
	__u32 *set = bpf_map_lookup_elem(&bench_hash, &key);

	return set ? *set : 0;
}

__attribute__((noinline)) int bench_search_array(__u64 ip, __u32 low, __u32 high)
{
	__u32 set = 0;
	int i;

	for (i = 0; i < 18 && low < high; i++) {
		__u32 middle = low + (high - low) / 2;
		struct bench_range *range = bpf_map_lookup_elem(&bench_array, &middle);

		if (!range)
			break;
		if (range->start <= ip) {
			set = range->set;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return set;
}

static __always_inline __u32 lookup_trie(__u64 ip)
{
	struct bench_prefix key = {.length = 64, .address = bpf_cpu_to_be64(ip)};
	__u32 *set = bpf_map_lookup_elem(&bench_trie, &key);

	return set ? *set : 0;
}

struct loop_state {
	__u64 ip;
	__u32 low, high, set;
};

static long search_step(__u32 index, struct loop_state *state)
{
	__u64 middle = state->low + (state->high - state->low) / 2;

	if (state->low >= state->high)
		return 1;
	asm volatile("" : "+r"(middle));
	middle &= BENCH_RANGES - 1;
	if (bench_ranges[middle].start <= state->ip) {
		state->set = bench_ranges[middle].set;
		state->low = middle + 1;
	} else {
		state->high = middle;
	}
	return 0;
}

/* A function, so that it is verified once, and not once per turn of the loop around it. */
__attribute__((noinline)) int bench_search_loop(__u64 ip)
{
	struct loop_state state = {.ip = ip, .high = bench_nranges};

	bpf_loop(18, search_step, &state, 0);
	return state.set;
}

BENCH(empty, ip)
BENCH(slot, kallmod_lookup(ip))
BENCH(direct, lookup_direct(ip))
BENCH(page, lookup_page(ip))
BENCH(binary, bench_search(ip, 0, bench_nranges))
BENCH(hash, lookup_hash(ip))
BENCH(array, bench_search_array(ip, 0, bench_nranges))
BENCH(trie, lookup_trie(ip))
BENCH(loop, bench_search_loop(ip))

/* Looks up bench_checks[bench_first …], a run's worth of them. */
SEC("tc")
int check_lookups(void *ctx)
{
	__u32 i, first = bench_first;

	for (i = 0; i < BENCH_CHECKS_PER_RUN; i++) {
		__u32 key = first + i;
		struct bench_check *check = bpf_map_lookup_elem(&bench_checks, &key);

		if (!check)
			break;
		check->set = kallmod_lookup_marked(check->address);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
