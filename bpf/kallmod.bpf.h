/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which module does a kernel address belong to? For any BPF program:
 *
 *	#include "kallmod.bpf.h"            after vmlinux.h or <linux/bpf.h>, and bpf_helpers.h
 *	__u32 set = kallmod_lookup(ip);     a module set id; 0 is the kernel proper
 *	const char *name = kallmod_name(set);
 *
 * User space sizes the tables between open and load and fills them after it, with
 * kallmod_tables_prepare() and kallmod_tables_fill() of libkallmod.
 *
 * The table. Text is cut into 4 KiB pages. A directory has an entry for each, a u16:
 *
 *	0x0000-0x7fff  the whole page belongs to this module set
 *	0x8000 | n     boundaries lie inside the page: leaf n has up to eight pieces, or, where
 *	               there are more, the place of its boundaries in kallmod_bounds
 *
 * The directory of the kernel's text is a global array, one load away. The area of loadable
 * modules and JIT-compiled BPF is 40 times as large and mostly empty: its directory is cut
 * into chunks of 256 pages, which are the values of kallmod_table. User space rewrites
 * that area as modules come and go; while it does, and from the moment that the kernel says
 * so (gate.bpf.h), addresses there resolve to KALLMOD_SET_UNRESOLVED and never to a module
 * that is gone.
 *
 * Works from Linux 5.8, without kernel BTF, CO-RE or bpf_probe_read_kernel.
 */
#ifndef KALLMOD_BPF_H
#define KALLMOD_BPF_H

#include "kallmod_tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kallmod_chunk);
} kallmod_table SEC(".maps");

/* The leaves from KALLMOD_NEAR_LEAVES on, should there be that many. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kallmod_leaf);
} kallmod_far_leaves SEC(".maps");

/* The boundaries of crowded pages, the page's start among them, in address order. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kallmod_bound);
} kallmod_bounds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_set_info);
} kallmod_sets SEC(".maps");

struct kallmod_table_config kallmod_config SEC(".data.kallmod");

/*
 * The set of the last of n boundaries, from number first on, at or below ip. A function of its
 * own, verified once: inlined into a walk over a stack it would be verified per frame, and
 * cost a hundred times as much to load.
 */
__attribute__((weak, noinline)) int kallmod_search(__u64 ip, __u32 first, __u32 n)
{
	__u32 set = KALLMOD_SET_UNRESOLVED, half, key;
	int i;

	for (i = 0; i < KALLMOD_SEARCH_STEPS && n; i++) {
		struct kallmod_bound *bound;

		half = n / 2;
		key = first + half;
		bound = bpf_map_lookup_elem(&kallmod_bounds, &key);
		if (!bound)
			break;
		if (bound->start <= ip) {
			set = bound->set;
			first = key + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return set;
}

/*
 * The set of the piece of a leaf that holds ip, without a branch: half of all branches on
 * where in a page an address lies would be foreseen wrongly.
 */
static __always_inline __u64 kallmod_piece(const struct kallmod_leaf *leaf, __u64 ip)
{
	__u64 offset = (ip & 0xfff) * KALLMOD_LEAF_ONES;
	__u64 low = (leaf->last[0] - offset) & KALLMOD_LEAF_BITS;
	__u64 high = (leaf->last[1] - offset) & KALLMOD_LEAF_BITS;
	/* The sum, one to eight, is in the top four bits; this is twice the sum. */
	__u64 at = (low + high) * KALLMOD_LEAF_ONES >> 59;

	asm volatile("" : "+r"(at));
	return *(const __u16 *)((const char *)leaf->sets + (at & (sizeof(leaf->sets) - 2)));
}

/* The directory entry of a page of the module area; unresolved where there is none. */
static __always_inline __u64 kallmod_module_page(__u64 offset)
{
	__u32 index = offset >> 20;
	struct kallmod_chunk *chunk;

	if (offset >= kallmod_config.modules.size ||
	    *(volatile __u32 *)&kallmod_config.gate_seen !=
		    *(volatile __u32 *)&kallmod_config.gate)
		return KALLMOD_SET_UNRESOLVED;
	chunk = bpf_map_lookup_elem(&kallmod_table, &index);
	return chunk ? chunk->entries[(offset >> 12) & 0xff] : KALLMOD_SET_UNRESOLVED;
}

/* The leaf of a directory entry; a global array takes a third of a map's instructions. */
static __always_inline const struct kallmod_leaf *kallmod_leaf(__u64 entry)
{
	__u32 key = entry - KALLMOD_TABLE_LEAF;

	if (entry >= KALLMOD_TABLE_LEAF + KALLMOD_NEAR_LEAVES) {
		key -= KALLMOD_NEAR_LEAVES;
		return bpf_map_lookup_elem(&kallmod_far_leaves, &key);
	}
	asm volatile("" : "+r"(entry));
	return &kallmod_config.near_leaves[entry & (KALLMOD_NEAR_LEAVES - 1)];
}

/* The directory entry of a page of the kernel's text; KALLMOD_NO_TEXT where ip is not in it. */
#define KALLMOD_NO_TEXT 0x10000u
static __always_inline __u64 kallmod_text_page(__u64 ip)
{
	__u64 offset = ip - kallmod_config.text.base;

	if (offset >= kallmod_config.text.size)
		return KALLMOD_NO_TEXT;
	/* The barrier keeps the mask, which older verifiers need to see, behind it. */
	offset >>= 12;
	asm volatile("" : "+r"(offset));
	return kallmod_config.text_pages[offset & (KALLMOD_TEXT_PAGES - 1)];
}

/* As kallmod_lookup(), but with the reserved sets for interrupt entries and idle text. */
static __always_inline __u64 kallmod_lookup_marked(__u64 ip)
{
	__u64 entry = kallmod_text_page(ip);
	const struct kallmod_leaf *leaf;

	if (entry == KALLMOD_NO_TEXT)
		entry = kallmod_module_page(ip - kallmod_config.modules.base);
	if (entry < KALLMOD_TABLE_LEAF)
		return entry;
	leaf = kallmod_leaf(entry);
	if (!leaf)
		return KALLMOD_SET_UNRESOLVED;
	entry = kallmod_piece(leaf, ip);
	if (entry == KALLMOD_SET_CROWDED)
		return kallmod_search(ip, leaf->last[0], leaf->last[1]);
	return entry;
}

/*
 * The module set id of a kernel address: 0 for the kernel proper, KALLMOD_SET_UNRESOLVED
 * outside of all known text and while loadable modules are changing.
 */
static __always_inline __u32 kallmod_lookup(__u64 ip)
{
	__u64 set = kallmod_lookup_marked(ip);

	return set == KALLMOD_SET_IRQ || set == KALLMOD_SET_IDLE ? 0 : set;
}

/* The set's name, "ext4" or "a,b", at most KALLMOD_SET_NAME_LEN - 1 bytes; NULL: no such set. */
static __always_inline const char *kallmod_name(__u32 set)
{
	struct kallmod_set_info *info = bpf_map_lookup_elem(&kallmod_sets, &set);

	return info ? info->name : 0;
}

#endif
