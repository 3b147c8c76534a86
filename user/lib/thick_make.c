// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "clock.h"
#include "file.h"
#include "grow.h"
#include "thick_make.h"

enum {
	MAX_SLOTS = 64,
	MAX_ARGUMENTS = 16,
	MAX_OUTPUT = 16 << 20, /* of one Kbuild file; amdgpu's is 100 kB */
	ERROR_SIZE = 512,
	TIMEOUT_MS = 120000, /* for one; they take 5 to 50 */
};

struct slot {
	pid_t pid; /* 0: free */
	int fd;	   /* its standard output, and errors in a file "errors.N" */
	size_t tag, size, capacity;
	char *output;
	uint64_t deadline; /* in ms */
};

struct kallmod_make {
	struct kallmod_ctx *ctx;
	char *directory;
	struct slot slots[MAX_SLOTS];
	size_t n, running;
	char error[ERROR_SIZE];
};

/* ---- the directory --------------------------------------------------------------------- */

static int make_link(struct kallmod_make *make, const char *srctree)
{
	cleanup_free char *real = realpath(srctree, NULL), *link = NULL;

	if (!real)
		return kallmod_file_fail(make->ctx, srctree, -errno);
	if (asprintf(&link, "%s/source", make->directory) < 0) {
		link = NULL;
		return kallmod_fail(make->ctx, -ENOMEM, "%s: out of memory", srctree);
	}
	if (symlink(real, link))
		return kallmod_fail(make->ctx, -errno, "%s: cannot be made: %s; set TMPDIR", link,
				    strerror(errno));
	return 0;
}

