// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The cache's files, safe against other users: any doubt is as if there were no cache. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache.h"
#include "cleanup.h"
#include "file.h"
#include "hash.h"

#define CACHE_BYTES_MAX ((off_t)64 << 20)

/* Nobody but us can have put something there. */
static bool is_ours(int fd, mode_t type, struct stat *st)
{
	return !fstat(fd, st) && st->st_uid == geteuid() && (st->st_mode & S_IFMT) == type &&
	       !(st->st_mode & 077);
}

/* The directory, open, made where it is missing; -1: not to be used. */
static int open_directory(bool create)
{
	const char *base = geteuid() ? secure_getenv("XDG_RUNTIME_DIR") : "/run";
	const char *off = secure_getenv("KALLMOD_NO_CACHE");
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -1;
	struct stat st;
	int result;

	if ((off && *off && strcmp(off, "0")) || !base || *base != '/')
		return -1;
	if (asprintf(&path, "%s/kallmod", base) < 0) {
		path = NULL;
		return -1;
	}
	if (create)
		mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !is_ours(fd, S_IFDIR, &st))
		return -1;
	result = fd;
	fd = -1;
	return result;
}

/* One file for each combination of settings: another state of the files replaces it. */
static void file_name(struct kallmod_ctx *ctx, char *name, size_t size)
{
	uint64_t hash = KALLMOD_HASH_START + kallmod_ctx_text_only(ctx);

	for (int i = 0; i < KALLMOD_OPT_COUNT; i++) {
		const char *value = kallmod_ctx_get(ctx, i);

		hash = kallmod_hash_text(hash, value ? value : "");
		hash = kallmod_hash_word(hash, 0x100 ^ !value);
	}
	snprintf(name, size, "map-%016llx", (unsigned long long)hash);
}

static bool read_all(int fd, char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, data + done, size - done);

		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		done += got > 0 ? got : 0;
	}
	return true;
}

static bool read_file(int dir, const char *name, char **data_ret, size_t *size_ret)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_free char *data = NULL;
	struct stat st;

	if (fd < 0 || !is_ours(fd, S_IFREG, &st) || st.st_size > CACHE_BYTES_MAX)
		return false;
	data = malloc(st.st_size + 1);
	if (!data || !read_all(fd, data, st.st_size))
		return false;
	*data_ret = cleanup_take(data);
	*size_ret = st.st_size;
	return true;
}

int kallmod_cache_load(struct kallmod_ctx *ctx, const char *key, struct kallmod_map **ret)
{
	cleanup_fd int dir = key ? open_directory(false) : -1;
	cleanup_free char *data = NULL;
	char name[32];
	size_t size;

	if (dir < 0)
		return -ENOENT;
	file_name(ctx, name, sizeof(name));
	if (!read_file(dir, name, &data, &size) ||
	    kallmod_cache_decode(data, size, key, ret))
		return -ENOENT;
	kallmod_log(ctx, KALLMOD_LOG_DEBUG, "map taken from the cache, file %s", name);
	return 0;
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done <= 0 && !(done < 0 && errno == EINTR))
			return false;
		data += done > 0 ? done : 0;
		size -= done > 0 ? done : 0;
	}
	return true;
}

/* Under another name first, so that nobody ever sees half a file. */
static void write_file(int dir, const char *name, const char *data, size_t size)
{
	char temporary[64];
	int fd;

	snprintf(temporary, sizeof(temporary), ".%s.%ld", name, (long)getpid());
	unlinkat(dir, temporary, 0);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (!write_all(fd, data, size) | (close(fd) != 0) ||
	    renameat(dir, temporary, dir, name))
		unlinkat(dir, temporary, 0);
}

void kallmod_cache_store(struct kallmod_ctx *ctx, const char *key,
			 const struct kallmod_map *map)
{
	cleanup_free char *data = NULL;
	cleanup_fd int dir = key ? open_directory(true) : -1;
	char name[32];
	size_t size;

	if (dir < 0 || kallmod_cache_encode(map, key, &data, &size))
		return;
	file_name(ctx, name, sizeof(name));
	write_file(dir, name, data, size);
}
