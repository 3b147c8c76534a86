// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ctx.h"
#include "install_files.h"
#include "ranges_file.h"
#include "savefile.h"

/* Tenths of a second that another one of us may take. */
enum { PATIENCE = 50 };

static int fail(const struct kallmod_install *install, const char *path, int err)
{
	const char *advice = err == -EACCES || err == -EPERM ? "run as root" :
							      "install below another --root";

	return kallmod_fail(install->ctx, err, "%s: cannot be written: %s; %s", path,
			    strerror(-err), advice);
}

/* ---- what is there --------------------------------------------------------------------- */

/* 1: a file, 0: nothing; links and directories are not of our making. */
static int is_file(const struct kallmod_install *install, const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail(install, path, -errno);
	if (S_ISREG(st.st_mode))
		return 1;
	return kallmod_fail(install->ctx, -EEXIST,
			    "%s: is no file, and not of kallmod's making; remove it first", path);
}

/* A sidecar alone: only one that we wrote may be written over. */
static int check_rest(const struct kallmod_install *install)
{
	cleanup_sidecar struct kallmod_sidecar sidecar = KALLMOD_SIDECAR_EMPTY;
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	int err = kallmod_reader_open(&reader, install->ctx, install->sidecar);

	return err ? err : kallmod_sidecar_parse(&reader, &sidecar);
}

static int check_owner(const struct kallmod_install *install)
{
	cleanup_ranges_file struct kallmod_ranges_file file = KALLMOD_RANGES_FILE_EMPTY;
	int err = kallmod_ranges_file_read(install->ctx, install->path, &file);

	if (err || file.owner == KALLMOD_RANGES_OURS)
		return err;
	return kallmod_fail(install->ctx, -EEXIST,
			    "%s: is not of kallmod but the kernel's own; it is left as it is",
			    install->path);
}

int kallmod_install_look(struct kallmod_install *install)
{
	int map = is_file(install, install->path);
	int sidecar = map < 0 ? map : is_file(install, install->sidecar);
	int err = sidecar < 0 ? sidecar : 0;

	if (!err && map)
		err = check_owner(install);
	else if (!err && sidecar)
		err = check_rest(install);
	if (err)
		return err;
	install->there = map;
	install->rest = !map && sidecar;
	return 0;
}

int kallmod_install_open(struct kallmod_install *install, struct kallmod_ctx *ctx)
{
	const char *release = kallmod_ctx_release(ctx);

	install->ctx = ctx;
	if (!strcmp(release, "unknown") || strchr(release, '/') || *release == '.' || !*release)
		return kallmod_fail(ctx, -EINVAL, "release %s: is none; name the kernel's with --release",
				    release);
	install->directory = kallmod_path(ctx, "/lib/modules/%s", release);
	install->path = kallmod_ranges_path(ctx);
	install->sidecar = install->path ? kallmod_sidecar_path(install->path) : NULL;
	if (!install->directory || !install->sidecar)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	return kallmod_install_look(install);
}

void kallmod_install_close(struct kallmod_install *install)
{
	kallmod_cleanup_fd(&install->lock);
	free(install->directory);
	free(install->path);
	free(install->sidecar);
	*install = (struct kallmod_install)KALLMOD_INSTALL_EMPTY;
}

/* ---- changing it ----------------------------------------------------------------------- */

/* Kernels without loadable modules have no directory. What is above the root must be there. */
static int make_directory(const struct kallmod_install *install)
{
	const char *root = kallmod_ctx_get(install->ctx, KALLMOD_OPT_ROOT);
	char *path = install->directory;

	for (char *slash = path + (root ? strlen(root) : 0); slash; ) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return fail(install, path, -errno);
		if (slash)
			*slash = '/';
	}
	return 0;
}

/* Two at once would mix their maps and sidecars up. */
static int take_lock(struct kallmod_install *install)
{
	install->lock = open(install->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (install->lock < 0)
		return fail(install, install->directory, -errno);
	for (int i = 0; flock(install->lock, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(install, install->directory, -errno);
		if (i == PATIENCE)
			return kallmod_fail(install->ctx, -EBUSY,
					    "%s: another program holds its lock; try again",
					    install->directory);
		usleep(100000);
	}
	return 0;
}

/* What another one of us wrote when it was killed. Under the lock nobody writes it now. */
static void remove_partials(const struct kallmod_install *install)
{
	const char *map = strrchr(install->path, '/') + 1;
	const char *sidecar = strrchr(install->sidecar, '/') + 1;
	cleanup_dir DIR *dir = opendir(install->directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (kallmod_savefile_is_partial(entry->d_name, map) ||
		    kallmod_savefile_is_partial(entry->d_name, sidecar))
			unlinkat(dirfd(dir), entry->d_name, 0);
}

static int remove_file(const struct kallmod_install *install, const char *path)
{
	return unlink(path) && errno != ENOENT ? fail(install, path, -errno) : 0;
}

/* On the disk before it has its name: a crash must not leave a name without its bytes. */
static int write_file(struct kallmod_savefile *save, const struct kallmod_install *install,
		      const char *path, const char *data, size_t size)
{
	int err = kallmod_savefile_open(save, install->ctx, path);

	if (err)
		return fail(install, path, err);
	kallmod_savefile_open_to_all(save);
	fwrite(data, 1, size, save->file);
	if (fflush(save->file) || fsync(fileno(save->file)))
		return fail(install, path, -errno);
	return kallmod_savefile_check(save);
}

/*
 * Map and sidecar always match: the old map goes first, then the sidecar changes, and the new
 * map comes last. Between these there is no map at all.
 */
static int put_files(const struct kallmod_install *install, struct kallmod_savefile *map,
		     struct kallmod_savefile *sidecar)
{
	int err = remove_file(install, install->path);

	if (!err)
		err = kallmod_savefile_commit(sidecar);
	/* What the disk keeps of a crash is in this order, too. */
	if (!err)
		fsync(install->lock);
	if (!err)
		err = kallmod_savefile_commit(map);
	if (!err)
		fsync(install->lock);
	return err;
}

int kallmod_install_put(struct kallmod_install *install, const char *map, size_t map_size,
			const char *sidecar, size_t sidecar_size)
{
	cleanup_savefile struct kallmod_savefile first = KALLMOD_SAVEFILE_EMPTY;
	cleanup_savefile struct kallmod_savefile second = KALLMOD_SAVEFILE_EMPTY;
	int err = make_directory(install);

	if (!err)
		err = take_lock(install);
	if (!err)
		err = kallmod_install_look(install);
	if (!err)
		remove_partials(install);
	if (!err)
		err = write_file(&first, install, install->sidecar, sidecar, sidecar_size);
	if (!err)
		err = write_file(&second, install, install->path, map, map_size);
	return err ? err : put_files(install, &second, &first);
}

int kallmod_install_remove(struct kallmod_install *install)
{
	int err = take_lock(install);

	if (!err)
		err = kallmod_install_look(install);
	if (!err)
		err = remove_file(install, install->path);
	if (!err)
		fsync(install->lock);
	if (!err)
		err = remove_file(install, install->sidecar);
	if (err)
		return err;
	remove_partials(install);
	/* It may be there for this map alone; with anything else in it, it stays. */
	rmdir(install->directory);
	return 0;
}
