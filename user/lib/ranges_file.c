// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ranges_file.h"

/* Kernels have 200 KB. */
#define RANGES_BYTES_MAX ((size_t)64 << 20)
/* Whoever installs maps does not do it all the time. */
#define TRIES 5

/* A sidecar's text; none is NULL. */
struct text {
	char *data;
	size_t size;
};

static void text_deinit(struct text *text)
{
	free(text->data);
}
#define cleanup_text __attribute__((cleanup(text_deinit)))

void kallmod_ranges_file_deinit(struct kallmod_ranges_file *file)
{
	free(file->data);
	kallmod_sidecar_deinit(&file->sidecar);
	*file = (struct kallmod_ranges_file)KALLMOD_RANGES_FILE_EMPTY;
}

char *kallmod_sidecar_path(const char *path)
{
	char *ret;

	return asprintf(&ret, "%s" KALLMOD_SIDECAR_SUFFIX, path) < 0 ? NULL : ret;
}

char *kallmod_ranges_path(struct kallmod_ctx *ctx)
{
	return kallmod_path(ctx, "/lib/modules/%s/modules.builtin.ranges",
			    kallmod_ctx_release(ctx));
}

/* What is there and is no file cannot be of kallmod, and a pipe would make us wait. */
static int read_sidecar(struct kallmod_ctx *ctx, const char *path, struct text *ret)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return kallmod_file_fail(ctx, path, -errno);
	}
	if (!S_ISREG(st.st_mode))
		return kallmod_fail(ctx, -EINVAL, "%s: is no file; remove it", path);
	return kallmod_file_read(ctx, path, KALLMOD_SIDECAR_BYTES_MAX, &ret->data, &ret->size);
}

static bool same_text(const struct text *a, const struct text *b)
{
	if (!a->data || !b->data)
		return !a->data && !b->data;
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/*
 * Whoever replaces our map removes it first, and then changes the sidecar: a file that is read
 * between two equal sidecars belongs to them. 1: it changed meanwhile.
 */
static int read_pair(struct kallmod_ctx *ctx, const char *path, const char *sidecar,
		     struct kallmod_ranges_file *file, struct text *text)
{
	cleanup_text struct text before = { NULL, 0 };
	int err = read_sidecar(ctx, sidecar, &before);

	if (!err)
		err = kallmod_file_read(ctx, path, RANGES_BYTES_MAX, &file->data, &file->size);
	if (!err)
		err = read_sidecar(ctx, sidecar, text);
	/* One that vanishes while it is opened is a change, too. */
	if (err)
		return err;
	return !same_text(&before, text);
}

static int judge(struct kallmod_ctx *ctx, const char *sidecar, const struct text *text,
		 struct kallmod_ranges_file *file)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	char sha256[KALLMOD_SHA256_HEX];
	int err;

	file->owner = KALLMOD_RANGES_KERNEL;
	if (!text->data)
		return 0;
	err = kallmod_reader_memory(&reader, ctx, sidecar, text->data, text->size);
	if (!err)
		err = kallmod_sidecar_parse(&reader, &file->sidecar);
	if (!err)
		err = kallmod_sha256(file->data, file->size, sha256);
	if (err == -ENOMEM || err == -ENOTSUP)
		return kallmod_fail(ctx, err, "%s: cannot be checked: %s", sidecar, strerror(-err));
	if (err)
		return err;
	file->owner = strcmp(sha256, file->sidecar.sha256) ? KALLMOD_RANGES_REPLACED :
							     KALLMOD_RANGES_OURS;
	return 0;
}

int kallmod_ranges_file_read(struct kallmod_ctx *ctx, const char *path,
			     struct kallmod_ranges_file *ret)
{
	cleanup_free char *sidecar = kallmod_sidecar_path(path);
	int err = sidecar ? 1 : kallmod_fail(ctx, -ENOMEM, "out of memory");

	for (int i = 0; i < TRIES && err == 1; i++) {
		cleanup_ranges_file struct kallmod_ranges_file file = KALLMOD_RANGES_FILE_EMPTY;
		cleanup_text struct text text = { NULL, 0 };

		err = read_pair(ctx, path, sidecar, &file, &text);
		if (!err)
			err = judge(ctx, sidecar, &text, &file);
		if (!err) {
			*ret = file;
			file = (struct kallmod_ranges_file)KALLMOD_RANGES_FILE_EMPTY;
		}
	}
	if (err == 1)
		return kallmod_fail(ctx, -EINVAL, "%s: changes while it is read; try again", sidecar);
	return err;
}
