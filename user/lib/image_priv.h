/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The inside of an image, for image*.c. */
#ifndef KALLMOD_IMAGE_PRIV_H
#define KALLMOD_IMAGE_PRIV_H

#include "image.h"

/* A piece of a core that was read on demand. */
struct kallmod_image_window {
	uint64_t start, end;
	uint8_t *data; /* owned */
};

struct kallmod_image {
	struct kallmod_ctx *ctx;
	char *path; /* owned */
	enum kallmod_image_kind kind;
	unsigned int word;
	bool big_endian;
	int fd; /* of a core; -1 */

	const uint8_t *data; /* the headers and all, unpacked; of a core the headers only */
	size_t size;
	void *mapped; /* what is to be unmapped */
	size_t mapped_size;
	uint8_t *unpacked; /* what is to be freed */

	struct kallmod_image_segment *segments;
	size_t segment_count, segment_capacity;
	struct kallmod_image_window *windows;
	size_t window_count, window_capacity, window_bytes;
	char *vmcoreinfo; /* NUL-terminated; owned */
	uint64_t notes;	  /* bytes of notes read */
};

/* Parses the headers of an ELF file or a core. */
int kallmod_image_elf_open(struct kallmod_image *image);
/* Adds a segment; what does not fit the address space is cut off. -ENOMEM. */
int kallmod_image_add_segment(struct kallmod_image *image,
			      const struct kallmod_image_segment *segment);
/* Reads size bytes at offset of the file; of a core from the file itself. False: not there. */
bool kallmod_image_read(struct kallmod_image *image, uint64_t offset, void *to, size_t size);
/* True when size bytes at offset lie in the data. */
static inline bool kallmod_image_has(const struct kallmod_image *image, uint64_t offset,
				     uint64_t size)
{
	return size <= image->size && offset <= image->size - size;
}

/*
 * Takes containers off image->data, which may be packed several times over, until what is left
 * is an ELF file or a raw image. -EINVAL.
 */
int kallmod_image_unwrap(struct kallmod_image *image, size_t max);

#endif
