/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The inside of the kallsyms tables, for kallsyms_*.c. */
#ifndef KALLMOD_KALLSYMS_PRIV_H
#define KALLMOD_KALLSYMS_PRIV_H

#include "kallsyms_table.h"

/* Far above any kernel: seqs_of_names has room for 16 million, Android's largest for 300,000. */
#define KALLMOD_KALLSYMS_MAX ((size_t)4 << 20)
#define KALLMOD_KALLSYMS_TOKENS 256

/* Bytes of an image at their address. */
struct kallmod_kallsyms_span {
	const uint8_t *data;
	uint64_t vaddr;
	size_t size;
};

/* The names, all checked: no index below leads out of them. */
struct kallmod_kallsyms {
	bool big_endian, two_bytes; /* a length of 0x80 and more has a second byte */
	unsigned int word;
	size_t count;

	struct kallmod_kallsyms_span names;
	uint32_t *markers; /* where every 256th name begins; our own */
	char *tokens;	   /* our own copy */
	uint16_t token_at[KALLMOD_KALLSYMS_TOKENS];
	uint16_t token_length[KALLMOD_KALLSYMS_TOKENS];

	enum kallmod_kallsyms_encoding encoding;
	struct kallmod_kallsyms_span addresses;
	uint64_t base;
	const uint8_t *seqs; /* 3 bytes each, big-endian; NULL */
	size_t searched;     /* steps of all searches together */
};

/* Where the tables are in an image; an address of 0: not known. */
struct kallmod_kallsyms_place {
	uint64_t num_syms, names, token_table, token_index;
	uint64_t markers_end; /* where seqs_of_names may follow (6.2, 6.3) */
	size_t count;
	/* Only where something names them: */
	uint64_t offsets, relative_base, addresses, seqs;
};

/* Copies and checks the tokens: 256 strings that follow each other as the index says. */
int kallmod_kallsyms_read_tokens(struct kallmod_kallsyms *table,
				 const struct kallmod_kallsyms_span *tokens,
				 const uint8_t *index);
/*
 * Walks all count names, which begin at names and end within it; sets the markers and cuts
 * names to the size. -EINVAL: they lead out of the span, or one of them is too long or empty.
 */
int kallmod_kallsyms_read_names(struct kallmod_kallsyms *table,
				const struct kallmod_kallsyms_span *names, size_t count);

/*
 * Searches data for the names' tables. 0 and table's names, tokens and markers are set;
 * -ENODATA: none there, or too many steps were spent.
 */
int kallmod_kallsyms_search(struct kallmod_kallsyms *table,
			    const struct kallmod_kallsyms_span *data,
			    struct kallmod_kallsyms_place *ret);

/* Finds the addresses, of which there are count, and how they are encoded. -EINVAL. */
int kallmod_kallsyms_find_addresses(struct kallmod_kallsyms *table, struct kallmod_image *image,
				    const struct kallmod_kallsyms_place *place);
/*
 * True where seqs looks like the order of the names: a few hundred neighbours are. Some releases
 * (6.2 to 6.5 with LTO) ordered by another form of the names; those are then scanned.
 */
bool kallmod_kallsyms_seqs_ordered(const struct kallmod_kallsyms *table, const uint8_t *seqs);

#endif
