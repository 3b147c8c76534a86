// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"

int kallmod_file_fail(struct kallmod_ctx *ctx, const char *path, int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
		return kallmod_fail(ctx, -ENOENT, "%s: not found", path);
	case EACCES:
	case EPERM:
		return kallmod_fail(ctx, err, "%s: permission denied; run as root", path);
	case EISDIR:
		return kallmod_fail(ctx, err, "%s: is a directory; name a file", path);
	case EFBIG:
		return kallmod_fail(ctx, err, "%s: too large to be what it should be; name the right file",
				    path);
	default:
		return kallmod_fail(ctx, err, "%s: cannot be read: %s", path, strerror(-err));
	}
}

static ssize_t read_some(int fd, char *to, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, to, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

int kallmod_reader_open(struct kallmod_reader *reader, struct kallmod_ctx *ctx, const char *path)
{
	*reader = (struct kallmod_reader)KALLMOD_READER_EMPTY;
	reader->ctx = ctx;
	reader->path = strdup(path);
	reader->buffer = malloc(KALLMOD_LINE_MAX + KALLMOD_LINE_SLACK);
	if (!reader->path || !reader->buffer)
		return -ENOMEM;
	reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return reader->fd < 0 ? kallmod_file_fail(ctx, path, -errno) : 0;
}

/* Looks for a NUL in what came last, unless there was one before. */
static void find_nul(struct kallmod_reader *reader, size_t fresh)
{
	const char *from = reader->buffer + reader->end - fresh, *nul;

	if (reader->clean + fresh < reader->end)
		return;
	nul = memchr(from, '\0', fresh);
	reader->clean = nul ? (size_t)(nul - reader->buffer) : reader->end;
}

int kallmod_reader_memory(struct kallmod_reader *reader, struct kallmod_ctx *ctx,
			  const char *name, const void *data, size_t size)
{
	*reader = (struct kallmod_reader)KALLMOD_READER_EMPTY;
	reader->ctx = ctx;
	reader->path = strdup(name);
	reader->buffer = malloc(size + KALLMOD_LINE_SLACK);
	if (!reader->path || !reader->buffer)
		return -ENOMEM;
	if (size)
		memcpy(reader->buffer, data, size);
	reader->end = reader->total = size;
	find_nul(reader, size);
	reader->eof = true;
	return 0;
}

void kallmod_reader_close(struct kallmod_reader *reader)
{
	kallmod_cleanup_fd(&reader->fd);
	free(reader->path);
	free(reader->buffer);
	*reader = (struct kallmod_reader)KALLMOD_READER_EMPTY;
}

int kallmod_reader_fail(struct kallmod_reader *reader, int err, const char *what)
{
	return kallmod_fail(reader->ctx, err, "%s: line %zu: %s", reader->path, reader->line,
			    what);
}

/* Moves the unread rest to the front and reads more behind it. */
static int reader_fill(struct kallmod_reader *reader)
{
	ssize_t got;

	memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->clean -= reader->clean < reader->start ? reader->clean : reader->start;
	reader->start = 0;
	got = read_some(reader->fd, reader->buffer + reader->end, KALLMOD_LINE_MAX - reader->end);
	if (got < 0)
		return kallmod_file_fail(reader->ctx, reader->path, got);
	reader->eof = got == 0;
	reader->end += got;
	find_nul(reader, got);
	reader->total += got;
	if (reader->total > KALLMOD_STREAM_MAX)
		return kallmod_file_fail(reader->ctx, reader->path, -EFBIG);
	return 0;
}

static int reader_last(struct kallmod_reader *reader)
{
	if (reader->start == reader->end)
		return 0;
	reader->line++;
	return kallmod_reader_fail(reader, -EINVAL,
				   "the file is torn, its last line has no end; get a whole copy");
}

int kallmod_reader_line(struct kallmod_reader *reader, char **line_ret, size_t *length_ret)
{
	size_t searched = 0;
	char *newline, *line;
	int err;

	for (;;) {
		line = reader->buffer + reader->start;
		newline = memchr(line + searched, '\n', reader->end - reader->start - searched);
		if (newline)
			break;
		searched = reader->end - reader->start;
		if (reader->eof && searched < KALLMOD_LINE_MAX)
			return reader_last(reader);
		if (searched >= KALLMOD_LINE_MAX) {
			reader->line++;
			return kallmod_reader_fail(reader, -EINVAL,
						   "too long for this kind of file; name the right file");
		}
		err = reader_fill(reader);
		if (err)
			return err;
	}
	reader->line++;
	*newline = '\0';
	reader->start = newline + 1 - reader->buffer;
	if (newline >= reader->buffer + reader->clean)
		return kallmod_reader_fail(reader, -EINVAL,
					   "has a NUL byte, so this is no text; name the right file");
	*line_ret = line;
	*length_ret = newline - line;
	return 1;
}

int kallmod_file_read(struct kallmod_ctx *ctx, const char *path, size_t max, char **data_ret,
		      size_t *size_ret)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_free char *data = NULL;
	size_t size = 0, capacity = 0;
	ssize_t got;

	if (fd < 0)
		return kallmod_file_fail(ctx, path, -errno);
	/* Files in /proc and /sys do not know their size: read until the end comes. */
	do {
		if (size + 1 >= capacity) {
			char *larger = realloc(data, capacity = capacity ? 2 * capacity : 8192);

			if (!larger)
				return kallmod_fail(ctx, -ENOMEM, "%s: out of memory", path);
			data = larger;
		}
		got = read_some(fd, data + size, capacity - size - 1);
		if (got < 0)
			return kallmod_file_fail(ctx, path, got);
		size += got;
		if (size > max)
			return kallmod_file_fail(ctx, path, -EFBIG);
	} while (got);
	data[size] = '\0';
	*data_ret = cleanup_take(data);
	*size_ret = size;
	return 0;
}

int kallmod_file_read_line(const char *path, char *line, size_t size)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read_some(fd, line, size - 1);
	if (got < 0)
		return got;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}
