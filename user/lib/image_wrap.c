// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What a kernel is wrapped in, in /boot. The boot protocols say where the payload is:
 * Documentation/arch/x86/boot.rst (bzImage), Documentation/arch/arm64/booting.rst (Image),
 * drivers/firmware/efi/libstub/zboot-header.S (EFI zboot). Where none does, the payload
 * is looked for by the magic numbers of the packings.
 */
#include <elf.h>
#include <string.h>

#include "cleanup.h"
#include "image_priv.h"
#include "unpack.h"

/* A packed Image in a bzImage in a .xz: nobody goes deeper. */
#define DEPTH_MAX 4
/* Magic numbers that turned out to be none, before we give up. */
#define TRIES_MAX 16

/* Since 4.x, with 48 bits of address, before and after 5.x moved the module area below. */
#define ARM64_START 0xffff800080000000ull
#define RISCV_START 0xffffffff80000000ull

static uint64_t le(const struct kallmod_image *image, size_t offset, unsigned int size)
{
	return kallmod_image_load(image->data + offset, size, false);
}

static int refuse(struct kallmod_image *image, const char *what)
{
	return kallmod_fail(image->ctx, -EINVAL, "%s: %s", image->path, what);
}

static int fail_unpacking(struct kallmod_image *image, const struct kallmod_packing *packing,
			  int err)
{
	if (err == -EFBIG)
		return kallmod_fail(image->ctx, err,
				    "%s: unpacks to more than any kernel; name the right file",
				    image->path);
	if (err == -ENOMEM)
		return kallmod_fail(image->ctx, err, "%s: out of memory", image->path);
	return kallmod_fail(image->ctx, err,
			    "%s: torn or damaged, its %s data cannot be unpacked; get a whole copy",
			    image->path, kallmod_packing_name(packing));
}

/* Replaces the data by what its piece at offset unpacks to; no error line. */
static int unpack_piece(struct kallmod_image *image, const struct kallmod_packing *packing,
			uint64_t offset, uint64_t size, size_t max)
{
	uint8_t *data;
	size_t unpacked;
	int err = kallmod_unpack(packing, image->data + offset, size, max, &data, &unpacked);

	if (err)
		return err;
	free(image->unpacked);
	image->unpacked = data;
	image->data = data;
	image->size = unpacked;
	return 0;
}

/* The piece that a header points at. */
static int take_payload(struct kallmod_image *image, uint64_t offset, uint64_t size, size_t max)
{
	const struct kallmod_packing *packing;
	int err;

	if (!kallmod_image_has(image, offset, size))
		return refuse(image, "torn, the kernel ends before its payload does; get a whole copy");
	if (size > SELFMAG && !memcmp(image->data + offset, ELFMAG, SELFMAG)) {
		image->data += offset;
		image->size = size;
		return 0;
	}
	packing = kallmod_packing_find(image->data + offset, size);
	if (!packing)
		return refuse(image,
			      "packed in a way that is not known (gzip, xz, zstd, lz4 are); unpack it first");
	err = unpack_piece(image, packing, offset, size, max);
	return err ? fail_unpacking(image, packing, err) : 0;
}

static bool is_bzimage(const struct kallmod_image *image)
{
	return kallmod_image_has(image, 0x202, 4) && !memcmp(image->data + 0x202, "HdrS", 4);
}

static int unwrap_bzimage(struct kallmod_image *image, size_t max)
{
	uint64_t start;

	if (!kallmod_image_has(image, 0, 0x250) || le(image, 0x206, 2) < 0x208)
		return refuse(image, "a bzImage of before 2.6.26, or torn; unpack it first");
	start = (le(image, 0x1f1, 1) ?: 4) * 512 + 512 + le(image, 0x248, 4);
	return take_payload(image, start, le(image, 0x24c, 4), max);
}

static bool is_zboot(const struct kallmod_image *image)
{
	return kallmod_image_has(image, 0, 64) && !memcmp(image->data, "MZ", 2) &&
	       !memcmp(image->data + 4, "zimg", 4);
}

static bool is_raw(const struct kallmod_image *image)
{
	return kallmod_image_has(image, 0, 64) && (!memcmp(image->data + 56, "ARM\x64", 4) ||
						   !memcmp(image->data + 56, "RSC\x05", 4));
}

static int open_raw(struct kallmod_image *image)
{
	bool arm64 = image->data[56] == 'A';
	struct kallmod_image_segment segment = {
		.start = arm64 ? ARM64_START : RISCV_START,
		.executable = true,
	};

	segment.end = segment.start + image->size;
	image->kind = KALLMOD_IMAGE_RAW;
	image->word = 8;
	image->big_endian = arm64 && le(image, 24, 8) & 1;
	return kallmod_image_add_segment(image, &segment);
}

/* Is this what a kernel's payload unpacks to? */
static bool is_kernel(const struct kallmod_image *image)
{
	return image->size > SELFMAG && (!memcmp(image->data, ELFMAG, SELFMAG) || is_raw(image));
}

/* A file of another boot protocol: whatever in it unpacks to a kernel. */
static int search_payload(struct kallmod_image *image, size_t max)
{
	unsigned int tries = 0;

	for (size_t at = 1; at + 16 < image->size && tries < TRIES_MAX; at++) {
		const struct kallmod_packing *packing =
			kallmod_packing_find(image->data + at, image->size - at);
		struct kallmod_image inner = *image;

		if (!packing)
			continue;
		tries++;
		inner.unpacked = NULL;
		if (unpack_piece(&inner, packing, at, image->size - at, max))
			continue;
		if (!is_kernel(&inner)) {
			free(inner.unpacked);
			continue;
		}
		free(image->unpacked);
		*image = inner;
		return 0;
	}
	return refuse(image,
		      "no kernel image; name a vmlinux, a vmlinuz, an arm64 Image, /proc/kcore or an ELF vmcore");
}

static int unwrap_once(struct kallmod_image *image, size_t max)
{
	const struct kallmod_packing *packing = kallmod_packing_find(image->data, image->size);

	if (packing) {
		int err = unpack_piece(image, packing, 0, image->size, max);

		return err ? fail_unpacking(image, packing, err) : 0;
	}
	if (is_bzimage(image))
		return unwrap_bzimage(image, max);
	if (is_zboot(image))
		return take_payload(image, le(image, 8, 4), le(image, 12, 4), max);
	if (kallmod_image_has(image, 0, 8) &&
	    (!memcmp(image->data, "KDUMP   ", 8) || !memcmp(image->data, "DISKDUMP", 8)))
		return refuse(image,
			      "a dump in makedumpfile's own format; make an ELF file of it (makedumpfile -E)");
	return search_payload(image, max);
}

int kallmod_image_unwrap(struct kallmod_image *image, size_t max)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		int err;

		if (image->size > SELFMAG && !memcmp(image->data, ELFMAG, SELFMAG))
			return 0;
		if (is_raw(image))
			return open_raw(image);
		err = unwrap_once(image, max);
		if (err)
			return err;
	}
	return refuse(image, "packed too many times over; unpack it first");
}
