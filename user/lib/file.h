/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Bounded reading: whole files and streams of lines, from disk, /proc or memory. */
#ifndef KALLMOD_FILE_H
#define KALLMOD_FILE_H

#include "ctx.h"

/* No stream that we parse is longer; a longer one is refused with -EFBIG. */
#define KALLMOD_STREAM_MAX ((size_t)512 << 20)
/* No line that we parse is longer, newline included; a longer one is refused. */
#define KALLMOD_LINE_MAX ((size_t)64 << 10)

/* Behind the end of a line so many bytes may be read, whatever they are. */
#define KALLMOD_LINE_SLACK 8

/*
 * Lines of a stream, each handed out in place and NUL-terminated. A line with a NUL byte, one
 * that is too long and a last line without newline (a torn file) are errors.
 */
struct kallmod_reader {
	struct kallmod_ctx *ctx; /* takes the error line; may be NULL */
	char *path;		 /* for messages; owned */
	char *buffer;		 /* owned */
	size_t start, end;	 /* what is not handed out yet */
	size_t clean;		 /* there is no NUL before it; less than end: there is one */
	size_t total;		 /* bytes read so far */
	size_t line;		 /* number of the line handed out last, from 1 */
	int fd;			 /* owned; -1: all is in the buffer */
	bool eof;
};

#define KALLMOD_READER_EMPTY { .fd = -1 }

/* Opens path. -ENOENT, -EACCES, …: kallmod_ctx_error() names path. */
int kallmod_reader_open(struct kallmod_reader *reader, struct kallmod_ctx *ctx,
			const char *path);
/* Reads a copy of data instead; name stands for the path in messages. */
int kallmod_reader_memory(struct kallmod_reader *reader, struct kallmod_ctx *ctx,
			  const char *name, const void *data, size_t size);
/* Releases what the reader holds. One that is KALLMOD_READER_EMPTY is fine. */
void kallmod_reader_close(struct kallmod_reader *reader);
/* 1: a line, without newline, valid until the next call; 0: the end; negative errno. */
int kallmod_reader_line(struct kallmod_reader *reader, char **line_ret, size_t *length_ret);
/* Records "PATH: line N: WHAT" as the error and returns err. */
int kallmod_reader_fail(struct kallmod_reader *reader, int err, const char *what);

#define cleanup_reader __attribute__((cleanup(kallmod_reader_close)))

/* Reads a whole file of at most max bytes, NUL-terminated; *data_ret is malloc'ed. -EFBIG. */
int kallmod_file_read(struct kallmod_ctx *ctx, const char *path, size_t max, char **data_ret,
		      size_t *size_ret);
/* As above, for a small file with one line: without its newline; no error line. */
int kallmod_file_read_line(const char *path, char *line, size_t size);
/* Records "PATH: <why it cannot be opened>; what to do" and returns err, a negative errno. */
int kallmod_file_fail(struct kallmod_ctx *ctx, const char *path, int err);

#endif
