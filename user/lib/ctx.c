// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "ctx.h"
#include "file.h"
#include "image.h"
#include "symbols.h"

#ifndef KALLMOD_DATADIR
#define KALLMOD_DATADIR "/usr/local/share/kallmod"
#endif

#define ERROR_MAX 1024

struct kallmod_ctx {
	char *settings[KALLMOD_OPT_COUNT];
	char *release;
	void (*log)(void *arg, enum kallmod_log_level level, const char *line);
	void *log_arg;
	struct kallmod_symbols *symbols, *text_symbols;
	struct kallmod_image *image;
	bool text_only, export;
	char error[ERROR_MAX];
};

int kallmod_ctx_create(struct kallmod_ctx **ret)
{
	struct kallmod_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	*ret = ctx;
	return 0;
}

/* What was read under other settings is no longer true. */
static void forget(struct kallmod_ctx *ctx)
{
	kallmod_symbols_destroy(cleanup_take(ctx->symbols));
	kallmod_symbols_destroy(cleanup_take(ctx->text_symbols));
	kallmod_image_close(cleanup_take(ctx->image));
	free(cleanup_take(ctx->release));
}

void kallmod_ctx_destroy(struct kallmod_ctx *ctx)
{
	if (!ctx)
		return;
	forget(ctx);
	for (size_t i = 0; i < KALLMOD_OPT_COUNT; i++)
		free(ctx->settings[i]);
	free(ctx);
}

void kallmod_ctx_set_log(struct kallmod_ctx *ctx,
			 void (*log)(void *arg, enum kallmod_log_level level, const char *line),
			 void *arg)
{
	ctx->log = log;
	ctx->log_arg = arg;
}

int kallmod_ctx_set(struct kallmod_ctx *ctx, enum kallmod_option option, const char *value)
{
	char *copy = NULL;

	if ((unsigned int)option >= KALLMOD_OPT_COUNT)
		return kallmod_fail(ctx, -EINVAL, "setting %d: unknown", (int)option);
	if (value) {
		copy = strdup(value);
		if (!copy)
			return kallmod_fail(ctx, -ENOMEM, "out of memory");
	}
	free(ctx->settings[option]);
	ctx->settings[option] = copy;
	forget(ctx);
	return 0;
}

const char *kallmod_ctx_get(const struct kallmod_ctx *ctx, enum kallmod_option option)
{
	return (unsigned int)option < KALLMOD_OPT_COUNT ? ctx->settings[option] : NULL;
}

const char *kallmod_ctx_error(const struct kallmod_ctx *ctx)
{
	return ctx->error;
}

/* Names and file contents end up in messages: none may drive the terminal or break the line. */
static void make_printable(char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			*line = '?';
}

int kallmod_fail(struct kallmod_ctx *ctx, int err, const char *format, ...)
{
	char line[ERROR_MAX];
	va_list args;

	if (!ctx)
		return err;
	/* Through a buffer, since an argument may be the error line itself. */
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	make_printable(line);
	memcpy(ctx->error, line, sizeof(line));
	return err;
}

void kallmod_log(struct kallmod_ctx *ctx, enum kallmod_log_level level, const char *format, ...)
{
	char line[ERROR_MAX];
	va_list args;

	if (!ctx || !ctx->log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	make_printable(line);
	ctx->log(ctx->log_arg, level, line);
}

char *kallmod_path(struct kallmod_ctx *ctx, const char *format, ...)
{
	const char *root = ctx->settings[KALLMOD_OPT_ROOT];
	cleanup_free char *rest = NULL;
	va_list args;
	char *path;
	int length;

	va_start(args, format);
	length = vasprintf(&rest, format, args);
	va_end(args);
	if (length < 0) {
		rest = NULL;
		return NULL;
	}
	if (!root)
		return cleanup_take(rest);
	return asprintf(&path, "%s%s", root, rest) < 0 ? NULL : path;
}

const char *kallmod_ctx_signatures(const struct kallmod_ctx *ctx)
{
	const char *directory = ctx->settings[KALLMOD_OPT_SIGNATURES];

	return directory ? directory : KALLMOD_DATADIR "/signatures";
}

/* The release of the kernel whose /proc is at hand; -ENOENT where a fake root has none. */
static int proc_release(struct kallmod_ctx *ctx, char *release, size_t size)
{
	cleanup_free char *path = kallmod_path(ctx, "/proc/sys/kernel/osrelease");
	struct utsname name;
	int err = path ? kallmod_file_read_line(path, release, size) : -ENOMEM;

	if (!err && *release)
		return 0;
	if (ctx->settings[KALLMOD_OPT_ROOT] || uname(&name))
		return -ENOENT;
	snprintf(release, size, "%s", name.release);
	return 0;
}

int kallmod_ctx_image(struct kallmod_ctx *ctx, struct kallmod_image **ret)
{
	const char *path = ctx->settings[KALLMOD_OPT_VMLINUX];
	int err = 0;

	if (!path)
		return kallmod_fail(ctx, -EINVAL, "no kernel image; name one with --vmlinux");
	if (!ctx->image)
		err = kallmod_image_open(ctx, path, &ctx->image);
	if (!err)
		*ret = ctx->image;
	return err == -ENOENT ? -EINVAL : err;
}

static int image_release(struct kallmod_ctx *ctx, char *release, size_t size)
{
	struct kallmod_image *image;
	int err = kallmod_ctx_image(ctx, &image);

	return err ? err : kallmod_image_release(image, release, size);
}

const char *kallmod_ctx_release(struct kallmod_ctx *ctx)
{
	char release[256];
	int err = 0;

	if (ctx->settings[KALLMOD_OPT_RELEASE])
		return ctx->settings[KALLMOD_OPT_RELEASE];
	if (!ctx->release) {
		err = ctx->settings[KALLMOD_OPT_VMLINUX] ?
			      image_release(ctx, release, sizeof(release)) :
			      proc_release(ctx, release, sizeof(release));
		ctx->release = err ? NULL : strdup(release);
	}
	return ctx->release ? ctx->release : "unknown";
}

bool kallmod_ctx_live(const struct kallmod_ctx *ctx)
{
	return !ctx->settings[KALLMOD_OPT_ROOT] && !ctx->settings[KALLMOD_OPT_RELEASE] &&
	       !ctx->settings[KALLMOD_OPT_KALLSYMS] && !ctx->settings[KALLMOD_OPT_VMLINUX];
}

bool kallmod_ctx_running(struct kallmod_ctx *ctx)
{
	const char *wanted = ctx->settings[KALLMOD_OPT_RELEASE];
	char release[256];

	if (ctx->settings[KALLMOD_OPT_KALLSYMS] || ctx->settings[KALLMOD_OPT_VMLINUX])
		return false;
	if (!wanted || proc_release(ctx, release, sizeof(release)))
		return true;
	return !strcmp(wanted, release);
}

void kallmod_ctx_set_text_only(struct kallmod_ctx *ctx)
{
	ctx->text_only = true;
}

bool kallmod_ctx_text_only(const struct kallmod_ctx *ctx)
{
	return ctx->text_only;
}

void kallmod_ctx_set_export(struct kallmod_ctx *ctx)
{
	ctx->export = true;
}

bool kallmod_ctx_export(const struct kallmod_ctx *ctx)
{
	return ctx->export;
}

bool kallmod_ctx_without_init(const struct kallmod_ctx *ctx)
{
	return kallmod_ctx_live(ctx) && !ctx->export;
}

struct kallmod_symbols **kallmod_ctx_symbols_slot(struct kallmod_ctx *ctx, bool text)
{
	return text ? &ctx->text_symbols : &ctx->symbols;
}
