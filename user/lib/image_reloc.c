// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Dynamic relocations. Where a kernel is linked to be moved (arm64 and others), the file has
 * zeroes for its pointers, and what belongs there stands in Elf64_Rela entries: for a place, an
 * address. Nothing in a raw image says where these entries are, but they look like nothing else.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "image_priv.h"

/* Raw images are linked at a multiple of this (arm64: MIN_KIMG_ALIGN) and begin with text. */
#define RAW_ALIGN ((uint64_t)2 << 20)
#define TEXT_OFFSET_MAX ((uint64_t)1 << 20)

/* R_<arch>_RELATIVE of those that move their kernel so: x86, RISC-V, s390, PowerPC, arm64. */
static bool is_relative(uint64_t info)
{
	return info == R_X86_64_RELATIVE || info == R_RISCV_RELATIVE || info == R_390_RELATIVE ||
	       info == R_PPC64_RELATIVE || info == R_AARCH64_RELATIVE;
}

/* Does the entry put a kernel's address into the place at vaddr, as the image is now? */
static bool fits(const struct kallmod_image *image, uint64_t place, uint64_t addend, uint64_t vaddr)
{
	const struct kallmod_image_segment *segment = image->segments;
	uint64_t start;

	if (image->kind != KALLMOD_IMAGE_RAW)
		return place == vaddr;
	start = place - (vaddr - segment->start);
	return start % RAW_ALIGN == 0 && start <= place && addend >= start &&
	       addend - start <= TEXT_OFFSET_MAX;
}

/* Words are looked at one by one through a whole image: not byte by byte. */
static uint64_t load_word(const uint8_t *at, bool big_endian)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return big_endian ? be64toh(value) : le64toh(value);
}

int kallmod_image_relocation(struct kallmod_image *image, uint64_t vaddr, uint64_t *ret,
			     uint64_t *place_ret)
{
	bool big = image->big_endian;

	if (image->word != 8 || image->fd >= 0 || !image->segment_count)
		return -ENODATA;
	for (size_t at = 0; at + sizeof(Elf64_Rela) <= image->size; at += 8) {
		const uint8_t *entry = image->data + at;
		uint64_t place, addend;

		if (!is_relative(load_word(entry + 8, big)))
			continue;
		place = load_word(entry, big);
		addend = load_word(entry + 16, big);
		if (!fits(image, place, addend, vaddr))
			continue;
		*ret = addend;
		*place_ret = place;
		return 0;
	}
	return -ENODATA;
}
