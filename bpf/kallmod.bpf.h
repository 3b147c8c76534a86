/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which module does a kernel address belong to? For any BPF program:
 *
 *	#include "kallmod.bpf.h"            after vmlinux.h or <linux/bpf.h>, and bpf_helpers.h
 *	__u32 set = kallmod_lookup(ip);     a module set id; 0 is the kernel proper
 *	const char *name = kallmod_name(set);
 *
 * User space sizes the tables between open and load and fills them after it, with
 * kallmod_bpf_prepare() and kallmod_bpf_fill() of libkallmod.
 *
 * The table. Text is cut into 4 KiB pages and those into 256 slots of 16 bytes. Every value
 * of the array map kallmod_table is 256 u16, and is one of two things: a directory chunk, one
 * entry per page (so a chunk covers 1 MiB), or a leaf, one entry per slot of one page.
 *
 *	directory entry  0x0000-0x7fff  the whole page belongs to this module set
 *	                 0x8000 | n     kallmod_table[n] is the page's leaf
 *	leaf entry       0x0000-0x7fff  the whole slot belongs to this module set
 *	                 0xffff         a boundary lies inside these 16 bytes: search for it
 *
 * Two areas have directories: the kernel's text, and the area of loadable modules and
 * JIT-compiled BPF, whose pages user space rewrites as modules come and go. While it does,
 * and from the moment that the kernel says so (kallmod_gate_*), addresses there resolve to
 * KALLMOD_SET_UNRESOLVED and never to a module that is gone.
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

/* The boundaries inside of slots, and those slots' starts, by address: text, then modules. */
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
 * The set of the last boundary at or below ip. A function of its own, verified once: inlined
 * into a walk over a stack it would be verified per frame. The limits come from memory, so
 * that the verifier has one state to explore and not one per value.
 */
__attribute__((weak, noinline)) int kallmod_search(__u64 ip)
{
	__u32 low = kallmod_config.text_bounds_first, high, set = KALLMOD_SET_UNRESOLVED;
	int i;

	if (ip - kallmod_config.text.base < kallmod_config.text.size) {
		high = kallmod_config.text_bounds_end;
	} else {
		low = kallmod_config.module_bounds_first;
		high = kallmod_config.module_bounds_end;
	}
	for (i = 0; i < 20 && low < high; i++) {
		__u32 middle = low + (high - low) / 2;
		struct kallmod_bound *bound = bpf_map_lookup_elem(&kallmod_bounds, &middle);

		if (!bound)
			break;
		if (bound->start <= ip) {
			set = bound->set;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return set;
}

/* As kallmod_lookup(), but with the reserved sets for interrupt entries and idle text. */
static __always_inline __u32 kallmod_lookup_marked(__u64 ip)
{
	__u64 offset = ip - kallmod_config.text.base;
	struct kallmod_chunk *chunk;
	__u32 index, entry;

	if (offset < kallmod_config.text.size) {
		index = kallmod_config.text.first_chunk;
	} else {
		offset = ip - kallmod_config.modules.base;
		if (offset >= kallmod_config.modules.size ||
		    *(volatile __u32 *)&kallmod_config.gate_seen !=
			    *(volatile __u32 *)&kallmod_config.gate)
			return KALLMOD_SET_UNRESOLVED;
		index = kallmod_config.modules.first_chunk;
	}
	index += offset >> 20;
	chunk = bpf_map_lookup_elem(&kallmod_table, &index);
	if (!chunk)
		return KALLMOD_SET_UNRESOLVED;
	entry = chunk->entries[(offset >> 12) & 0xff];
	if (!(entry & KALLMOD_TABLE_LEAF))
		return entry;
	index = entry & ~KALLMOD_TABLE_LEAF;
	chunk = bpf_map_lookup_elem(&kallmod_table, &index);
	if (!chunk)
		return KALLMOD_SET_UNRESOLVED;
	entry = chunk->entries[(offset >> 4) & 0xff];
	if (entry == KALLMOD_TABLE_MIXED)
		entry = kallmod_search(ip);
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
