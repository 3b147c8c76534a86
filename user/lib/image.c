// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "image_priv.h"

/* A kernel with all its debug information unpacks to a good half of this. */
#define UNPACKED_MAX ((size_t)1 << 30)
/* Headers of a core: far more than 65,535 segments need. */
#define HEADERS_MAX ((size_t)8 << 20)
/* Cores are read in pieces of this size at least, and this much of one at most. */
#define WINDOW ((uint64_t)256 << 10)
#define WINDOWS_MAX ((size_t)512 << 20)

const char *kallmod_image_path(const struct kallmod_image *image)
{
	return image->path;
}

enum kallmod_image_kind kallmod_image_kind(const struct kallmod_image *image)
{
	return image->kind;
}

unsigned int kallmod_image_word(const struct kallmod_image *image)
{
	return image->word;
}

bool kallmod_image_big_endian(const struct kallmod_image *image)
{
	return image->big_endian;
}

const struct kallmod_image_segment *kallmod_image_segment(const struct kallmod_image *image,
							  size_t index)
{
	return index < image->segment_count ? &image->segments[index] : NULL;
}

int kallmod_image_add_segment(struct kallmod_image *image,
			      const struct kallmod_image_segment *segment)
{
	int err;

	if (segment->end <= segment->start)
		return 0;
	err = kallmod_grow(&image->segments, &image->segment_capacity, image->segment_count,
			   sizeof(*segment));
	if (!err)
		image->segments[image->segment_count++] = *segment;
	return err;
}

void kallmod_image_move(struct kallmod_image *image, uint64_t start)
{
	struct kallmod_image_segment *segment = image->segments;
	uint64_t size;

	if (image->kind != KALLMOD_IMAGE_RAW)
		return;
	size = segment->end - segment->start;
	if (start > UINT64_MAX - size)
		return;
	segment->start = start;
	segment->end = start + size;
}

bool kallmod_image_read(struct kallmod_image *image, uint64_t offset, void *to, size_t size)
{
	size_t done = 0;

	if (image->fd < 0) {
		if (!kallmod_image_has(image, offset, size))
			return false;
		memcpy(to, image->data + offset, size);
		return true;
	}
	while (done < size) {
		ssize_t got = pread(image->fd, (uint8_t *)to + done, size - done, offset + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += got;
	}
	return true;
}

static const struct kallmod_image_segment *find_segment(const struct kallmod_image *image,
							uint64_t vaddr, size_t len)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kallmod_image_segment *segment = &image->segments[i];

		if (vaddr >= segment->start && vaddr < segment->end && len <= segment->end - vaddr)
			return segment;
	}
	return NULL;
}

static const void *find_window(const struct kallmod_image *image, uint64_t vaddr, size_t len)
{
	for (size_t i = image->window_count; i-- > 0;) {
		const struct kallmod_image_window *window = &image->windows[i];

		if (vaddr >= window->start && vaddr < window->end && len <= window->end - vaddr)
			return window->data + (vaddr - window->start);
	}
	return NULL;
}

/* Reads [start, end), which lies in the segment, into a window of its own. */
static bool read_window(struct kallmod_image *image,
			const struct kallmod_image_segment *segment, uint64_t start, uint64_t end)
{
	struct kallmod_image_window window = { start, end, NULL };

	if (end - start > WINDOWS_MAX - image->window_bytes ||
	    kallmod_grow(&image->windows, &image->window_capacity, image->window_count,
			 sizeof(window)))
		return false;
	window.data = malloc(end - start);
	if (!window.data ||
	    !kallmod_image_read(image, segment->offset + (start - segment->start), window.data,
				end - start)) {
		free(window.data);
		return false;
	}
	image->windows[image->window_count++] = window;
	image->window_bytes += end - start;
	return true;
}

static const void *core_at(struct kallmod_image *image,
			   const struct kallmod_image_segment *segment, uint64_t vaddr, size_t len)
{
	const void *found = find_window(image, vaddr, len);
	uint64_t start, end;

	if (found)
		return found;
	start = vaddr - segment->start > vaddr % WINDOW ? vaddr - vaddr % WINDOW : segment->start;
	end = vaddr + len;
	end = segment->end - end > WINDOW ? end + WINDOW : segment->end;
	/* A hole nearby must not hide what was asked for. */
	if (!read_window(image, segment, start, end) &&
	    !read_window(image, segment, vaddr, vaddr + len))
		return NULL;
	return find_window(image, vaddr, len);
}

