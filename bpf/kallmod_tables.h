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

#define KALLMOD_TABLE_LEAF 0x8000u  /* in a directory: the rest is a leaf's number */
#define KALLMOD_TABLE_MIXED 0x8000u /* in a leaf: the rest is where its bounds are */
#define KALLMOD_SLOT_BOUNDS 17	    /* that 16 bytes can have, one at their start included */

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

/* The largest kernel text that has room in the directory: seven times that of today's. */
#define KALLMOD_TEXT_MAX (256ull << 20)
#define KALLMOD_TEXT_PAGES 65536

struct kallmod_table_area {
	__u64 base; /* first address, on a 1 MiB boundary */
	__u64 size; /* bytes; 0: no such area */
};

struct kallmod_table_config {
	struct kallmod_table_area text;
	struct kallmod_table_area modules;
	/*
	 * The gate: the kernel side bumps gate when modules change, user space sets gate_seen
	 * to the value that its tables stand for. Different: the module area is unresolved.
	 */
	__u32 gate;
	__u32 gate_seen;
	__u16 text_pages[KALLMOD_TEXT_PAGES]; /* the text's directory */
};
_Static_assert(sizeof(struct kallmod_table_config) == 40 + 2 * KALLMOD_TEXT_PAGES, "layout");

#endif
