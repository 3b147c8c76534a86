// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ctx.h"
#include "savefile.h"

enum { BUFFER_SIZE = 256 << 10 };

/* Behind the name; nobody else's "FILE.backup" is like it. */
static const char partial_suffix[] = ".kallmod-XXXXXX";

static int fail(struct kallmod_savefile *save, int err)
{
	return kallmod_fail(save->ctx, err, "%s: %s; %s", save->path, strerror(-err),
			    save->partial ? "nothing was saved" : "what was written is not whole");
}

/* A file of its own, in the directory of path, that no one else has a name for. */
static int open_partial(struct kallmod_savefile *save)
{
	int fd;

	if (asprintf(&save->partial, "%s%s", save->path, partial_suffix) < 0) {
		save->partial = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(save->partial, O_CLOEXEC);
	if (fd < 0) {
		int err = -errno;

		free(cleanup_take(save->partial));
		return err;
	}
	return fd;
}

/* Renaming onto a device or a pipe would take it away. */
static int open_file(struct kallmod_savefile *save)
{
	struct stat st;
	char *real;
	int fd;

	if (stat(save->path, &st))
		return errno == ENOENT ? open_partial(save) : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode)) {
		/* A link stays, and what it names is replaced. */
		real = realpath(save->path, NULL);
		if (!real)
			return -errno;
		free(save->path);
		save->path = real;
		return open_partial(save);
	}
	fd = open(save->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int kallmod_savefile_open(struct kallmod_savefile *save, struct kallmod_ctx *ctx,
			  const char *path)
{
	bool out = !strcmp(path, "-");
	int fd;

	save->ctx = ctx;
	save->path = strdup(out ? "standard output" : path);
	if (!save->path)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	fd = out ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(save);
	if (out && fd < 0)
		fd = -errno;
	save->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (save->file) {
		setvbuf(save->file, NULL, _IOFBF, BUFFER_SIZE);
		return 0;
	}
	if (fd >= 0) {
		close(fd);
		fd = -ENOMEM;
	}
	return kallmod_fail(ctx, fd, "%s: cannot be written: %s; name another file with -o",
			    save->path, strerror(-fd));
}

void kallmod_savefile_open_to_all(const struct kallmod_savefile *save)
{
	mode_t mask = umask(0);

	umask(mask);
	if (save->partial)
		fchmod(fileno(save->file), 0666 & ~mask);
}

int kallmod_savefile_check(struct kallmod_savefile *save)
{
	if (!ferror(save->file))
		return 0;
	/* What the write said is in errno only until the next call: a flush says it again. */
	errno = 0;
	fflush(save->file);
	return fail(save, errno ? -errno : -EIO);
}

int kallmod_savefile_commit(struct kallmod_savefile *save)
{
	int err = kallmod_savefile_check(save);

	if (err)
		return err;
	if (fclose(cleanup_take(save->file)))
		return fail(save, -errno);
	if (save->partial) {
		if (rename(save->partial, save->path))
			return fail(save, -errno);
		free(cleanup_take(save->partial));
	}
	return 0;
}

bool kallmod_savefile_is_partial(const char *name, const char *base)
{
	size_t length = strlen(base), fixed = strcspn(partial_suffix, "X");

	return !strncmp(name, base, length) && !strncmp(name + length, partial_suffix, fixed) &&
	       strlen(name) == length + sizeof(partial_suffix) - 1;
}

void kallmod_savefile_close(struct kallmod_savefile *save)
{
	if (save->file)
		fclose(save->file);
	if (save->partial)
		unlink(save->partial);
	free(save->partial);
	free(save->path);
	*save = (struct kallmod_savefile)KALLMOD_SAVEFILE_EMPTY;
}
