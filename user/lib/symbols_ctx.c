// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Where the symbols of a context's kernel come from. */
#include <string.h>

#include "cleanup.h"
#include "image.h"
#include "symbols.h"

static int read_path(struct kallmod_ctx *ctx, const char *path,
		     enum kallmod_symbols_extent extent, struct kallmod_symbols **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, ctx, path);

	return err ? err : kallmod_symbols_read(&reader, extent, ret);
}

static int read_rooted(struct kallmod_ctx *ctx, const char *format,
		       enum kallmod_symbols_extent extent, struct kallmod_symbols **ret)
{
	cleanup_free char *path = kallmod_path(ctx, format, kallmod_ctx_release(ctx));

	return path ? read_path(ctx, path, extent, ret) : -ENOMEM;
}

/* A kernel that does not run: its System.map, where distributions put it. */
static int read_system_map(struct kallmod_ctx *ctx, struct kallmod_symbols **ret)
{
	static const char *const places[] = {
		"/usr/lib/debug/boot/System.map-%s",
		"/usr/lib/debug/lib/modules/%s/System.map",
		"/boot/System.map-%s",
		"/lib/modules/%s/System.map",
		"/usr/lib/modules/%s/System.map",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int err = read_rooted(ctx, places[i], KALLMOD_SYMBOLS_ALL, ret);

		/* Debian's is a stub (-ENODATA) that says where the real one is. */
		if (err != -ENOENT && err != -ENODATA)
			return err;
	}
	return -ENOENT;
}

static int read_image(struct kallmod_ctx *ctx, const char *path, struct kallmod_symbols **ret)
{
	cleanup_image struct kallmod_image *image = NULL;
	int err = kallmod_image_open(ctx, path, &image);

	return err ? err : kallmod_image_symbols(ctx, image, ret);
}

/* Its image, which has the same symbols in it. */
static int read_boot_image(struct kallmod_ctx *ctx, struct kallmod_symbols **ret)
{
	static const char *const places[] = {
		"/boot/vmlinuz-%s",
		"/boot/Image-%s",
		"/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinuz",
		"/usr/lib/modules/%s/vmlinuz",
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup_free char *path = kallmod_path(ctx, places[i], kallmod_ctx_release(ctx));
		int err = path ? read_image(ctx, path, ret) : -ENOMEM;

		if (err != -ENOENT && err != -ENODATA)
			return err;
	}
	return kallmod_fail(ctx, -ENOENT,
			    "System.map or kernel image of %s: not found; name one with --kallsyms or --vmlinux",
			    kallmod_ctx_release(ctx));
}

static int read_other_kernel(struct kallmod_ctx *ctx, struct kallmod_symbols **ret)
{
	int err = read_system_map(ctx, ret);

	return err == -ENOENT ? read_boot_image(ctx, ret) : err;
}

/* What was asked for: that it is not there is an error and not an absence. */
static int refuse_absence(int err)
{
	return err == -ENOENT || err == -ENODATA ? -EINVAL : err;
}

static int read_symbols(struct kallmod_ctx *ctx, enum kallmod_symbols_extent extent,
			struct kallmod_symbols **ret)
{
	const char *named = kallmod_ctx_get(ctx, KALLMOD_OPT_KALLSYMS);
	struct kallmod_image *image;
	int err;

	if (named)
		return refuse_absence(read_path(ctx, named, KALLMOD_SYMBOLS_ALL, ret));
	if (kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX)) {
		err = kallmod_ctx_image(ctx, &image);
		return refuse_absence(err ? err : kallmod_image_symbols(ctx, image, ret));
	}
	if (!kallmod_ctx_running(ctx))
		return read_other_kernel(ctx, ret);
	err = read_rooted(ctx, "/proc/kallsyms", extent, ret);
	if (err != -ENOENT || kallmod_ctx_live(ctx))
		return err;
	return read_other_kernel(ctx, ret);
}

int kallmod_ctx_symbols(struct kallmod_ctx *ctx, const struct kallmod_symbols **ret)
{
	struct kallmod_symbols **slot = kallmod_ctx_symbols_slot(ctx, false);
	int err = *slot ? 0 : read_symbols(ctx, KALLMOD_SYMBOLS_ALL, slot);

	if (!err)
		*ret = *slot;
	return err;
}

int kallmod_ctx_text_symbols(struct kallmod_ctx *ctx, const struct kallmod_symbols **ret)
{
	struct kallmod_symbols **slot = kallmod_ctx_symbols_slot(ctx, true);
	int err;

	if (kallmod_ctx_symbols_at_hand(ctx) || !kallmod_ctx_text_only(ctx))
		return kallmod_ctx_symbols(ctx, ret);
	err = *slot ? 0 : read_symbols(ctx, KALLMOD_SYMBOLS_TEXT, slot);
	if (!err)
		*ret = *slot;
	return err;
}

const struct kallmod_symbols *kallmod_ctx_symbols_at_hand(const struct kallmod_ctx *ctx)
{
	return *kallmod_ctx_symbols_slot((struct kallmod_ctx *)ctx, false);
}
