/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Kernel images: an ELF vmlinux, a vmlinuz as it stands in /boot (bzImage, EFI zboot, gzip'ed
 * Image), a raw arm64 or RISC-V Image, an ELF vmcore, /proc/kcore. Whatever the file is, what
 * it offers is the kernel's memory by virtual address, as linked (or, in a core, as it ran).
 *
 * Nothing in the file is trusted: what is handed out lies in the file, and no more.
 */
#ifndef KALLMOD_IMAGE_H
#define KALLMOD_IMAGE_H

#include "ctx.h"

struct kallmod_image;

enum kallmod_image_kind {
	KALLMOD_IMAGE_ELF,
	KALLMOD_IMAGE_CORE, /* /proc/kcore or an ELF vmcore: of a kernel that ran */
	KALLMOD_IMAGE_RAW,  /* memory without headers; its addresses are a guess at first */
};

/*
 * -ENOENT, -EACCES, …: not readable; -EINVAL: no kernel image, or torn; -EFBIG: unpacks to
 * more than any kernel. Owned by the caller.
 */
int kallmod_image_open(struct kallmod_ctx *ctx, const char *path, struct kallmod_image **ret);
/*
 * An image in memory, which must outlive it; name stands for the path in messages. No more than
 * max bytes are unpacked.
 */
int kallmod_image_memory(struct kallmod_ctx *ctx, const char *name, const void *data,
			 size_t size, size_t max, struct kallmod_image **ret);
void kallmod_image_close(struct kallmod_image *image);

const char *kallmod_image_path(const struct kallmod_image *image);
enum kallmod_image_kind kallmod_image_kind(const struct kallmod_image *image);
/* Bytes of a word: 4 or 8. */
unsigned int kallmod_image_word(const struct kallmod_image *image);
bool kallmod_image_big_endian(const struct kallmod_image *image);

/*
 * The len bytes at vaddr, valid as long as the image; NULL when not all of them are in it. Bytes
 * of a core are read on demand, of /proc/kcore as they were then.
 */
const void *kallmod_image_at(struct kallmod_image *image, uint64_t vaddr, size_t len);

/* What a segment has in the file: [start, end). */
struct kallmod_image_segment {
	uint64_t start, end;
	uint64_t offset; /* in the file */
	bool executable;
};

/* In the order of the file; NULL past the last. Owned by the image. */
const struct kallmod_image_segment *kallmod_image_segment(const struct kallmod_image *image,
							  size_t index);
/* Moves a raw image to where its own tables say that it is linked. */
void kallmod_image_move(struct kallmod_image *image, uint64_t start);

/*
 * The address that a dynamic relocation puts at vaddr, and where its entry says that this is:
 * vaddr itself, but in a raw image, which is linked elsewhere. -ENODATA: there is none.
 */
int kallmod_image_relocation(struct kallmod_image *image, uint64_t vaddr, uint64_t *ret,
			     uint64_t *place_ret);

/* The VMCOREINFO of a core: "KEY=VALUE" for each line. False where it has none or no such key. */
bool kallmod_image_vmcoreinfo(const struct kallmod_image *image, const char *key,
			      const char **value_ret, size_t *length_ret);
/* The address that VMCOREINFO gives for a symbol. */
bool kallmod_image_vmcoreinfo_symbol(const struct kallmod_image *image, const char *name,
				     uint64_t *ret);

/*
 * The ELF symbol table of an ELF image: fn gets each defined symbol with its size, as nm would
 * print it; its name lives as long as the image. fn returns 0 to go on, or what is returned.
 * -ENODATA: there is none; -EINVAL: it is torn.
 */
int kallmod_image_elf_symbols(struct kallmod_image *image,
			      int (*fn)(void *arg, const struct kallmod_symbol *symbol),
			      void *arg);

/* The release in the kernel's banner ("6.12.9-amd64"), from the file. -ENODATA; -E2BIG. */
int kallmod_image_release(struct kallmod_image *image, char *release, size_t size);

/*
 * The symbols of the image: of its kallsyms tables, with the sizes of the ELF symbol table where
 * it has one; else of the latter alone. -ENODATA: it has neither. Owned by the caller.
 */
int kallmod_image_symbols(struct kallmod_ctx *ctx, struct kallmod_image *image,
			  struct kallmod_symbols **ret);

/* An unsigned number of size bytes in the image's byte order. */
static inline uint64_t kallmod_image_load(const void *at, unsigned int size, bool big_endian)
{
	const uint8_t *bytes = at;
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value = value << 8 | bytes[big_endian ? i : size - 1 - i];
	return value;
}

void kallmod_image_cleanup(struct kallmod_image **image);
#define cleanup_image __attribute__((cleanup(kallmod_image_cleanup)))

#endif
