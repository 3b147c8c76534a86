/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The lookup tables as BPF programs and user space share them; kallmod.bpf.h explains them.
 * Includers provide __u16 … __u64.
 */
#ifndef KALLMOD_TABLES_H
#define KALLMOD_TABLES_H

/* Reserved set ids; no map uses ids from KALLMOD_SET_RESERVED on. */
#define KALLMOD_SET_RESERVED 0x7ff0u
#define KALLMOD_SET_IDLE 0x7ffdu	/* core, and a CPU with nothing to do is here */
#define KALLMOD_SET_IRQ 0x7ffeu		/* core, and an interrupt or softirq begins here */
#define KALLMOD_SET_UNRESOLVED 0x7fffu	/* not known (yet) */

#define KALLMOD_TABLE_LEAF 0x8000u
#define KALLMOD_TABLE_MIXED 0xffffu

struct kallmod_chunk {
	__u16 entries[256];
};
_Static_assert(sizeof(struct kallmod_chunk) == 512, "layout");

struct kallmod_bound {
	__u64 start;
	__u32 set;
	__u32 pad;
};
_Static_assert(sizeof(struct kallmod_bound) == 16, "layout");

#define KALLMOD_SET_NAME_LEN 120
struct kallmod_set_info {
	__u32 kind; /* enum kallmod_kind */
	__u32 pad;
	char name[KALLMOD_SET_NAME_LEN];
};
_Static_assert(sizeof(struct kallmod_set_info) == 128, "layout");

struct kallmod_table_area {
	__u64 base;	   /* first address, on a 1 MiB boundary */
	__u64 size;	   /* bytes; 0: no such area */
	__u32 first_chunk; /* index of its first directory chunk */
	__u32 pad;
};

struct kallmod_table_config {
	struct kallmod_table_area text;
	struct kallmod_table_area modules;
	__u32 text_bounds_first, text_bounds_end;
	__u32 module_bounds_first, module_bounds_end;
	/*
	 * The gate: the kernel side bumps gate when modules change, user space sets gate_seen
	 * to the value that its tables stand for. Different: the module area is unresolved.
	 */
	__u32 gate;
	__u32 gate_seen;
};
_Static_assert(sizeof(struct kallmod_table_config) == 72, "layout");

#endif
