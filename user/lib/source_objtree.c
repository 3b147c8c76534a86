// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The tree that the kernel was built in: what its build would put into modules.builtin.ranges,
 * made on the spot. The tree is the one that was set, else what /lib/modules/RELEASE/build is.
 */
#include <string.h>

#include "cleanup.h"
#include "objtree.h"
#include "ranges.h"
#include "source.h"

/* What build points to is mostly headers, and then no error: nothing said that it is a tree. */
static int find_tree(struct kallmod_ctx *ctx, char **ret)
{
	const char *named = kallmod_ctx_get(ctx, KALLMOD_OPT_OBJTREE);
	cleanup_free char *path = NULL, *map = NULL;

	path = named ? strdup(named) :
		       kallmod_path(ctx, "/lib/modules/%s/build", kallmod_ctx_release(ctx));
	if (!path || asprintf(&map, "%s/vmlinux.map", path) < 0)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	if (!named && access(map, F_OK))
		return kallmod_fail(ctx, -ENOENT, "%s: not found", map);
	*ret = cleanup_take(path);
	return 0;
}

/* The ranges as text in memory, with the map's name for messages. */
static int make_ranges(struct kallmod_ctx *ctx, const char *path, struct kallmod_reader *reader)
{
	cleanup_objtree struct kallmod_objtree tree = KALLMOD_OBJTREE_EMPTY;
	struct kallmod_ranges_report report;
	struct kallmod_ranges_input input;
	cleanup_free char *text = NULL;
	size_t size;
	FILE *to;
	int err = kallmod_objtree_open(&tree, ctx, path, NULL);

	/* The tree is here, or was named: what it lacks is an error and not an absence. */
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	to = open_memstream(&text, &size);
	if (!to)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	input = kallmod_objtree_input(&tree);
	err = kallmod_ranges_make(ctx, &input, to, &report);
	if (fclose(to) && !err)
		err = kallmod_fail(ctx, -ENOMEM, "out of memory");
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	return kallmod_reader_memory(reader, ctx, tree.map, text, size);
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	cleanup_free char *path = NULL;
	int err = find_tree(ctx, &path);

	if (!err)
		err = make_ranges(ctx, path, &reader);
	return err ? err : kallmod_ranges_place(ctx, map, id, &reader, NULL, why_ret);
}

const struct kallmod_source kallmod_source_objtree = {
	.name = "objtree",
	.trust = KALLMOD_TRUST_EXACT,
	.advice = "build the kernel with CONFIG_VMLINUX_MAP=y and keep the tree, or name it with --objtree",
	.load = load,
};
