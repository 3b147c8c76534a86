// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <string.h>
#include <sys/stat.h>

#include "builtin_paths.h"
#include "cleanup.h"
#include "file.h"
#include "objtree.h"
#include "thick.h"

void kallmod_objtree_close(struct kallmod_objtree *tree)
{
	free(tree->path);
	free(tree->map);
	free(tree->o_map);
	free(tree->builtin);
	kallmod_objmods_close(tree->objmods);
	*tree = (struct kallmod_objtree)KALLMOD_OBJTREE_EMPTY;
}

/* DIRECTORY/NAME; NULL when there is no memory. */
static char *path_of(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int set_paths(struct kallmod_objtree *tree, const char *path)
{
	tree->path = strdup(path);
	tree->map = path_of(path, "vmlinux.map");
	tree->o_map = path_of(path, "vmlinux.o.map");
	tree->builtin = path_of(path, "modules.builtin");
	return tree->path && tree->map && tree->o_map && tree->builtin ? 0 : -ENOMEM;
}

/* What is not there says how far the build came. */
static int check_files(struct kallmod_ctx *ctx, const struct kallmod_objtree *tree)
{
	struct stat st;

	if (stat(tree->path, &st))
		return kallmod_file_fail(ctx, tree->path, -errno);
	if (!S_ISDIR(st.st_mode))
		return kallmod_fail(ctx, -EINVAL,
				    "%s: is no directory; name the tree that a kernel was built in",
				    tree->path);
	if (access(tree->map, F_OK))
		return kallmod_fail(ctx, -ENOENT,
				    "%s: not found; build the kernel to its end, with CONFIG_VMLINUX_MAP=y",
				    tree->map);
	if (access(tree->builtin, F_OK))
		return kallmod_fail(ctx, -ENOENT,
				    "%s: not found; make modules.builtin in that tree, or build the kernel to its end",
				    tree->builtin);
	return 0;
}

/* A tree without its .cmd files may have a list instead. Every kernel has init/main.o. */
static char *find_thick(const struct kallmod_objtree *tree)
{
	cleanup_free char *cmd = path_of(tree->path, "init/.main.o.cmd");
	cleanup_free char *thick = path_of(tree->path, "modules_thick.builtin");

	if (!cmd || !thick || !access(cmd, F_OK) || access(thick, F_OK))
		return NULL;
	return cleanup_take(thick);
}

static bool is_newer(const char *path, const struct stat *than)
{
	struct stat st;

	return !stat(path, &st) && (st.st_mtim.tv_sec > than->st_mtim.tv_sec ||
				    (st.st_mtim.tv_sec == than->st_mtim.tv_sec &&
				     st.st_mtim.tv_nsec > than->st_mtim.tv_nsec));
}

/* Was the tree configured or built again since it has that list? */
static bool is_old(const struct kallmod_objtree *tree, const char *list)
{
	cleanup_free char *config = path_of(tree->path, ".config");
	struct stat st;

	return !stat(list, &st) && (is_newer(tree->map, &st) || is_newer(tree->builtin, &st) ||
				    (config && is_newer(config, &st)));
}

/*
 * The list of an earlier build lacks the modules that came since. A kernel's own list is made a
 * little before the map, and lacks those that cannot be modules: so age alone says nothing.
 */
static int check_list(struct kallmod_ctx *ctx, const struct kallmod_objtree *tree,
		      const char *list)
{
	cleanup_builtin_paths struct kallmod_builtin_paths paths = {.paths = NULL};
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY;
	const char *first = NULL;
	size_t lacking = 0;
	int err;

	if (!is_old(tree, list))
		return 0;
	err = kallmod_builtin_paths_read(ctx, tree->builtin, &paths);
	if (!err)
		err = kallmod_thick_read(ctx, list, &thick);
	for (size_t i = 0; !err && i < thick.n; i++)
		kallmod_builtin_paths_meet(&paths, thick.modules[i].name);
	for (size_t i = paths.n; !err && i-- > 0;) {
		lacking += !paths.paths[i].met;
		first = paths.paths[i].met ? first : paths.paths[i].object;
	}
	if (lacking)
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "%s: is older than the build, and lacks %zu of the %zu modules in modules.builtin (%s, for one): they count as core; make the list again",
			    list, lacking, paths.n, first);
	return err;
}

int kallmod_objtree_open(struct kallmod_objtree *tree, struct kallmod_ctx *ctx,
			 const char *path, const char *list)
{
	cleanup_objtree struct kallmod_objtree opened = KALLMOD_OBJTREE_EMPTY;
	cleanup_free char *thick = NULL;
	struct kallmod_objmods_paths paths;
	int err = set_paths(&opened, path);

	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	err = check_files(ctx, &opened);
	if (err)
		return err;
	thick = list ? NULL : find_thick(&opened);
	err = thick ? check_list(ctx, &opened, thick) : 0;
	if (err)
		return err;
	paths = (struct kallmod_objmods_paths){ opened.builtin, opened.path,
						list ? list : thick };
	err = kallmod_objmods_open(ctx, &paths, &opened.objmods);
	if (err)
		return err;
	*tree = opened;
	opened = (struct kallmod_objtree)KALLMOD_OBJTREE_EMPTY;
	return 0;
}

struct kallmod_ranges_input kallmod_objtree_input(const struct kallmod_objtree *tree)
{
	return (struct kallmod_ranges_input){ tree->map, tree->o_map, tree->objmods };
}