static int make_directory(struct kallmod_make *make)
{
	const char *tmp = getenv("TMPDIR");
	char *path;

	if (asprintf(&path, "%s/kallmod-XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0)
		return kallmod_fail(make->ctx, -ENOMEM, "make: out of memory");
	if (!mkdtemp(path)) {
		int err = kallmod_fail(make->ctx, -errno, "%s: cannot be made: %s; set TMPDIR",
				       path, strerror(errno));

		free(path);
		return err;
	}
	make->directory = path;
	return 0;
}

int kallmod_make_create(struct kallmod_ctx *ctx, const char *srctree,
			struct kallmod_make **ret)
{
	struct kallmod_make *make = calloc(1, sizeof(*make));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int err;

	if (!make)
		return kallmod_fail(ctx, -ENOMEM, "make: out of memory");
	make->ctx = ctx;
	make->n = cpus < 1 ? 1 : cpus > MAX_SLOTS ? MAX_SLOTS : cpus;
	for (size_t i = 0; i < make->n; i++)
		make->slots[i].fd = -1;
	err = make_directory(make);
	if (!err)
		err = make_link(make, srctree);
	if (err) {
		kallmod_make_destroy(make);
		return err;
	}
	*ret = make;
	return 0;
}

/* The parents of a file that is in the directory. */
static void make_parents(char *path, size_t from)
{
	for (char *slash = path + from; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

FILE *kallmod_make_file(struct kallmod_make *make, const char *name)
{
	cleanup_free char *path = NULL;
	FILE *file = NULL;

	if (asprintf(&path, "%s/%s", make->directory, name) < 0) {
		path = NULL;
		kallmod_fail(make->ctx, -ENOMEM, "%s: out of memory", name);
		return NULL;
	}
	make_parents(path, strlen(make->directory) + 1);
	file = fopen(path, "we");
	if (!file)
		kallmod_fail(make->ctx, -errno, "%s: cannot be written: %s; set TMPDIR", path,
			     strerror(errno));
	return file;
}

int kallmod_make_file_close(struct kallmod_make *make, FILE *file)
{
	bool bad = ferror(file);

	if (!fclose(file) && !bad)
		return 0;
	return kallmod_fail(make->ctx, -EIO, "%s: cannot be written to; free space, or set TMPDIR",
			    make->directory);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	remove(path);
	return 0;
}

/* ---- processes ------------------------------------------------------------------------- */

static void release_slot(struct kallmod_make *make, struct slot *slot)
{
	/* It leads a group of its own, with all that a $(shell …) may have left. */
	kill(-slot->pid, SIGKILL);
	while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
		;
	kallmod_cleanup_fd(&slot->fd);
	slot->fd = -1;
	slot->pid = 0;
	make->running--;
}

void kallmod_make_destroy(struct kallmod_make *make)
{
	if (!make)
		return;
	for (size_t i = 0; i < make->n; i++) {
		if (make->slots[i].pid)
			release_slot(make, &make->slots[i]);
		free(make->slots[i].output);
	}
	if (make->directory)
		nftw(make->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(make->directory);
	free(make);
}

size_t kallmod_make_slots(const struct kallmod_make *make)
{
	return make->n;
}

size_t kallmod_make_running(const struct kallmod_make *make)
{
	return make->running;
}

static size_t free_slot(const struct kallmod_make *make)
{
	for (size_t i = 0; i < make->n; i++)
		if (!make->slots[i].pid)
			return i;
	return make->n;
}

static int spawn(const struct kallmod_make *make, struct slot *slot, int out,
		 const char *errors, char **argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	/* Kbuild files see no variables of ours: a CONFIG_ or MAKEFLAGS there would count. */
	const char *search = getenv("PATH");
	char path[4096], *environment[] = {path, "LC_ALL=C", NULL};
	sigset_t none, usual;
	int err;

	snprintf(path, sizeof(path), "PATH=%s", search ? search : "/usr/bin:/bin");
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addchdir_np(&actions, make->directory);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
					      POSIX_SPAWN_SETSIGDEF);
	err = posix_spawnp(&slot->pid, "make", &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		slot->pid = 0;
	return -err;
}

int kallmod_make_start(struct kallmod_make *make, size_t tag, const char *const *arguments)
{
	char *argv[MAX_ARGUMENTS + 4] = {"make", "-rRs", "-Isource", "-fkallmod.mk"};
	size_t at = free_slot(make), n = 4;
	struct slot *slot = &make->slots[at];
	cleanup_fd int out = -1;
	char errors[32];
	int fds[2], err;

	while (*arguments && n < MAX_ARGUMENTS + 3)
		argv[n++] = (char *)*arguments++;
	snprintf(errors, sizeof(errors), "errors.%zu", at);
	if (pipe2(fds, O_CLOEXEC))
		return kallmod_fail(make->ctx, -errno, "make: %s", strerror(errno));
	out = fds[1];
	err = spawn(make, slot, out, errors, argv);
	if (err) {
		close(fds[0]);
		return kallmod_fail(make->ctx, err, "make: cannot be run: %s; install GNU make",
				    strerror(-err));
	}
	slot->fd = fds[0];
	slot->tag = tag;
	slot->size = 0;
	slot->deadline = kallmod_now_ns() / 1000000 + TIMEOUT_MS;
	make->running++;
	return 0;
}

/* 1: there may be more; 0: the end; negative errno. */
static int read_slot(struct slot *slot)
{
	ssize_t got;

	if (slot->capacity - slot->size < 4097) {
		char *larger = realloc(slot->output, slot->capacity ? 2 * slot->capacity : 65536);

		if (!larger)
			return -ENOMEM;
		slot->capacity = slot->capacity ? 2 * slot->capacity : 65536;
		slot->output = larger;
	}
	got = read(slot->fd, slot->output + slot->size, slot->capacity - slot->size - 1);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	slot->size += got;
	slot->output[slot->size] = '\0';
	return slot->size > MAX_OUTPUT ? -EFBIG : got != 0;
}

static void read_error(struct kallmod_make *make, size_t at)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/errors.%zu", make->directory, at);
	if (kallmod_file_read_line(path, make->error, sizeof(make->error)))
		*make->error = '\0';
}

static int poll_slots(struct kallmod_make *make, struct pollfd *fds)
{
	uint64_t now = kallmod_now_ns() / 1000000, first = UINT64_MAX;
	int got;

	for (size_t i = 0; i < make->n; i++) {
		const struct slot *slot = &make->slots[i];

		fds[i] = (struct pollfd){.fd = slot->pid ? slot->fd : -1, .events = POLLIN};
		if (slot->pid && slot->deadline < first)
			first = slot->deadline;
	}
	got = poll(fds, make->n, first > now ? (int)(first - now) : 0);
	if (got < 0)
		return -errno;
	return got ? 0 : -ETIMEDOUT;
}

int kallmod_make_wait(struct kallmod_make *make, struct kallmod_make_result *ret)
{
	struct pollfd fds[MAX_SLOTS];
	int err;

	for (;;) {
		err = poll_slots(make, fds);
		for (size_t i = 0; !err && i < make->n; i++) {
			struct slot *slot = &make->slots[i];

			err = fds[i].revents ? read_slot(slot) : 1;
			if (err > 0) {
				err = 0;
			} else if (!err) {
				release_slot(make, slot);
				read_error(make, i);
				*ret = (struct kallmod_make_result){slot->tag, slot->output,
								    slot->size, make->error};
				return 0;
			}
		}
		if (err)
			return err;
	}
}
