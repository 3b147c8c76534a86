// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What a cached map depends on, as text: one line each. Files by identity, size and time. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "cache.h"
#include "cleanup.h"
#include "dwarf_find.h"
#include "file.h"
#include "ranges_file.h"

static void put_stat(FILE *out, const char *path, const struct stat *st)
{
	fprintf(out, "%s %ju:%ju %jd %jd.%09ld %jd.%09ld\n", path, (uintmax_t)st->st_dev,
		(uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static void put_file(FILE *out, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		fprintf(out, "%s: none\n", path);
	else
		put_stat(out, path, &st);
}

/* A file of a line or a few bytes, by content. */
static bool put_content(struct kallmod_ctx *ctx, FILE *out, const char *path)
{
	cleanup_free char *data = NULL;
	size_t size;

	if (kallmod_file_read(ctx, path, 65536, &data, &size))
		return false;
	fprintf(out, "%s", path);
	for (size_t i = 0; i < size; i++)
		fprintf(out, " %02x", (unsigned char)data[i]);
	putc('\n', out);
	return true;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void put_directory(FILE *out, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_visible, compare_names);

	put_file(out, directory);
	for (int i = 0; i < count; i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
			path = NULL;
		if (path)
			put_file(out, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* All the places where debug information may be; one that appears may bring a better map. */
static void put_vmlinux(struct kallmod_ctx *ctx, FILE *out)
{
	for (size_t i = 0; kallmod_dwarf_places[i]; i++) {
		cleanup_free char *path = kallmod_path(ctx, kallmod_dwarf_places[i],
						       kallmod_ctx_release(ctx));

		if (path)
			put_file(out, path);
	}
}

static void put_module_files(struct kallmod_ctx *ctx, FILE *out)
{
	static const char *const names[] = { "modules.builtin", "modules.builtin.modinfo",
					     "modules.builtin.ranges",
					     "modules.builtin.ranges.kallmod", "modules.order",
					     "modules_thick.builtin", "build/vmlinux.map",
					     "build/vmlinux.o.map" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup_free char *path = kallmod_path(ctx, "/lib/modules/%s/%s",
						       kallmod_ctx_release(ctx), names[i]);

		if (path)
			put_file(out, path);
	}
	put_vmlinux(ctx, out);
	/* Only whether it is there: files of /proc get new times as they please. */
	fprintf(out, "kallmodsyms %d\n", !access("/proc/kallmodsyms", F_OK));
	put_directory(out, kallmod_ctx_signatures(ctx));
	/* Another build of ourselves may infer another map. */
	put_file(out, "/proc/self/exe");
}

/* A sidecar that comes or goes makes another map of the same file. */
static void put_ranges(FILE *out, const char *path)
{
	cleanup_free char *sidecar = kallmod_sidecar_path(path);

	put_file(out, path);
	if (sidecar)
		put_file(out, sidecar);
}

static void put_settings(struct kallmod_ctx *ctx, FILE *out)
{
	for (int i = 0; i < KALLMOD_OPT_COUNT; i++) {
		const char *value = kallmod_ctx_get(ctx, i);

		fprintf(out, "setting %d %s\n", i, value ? value : "-");
		if (value && i == KALLMOD_OPT_RANGES)
			put_ranges(out, value);
	}
	fprintf(out, "text only %d\n", kallmod_ctx_text_only(ctx));
}

/* Settings under which other files than those below feed the map. */
static bool is_cacheable(struct kallmod_ctx *ctx)
{
	return kallmod_ctx_live(ctx) && !kallmod_ctx_export(ctx) &&
	       !kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX) &&
	       !kallmod_ctx_get(ctx, KALLMOD_OPT_OBJTREE) &&
	       !kallmod_ctx_get(ctx, KALLMOD_OPT_MODULES_BUILTIN);
}

char *kallmod_cache_key(struct kallmod_ctx *ctx)
{
	char *key = NULL;
	size_t size;
	bool good;
	FILE *out;

	if (!is_cacheable(ctx))
		return NULL;
	out = open_memstream(&key, &size);
	if (!out)
		return NULL;
	fprintf(out, "kallmod %s\n", KALLMOD_VERSION);
	put_settings(ctx, out);
	/* Without these a kernel is not known from another. Addresses change with each boot. */
	good = put_content(ctx, out, "/proc/sys/kernel/random/boot_id") &&
	       put_content(ctx, out, "/proc/version");
	put_content(ctx, out, "/sys/kernel/notes");
	put_module_files(ctx, out);
	if (fclose(out) || !good) {
		free(key);
		return NULL;
	}
	return key;
}