const void *kallmod_image_at(struct kallmod_image *image, uint64_t vaddr, size_t len)
{
	const struct kallmod_image_segment *segment = find_segment(image, vaddr, len);
	uint64_t offset;

	if (!segment || !len)
		return NULL;
	if (image->fd >= 0)
		return core_at(image, segment, vaddr, len);
	offset = segment->offset + (vaddr - segment->start);
	return kallmod_image_has(image, offset, len) ? image->data + offset : NULL;
}

/* The headers of an ELF core, whose file may be larger than memory, or /proc/kcore. */
static int load_headers(struct kallmod_image *image)
{
	size_t size = 0;
	ssize_t got;

	image->unpacked = malloc(HEADERS_MAX);
	if (!image->unpacked)
		return kallmod_fail(image->ctx, -ENOMEM, "%s: out of memory", image->path);
	while (size < HEADERS_MAX) {
		got = pread(image->fd, image->unpacked + size, HEADERS_MAX - size, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += got;
	}
	image->data = image->unpacked;
	image->size = size;
	return kallmod_image_elf_open(image);
}

static int map_file(struct kallmod_image *image)
{
	struct stat status;
	void *mapped;

	if (fstat(image->fd, &status))
		return kallmod_file_fail(image->ctx, image->path, -errno);
	if (S_ISDIR(status.st_mode))
		return kallmod_file_fail(image->ctx, image->path, -EISDIR);
	if (!S_ISREG(status.st_mode) || status.st_size <= 0)
		return kallmod_fail(image->ctx, -EINVAL,
				    "%s: empty or no plain file; name a vmlinux or vmlinuz",
				    image->path);
	mapped = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, image->fd, 0);
	if (mapped == MAP_FAILED)
		return kallmod_file_fail(image->ctx, image->path, -errno);
	image->mapped = mapped;
	image->mapped_size = status.st_size;
	image->data = mapped;
	image->size = status.st_size;
	kallmod_cleanup_fd(&image->fd);
	image->fd = -1;
	return 0;
}

/* What image->data holds, at the end of all wrapping. */
static int load_memory(struct kallmod_image *image, size_t max)
{
	int err = kallmod_image_unwrap(image, max);

	if (err || image->kind == KALLMOD_IMAGE_RAW)
		return err;
	return kallmod_image_elf_open(image);
}

static bool is_core(int fd)
{
	unsigned char head[18];

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, ELFMAG, SELFMAG))
		return false;
	return head[head[EI_DATA] == ELFDATA2MSB ? 17 : 16] == ET_CORE;
}

static int image_create(struct kallmod_ctx *ctx, const char *path, struct kallmod_image **ret)
{
	struct kallmod_image *image = calloc(1, sizeof(*image));

	if (!image)
		return kallmod_fail(ctx, -ENOMEM, "%s: out of memory", path);
	image->ctx = ctx;
	image->fd = -1;
	image->path = strdup(path);
	*ret = image;
	return image->path ? 0 : kallmod_fail(ctx, -ENOMEM, "%s: out of memory", path);
}

int kallmod_image_open(struct kallmod_ctx *ctx, const char *path, struct kallmod_image **ret)
{
	cleanup_image struct kallmod_image *image = NULL;
	int err = image_create(ctx, path, &image);

	if (err)
		return err;
	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (image->fd < 0)
		return kallmod_file_fail(ctx, path, -errno);
	if (is_core(image->fd))
		err = load_headers(image);
	else
		err = map_file(image) ?: load_memory(image, UNPACKED_MAX);
	if (!err)
		*ret = cleanup_take(image);
	return err;
}

int kallmod_image_memory(struct kallmod_ctx *ctx, const char *name, const void *data,
			 size_t size, size_t max, struct kallmod_image **ret)
{
	cleanup_image struct kallmod_image *image = NULL;
	int err = image_create(ctx, name, &image);

	if (err)
		return err;
	image->data = data;
	image->size = size;
	err = load_memory(image, max);
	if (!err)
		*ret = cleanup_take(image);
	return err;
}

void kallmod_image_close(struct kallmod_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->window_count; i++)
		free(image->windows[i].data);
	if (image->mapped)
		munmap(image->mapped, image->mapped_size);
	kallmod_cleanup_fd(&image->fd);
	free(image->windows);
	free(image->segments);
	free(image->vmcoreinfo);
	free(image->unpacked);
	free(image->path);
	free(image);
}

void kallmod_image_cleanup(struct kallmod_image **image)
{
	kallmod_image_close(*image);
}
