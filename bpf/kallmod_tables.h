/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The lookup tables as BPF programs and user space share them; kallmod.bpf.h explains them.
 * Includers provide __u16 … __u64.
 */
#ifndef KALLMOD_TABLES_H
#define KALLMOD_TABLES_H

/* Reserved set ids; no map uses ids from KALLMOD_SET_RESERVED on. */
#define KALLMOD_SET_RESERVED 0x7ff0u
#define KALLMOD_SET_CROWDED 0x7ffcu	/* in a leaf: look at the boundaries */
#define KALLMOD_SET_IDLE 0x7ffdu	/* core, and a CPU with nothing to do is here */
#define KALLMOD_SET_IRQ 0x7ffeu		/* core, and an interrupt or softirq begins here */
#define KALLMOD_SET_UNRESOLVED 0x7fffu	/* not known (yet) */

#define KALLMOD_TABLE_LEAF 0x8000u /* in a directory: the rest is a leaf's number */
#define KALLMOD_SEARCH_STEPS 13 /* halvings that the boundaries of a page can take */

/* A stretch of a directory: 256 pages, 1 MiB. */
struct kallmod_chunk {
	__u16 entries[256];
};
_Static_assert(sizeof(struct kallmod_chunk) == 512, "layout");

/*
 * A page that module sets share, in up to eight pieces. last has eight fields of 16 bits: the
 * offset in the page of the last byte of a piece, 0xfff from the last piece on, and bit 12 set.
 * A subtraction stays within its field, and clears that bit where the piece ends before: so
 * one multiplication and one subtraction compare an offset with four fields, and another
 * multiplication sums the comparisons up. The pieces' sets stand where the sum says: the first
 * piece's at 0, the second's at 7, the third's at 6, …
 *
 * A page of more pieces is crowded: its sets are all KALLMOD_SET_CROWDED, and its boundaries
 * are the last[1] entries of kallmod_bounds from number last[0] on.
 */
#define KALLMOD_LEAF_PIECES 8
#define KALLMOD_LEAF_ONES 0x0001000100010001ull
#define KALLMOD_LEAF_BITS 0x1000100010001000ull
struct kallmod_leaf {
	__u64 last[2];
	__u16 sets[KALLMOD_LEAF_PIECES];
};
_Static_assert(sizeof(struct kallmod_leaf) == 32, "layout");

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
#define KALLMOD_NEAR_LEAVES 8192 /* those with the first numbers, in a global array */

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
	__u64 pad[3]; /* leaves share no cache line */
	__u16 text_pages[KALLMOD_TEXT_PAGES]; /* the text's directory */
	struct kallmod_leaf near_leaves[KALLMOD_NEAR_LEAVES];
};
_Static_assert(sizeof(struct kallmod_table_config) ==
		       64 + 2 * KALLMOD_TEXT_PAGES + 32 * KALLMOD_NEAR_LEAVES, "layout");

#endif
