// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * modules.builtin.ranges, as the kernel's build installs it; or as 'kallmod install-map' does,
 * which is known by its sidecar, and is no better than what it was made from.
 */
#include <string.h>

#include "cleanup.h"
#include "map_priv.h"
#include "ranges.h"
#include "ranges_file.h"
#include "source.h"

static char *find_path(struct kallmod_ctx *ctx)
{
	const char *named = kallmod_ctx_get(ctx, KALLMOD_OPT_RANGES);

	return named ? strdup(named) : kallmod_ranges_path(ctx);
}

/*
 * Would inference, if asked now, perhaps know better? With other signatures or another decoder,
 * and where it was just told what is built in. Better sources come before both, by their trust.
 */
static bool is_outdated(struct kallmod_ctx *ctx, const struct kallmod_sidecar *sidecar)
{
	char print[KALLMOD_SIGNATURES_PRINT];

	if (sidecar->trust != KALLMOD_TRUST_INFERRED)
		return false;
	if (kallmod_ctx_get(ctx, KALLMOD_OPT_MODULES_BUILTIN))
		return true;
	kallmod_signatures_print(ctx, print);
	return *print && (strcmp(print, sidecar->signatures) ||
			  strcmp(KALLMOD_VERSION, sidecar->version));
}

/* Who wrote the file, added to what was found in it. */
static int tell_owner(const struct kallmod_ranges_file *file, bool outdated, char **why)
{
	const struct kallmod_sidecar *sidecar = &file->sidecar;
	char *longer;
	int length = 0;

	if (file->owner == KALLMOD_RANGES_OURS)
		length = asprintf(&longer, "%s; installed by kallmod %s on %s from %s%s", *why,
				  sidecar->version, sidecar->date, sidecar->source,
				  outdated ? ", but inference may know better by now" : "");
	else if (file->owner == KALLMOD_RANGES_REPLACED)
		length = asprintf(&longer, "%s; the " KALLMOD_SIDECAR_SUFFIX " file beside it is of another file, and does not count",
				  *why);
	if (length < 0)
		return -ENOMEM;
	if (!length)
		return 0;
	free(*why);
	*why = longer;
	return 0;
}

static int place(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, const char *path,
		 const struct kallmod_ranges_file *file, char **why_ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	bool ours = file->owner == KALLMOD_RANGES_OURS;
	int err = kallmod_reader_memory(&reader, ctx, path, file->data, file->size);

	if (ours)
		kallmod_map_set_source(map, id, file->sidecar.trust);
	if (ours)
		map->outdated = is_outdated(ctx, &file->sidecar);
	if (!err)
		err = kallmod_ranges_place(ctx, map, id, &reader, ours ? &file->sidecar : NULL,
					   why_ret);
	if (!err && map->outdated)
		map->advice = "run 'kallmod install-map' again, or take it away with --uninstall";
	if (!err && file->owner == KALLMOD_RANGES_REPLACED)
		map->advice = "remove the old " KALLMOD_SIDECAR_SUFFIX " file";
	return err;
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	cleanup_ranges_file struct kallmod_ranges_file file = KALLMOD_RANGES_FILE_EMPTY;
	cleanup_free char *path = find_path(ctx);
	cleanup_free char *why = NULL;
	int err = path ? kallmod_ranges_file_read(ctx, path, &file) :
			 kallmod_fail(ctx, -ENOMEM, "out of memory");

	if (err)
		return err;
	/* Else a map that was installed once would be installed for ever. */
	if (file.owner == KALLMOD_RANGES_OURS && kallmod_ctx_export(ctx) &&
	    !kallmod_ctx_get(ctx, KALLMOD_OPT_RANGES))
		return kallmod_fail(ctx, -ENODATA, "%s: was installed by kallmod", path);
	err = place(ctx, map, id, path, &file, &why);
	if (!err)
		err = tell_owner(&file, map->outdated, &why);
	if (!err)
		*why_ret = cleanup_take(why);
	return err;
}

const struct kallmod_source kallmod_source_ranges = {
	.name = "ranges",
	.trust = KALLMOD_TRUST_EXACT,
	.advice = "build the kernel with CONFIG_BUILTIN_MODULE_RANGES=y (6.12 on), or name its file with --ranges",
	.load = load,
};
