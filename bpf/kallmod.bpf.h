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
 * The table. Text is cut into 4 KiB pages and those into 256 slots of 16 bytes. A directory
 * has an entry per page, and a leaf one per slot of one page; both are u16:
 *
 *	directory entry  0x0000-0x7fff  the whole page belongs to this module set
 *	                 0x8000 | n     kallmod_table[n] is the page's leaf
 *	leaf entry       0x0000-0x7fff  the whole slot belongs to this module set
 *	                 0x8000 | n     boundaries lie inside these 16 bytes; the first one,
 *	                                at the slot's start, is
 *	                                kallmod_bounds[kallmod_leaf_bounds[leaf] + n]
 *
 * The directory of the kernel's text is a global array, one load away. The area of loadable
 * modules and JIT-compiled BPF is 40 times as large and mostly empty: its directory is cut
 * into chunks of 256 pages, which are the first values of kallmod_table. User space rewrites
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

/* The boundaries inside of slots, and those slots' starts, in address order. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kallmod_bound);
} kallmod_bounds SEC(".maps");

/* For each value of kallmod_table that is a leaf, the first of its bounds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} kallmod_leaf_bounds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct kallmod_set_info);
} kallmod_sets SEC(".maps");

struct kallmod_table_config kallmod_config SEC(".data.kallmod");

/*
 * The set of the last boundary at or below ip, of those that begin at n of the leaf. A
 * function of its own, verified once: inlined into a walk over a stack it would be verified
 * per frame, and cost a hundred times as much to load.
 */
__attribute__((weak, noinline)) int kallmod_search(__u64 ip, __u32 leaf, __u32 n)
{
	__u64 *first = bpf_map_lookup_elem(&kallmod_leaf_bounds, &leaf);
	__u32 set = KALLMOD_SET_UNRESOLVED, key;
	int i;

	if (!first)
		return set;
	key = *first + n;
	for (i = 0; i < KALLMOD_SLOT_BOUNDS; i++, key++) {
		struct kallmod_bound *bound = bpf_map_lookup_elem(&kallmod_bounds, &key);

		if (!bound || bound->start > ip)
			break;
		set = bound->set;
	}
	return set;
}

/* The directory entry of a page of the module area; unresolved where there is none. */
static __always_inline __u32 kallmod_module_page(__u64 offset)
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

/* As kallmod_lookup(), but with the reserved sets for interrupt entries and idle text. */
static __always_inline __u32 kallmod_lookup_marked(__u64 ip)
{
	__u64 offset = ip - kallmod_config.text.base, page;
	struct kallmod_chunk *leaf;
	__u32 entry, number;

	if (offset < kallmod_config.text.size) {
		/* The barrier keeps the mask, which older verifiers need to see, behind it. */
		page = offset >> 12;
		asm volatile("" : "+r"(page));
		entry = kallmod_config.text_pages[page & (KALLMOD_TEXT_PAGES - 1)];
	} else {
		entry = kallmod_module_page(ip - kallmod_config.modules.base);
	}
	if (!(entry & KALLMOD_TABLE_LEAF))
		return entry;
	number = entry & ~KALLMOD_TABLE_LEAF;
	leaf = bpf_map_lookup_elem(&kallmod_table, &number);
	if (!leaf)
		return KALLMOD_SET_UNRESOLVED;
	/* Areas begin at 1 MiB boundaries, so an address knows its own slot. */
	entry = leaf->entries[(ip >> 4) & 0xff];
	if (entry & KALLMOD_TABLE_MIXED)
		entry = kallmod_search(ip, number, entry & ~KALLMOD_TABLE_MIXED);
	return entry;
}

/*
 * The module set id of a kernel address: 0 for the kernel proper, KALLMOD_SET_UNRESOLVED
 * outside of all known text and while loadable modules are changing.
 */
static __always_inline __u32 kallmod_lookup(__u64 ip)
{
	__u32 set = kallmod_lookup_marked(ip);

	return set == KALLMOD_SET_IRQ || set == KALLMOD_SET_IDLE ? 0 : set;
}

/* The set's name, "ext4" or "a,b", at most KALLMOD_SET_NAME_LEN - 1 bytes; NULL: no such set. */
static __always_inline const char *kallmod_name(__u32 set)
{
	struct kallmod_set_info *info = bpf_map_lookup_elem(&kallmod_sets, &set);

	return info ? info->name : 0;
}

#endif
