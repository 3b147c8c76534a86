// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "objmods_cmd.h"

enum {
	/* The first line has a few thousand bytes, that of a partial link a million. */
	FIRST_LINE_SIZE = 4 << 10,
	FIRST_LINE_MAX = 8 << 20,
	BATCH = 64,
};

/* What is handed over at once; after that it belongs to who takes it, until it is done. */
struct batch {
	struct batch *next;
	size_t count;
	struct objmods_cmd cmds[BATCH];
};

struct buffer {
	char *data;
	size_t size;
};

/* What one thread has at hand. Objects come by directory: that is looked up once. */
struct reader {
	struct buffer line;
	const char *directory; /* the first length bytes of an object's path; NULL: none yet */
	size_t length;
	int fd; /* of directory, or a negative errno */
};

struct objmods_cmds {
	int tree_fd;
	struct batch *first, *last; /* all, in order; the last one is being filled */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct batch *ready;   /* the next one to take */
	struct batch *filling; /* not to be taken; NULL: no more will come */
};

/* ---- one file -------------------------------------------------------------------------- */

char *objmods_cmd_path(const char *object)
{
	const char *slash = strrchr(object, '/');
	char *path;

	if (asprintf(&path, "%.*s/.%s.cmd", (int)(slash - object), object, slash + 1) < 0)
		return NULL;
	return path;
}

char *objmods_cmd_modfile(char *line)
{
	static const char c[] = "DKBUILD_MODFILE=", rust[] = "RUST_MODFILE=", quotes[] = "'\"";
	char *at = line;

	while ((at = strstr(at, c))) {
		char *value = at + sizeof(c) - 1;
		size_t quoted = strspn(value, quotes),
		       length = strcspn(value + quoted, quotes);

		at = value;
		if (!quoted || !length)
			continue;
		value[quoted + length] = '\0';
		return value + quoted;
	}
	at = strstr(line, rust);
	if (!at)
		return NULL;
	at += sizeof(rust) - 1;
	at[strcspn(at, " ")] = '\0';
	return *at ? at : NULL;
}

static int grow(struct buffer *buffer)
{
	size_t size = buffer->size ? 4 * buffer->size : FIRST_LINE_SIZE;
	char *data = realloc(buffer->data, size);

	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->size = size;
	return 0;
}

/* The first line, terminated; of a longer one the first FIRST_LINE_MAX bytes. */
static int read_first_line(struct buffer *buffer, int fd)
{
	size_t size = 0;

	for (;;) {
		char *at, *newline;
		ssize_t got;

		if (size + 1 >= buffer->size && grow(buffer))
			return -ENOMEM;
		at = buffer->data + size;
		got = read(fd, at, buffer->size - size - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		newline = memchr(at, '\n', got);
		size += got;
		if (newline || !got || size >= FIRST_LINE_MAX) {
			*(newline ? newline : buffer->data + size) = '\0';
			return 0;
		}
	}
}

static void reader_deinit(struct reader *reader)
{
	kallmod_cleanup_fd(&reader->fd);
	free(reader->line.data);
}

static int open_at(int fd, const char *path, int flags)
{
	fd = openat(fd, path, flags | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOTDIR || errno == ENAMETOOLONG ? -ENOENT : -errno;
}

/* The object's directory, in which its name begins at slash + 1. */
static int enter_directory(struct reader *reader, int tree_fd, const char *object,
			   const char *slash)
{
	size_t length = slash - object;
	char path[PATH_MAX];

	if (reader->directory && length == reader->length &&
	    !memcmp(reader->directory, object, length))
		return reader->fd;
	kallmod_cleanup_fd(&reader->fd);
	reader->directory = object;
	reader->length = length;
	if (length + 1 >= sizeof(path))
		return reader->fd = -ENOENT;
	/* With its slash: that may be all there is. */
	memcpy(path, object, length + 1);
	path[length + 1] = '\0';
	return reader->fd = open_at(tree_fd, path, O_PATH | O_DIRECTORY);
}

static int open_cmd(struct reader *reader, int tree_fd, const char *object)
{
	const char *slash = strrchr(object, '/');
	int fd = enter_directory(reader, tree_fd, object, slash);
	size_t length = strlen(slash + 1);
	char name[NAME_MAX + 1];

	if (fd < 0)
		return fd;
	if (length + sizeof(".") + sizeof(".cmd") - 1 > sizeof(name))
		return -ENOENT;
	name[0] = '.';
	memcpy(name + 1, slash + 1, length);
	memcpy(name + 1 + length, ".cmd", sizeof(".cmd"));
	/* What should be a file may be a pipe that nobody writes to. */
	return open_at(fd, name, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

static void read_cmd(struct reader *reader, int tree_fd, struct objmods_cmd *cmd)
{
	cleanup_fd int fd = open_cmd(reader, tree_fd, cmd->object);
	char *modfile;

	cmd->err = fd < 0 ? fd : read_first_line(&reader->line, fd);
	modfile = cmd->err ? NULL : objmods_cmd_modfile(reader->line.data);
	if (!modfile)
		return;
	cmd->modfile = strdup(modfile);
	if (!cmd->modfile)
		cmd->err = -ENOMEM;
}

/* ---- all of them ----------------------------------------------------------------------- */

/* The next batch that is full, or NULL: there is none, and (wait) none will come. */
static struct batch *take(struct objmods_cmds *cmds, bool wait)
{
	struct batch *batch = NULL;

	pthread_mutex_lock(&cmds->lock);
	while (wait && cmds->ready && cmds->ready == cmds->filling)
		pthread_cond_wait(&cmds->changed, &cmds->lock);
	if (cmds->ready != cmds->filling)
		batch = cmds->ready;
	if (batch)
		cmds->ready = batch->next;
	pthread_mutex_unlock(&cmds->lock);
	return batch;
}

static void work(struct objmods_cmds *cmds, bool wait)
{
	__attribute__((cleanup(reader_deinit))) struct reader reader = {.fd = -1};
	struct batch *batch;

	while ((batch = take(cmds, wait)))
		for (size_t i = 0; i < batch->count; i++)
			read_cmd(&reader, cmds->tree_fd, &batch->cmds[i]);
}

static void *work_in_thread(void *arg)
{
	/* Two threads with one table of files wait for each other; if it fails, they do. */
	unshare(CLONE_FILES);
	work(arg, true);
	return NULL;
}

/* What is filled may be taken, up to filling, which is not. */
static void hand_over(struct objmods_cmds *cmds, struct batch *filling)
{
	pthread_mutex_lock(&cmds->lock);
	cmds->filling = filling;
	pthread_cond_signal(&cmds->changed);
	pthread_mutex_unlock(&cmds->lock);
}

/* No more will come; what nobody has taken yet is read here, beside the thread. */
static void finish(struct objmods_cmds *cmds)
{
	hand_over(cmds, NULL);
	work(cmds, false);
	if (cmds->has_thread)
		pthread_join(cmds->thread, NULL);
	cmds->has_thread = false;
}

static void forget(struct objmods_cmds *cmds)
{
	struct batch *next;

	for (struct batch *batch = cmds->first; batch; batch = next) {
		next = batch->next;
		for (size_t i = 0; i < batch->count; i++)
			free(batch->cmds[i].modfile);
		free(batch);
	}
	cmds->first = cmds->last = cmds->ready = cmds->filling = NULL;
}

int objmods_cmds_create(int tree_fd, struct objmods_cmds **ret)
{
	struct objmods_cmds *cmds = calloc(1, sizeof(*cmds));

	if (!cmds)
		return -ENOMEM;
	cmds->tree_fd = tree_fd;
	pthread_mutex_init(&cmds->lock, NULL);
	pthread_cond_init(&cmds->changed, NULL);
	*ret = cmds;
	return 0;
}

void objmods_cmds_destroy(struct objmods_cmds *cmds)
{
	if (!cmds)
		return;
	/* Nobody will ask for what is not taken yet. */
	pthread_mutex_lock(&cmds->lock);
	cmds->ready = NULL;
	pthread_mutex_unlock(&cmds->lock);
	finish(cmds);
	forget(cmds);
	pthread_mutex_destroy(&cmds->lock);
	pthread_cond_destroy(&cmds->changed);
	free(cmds);
}

static int add_batch(struct objmods_cmds *cmds)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	if (!cmds->first) {
		cmds->first = cmds->last = cmds->ready = cmds->filling = batch;
		return 0;
	}
	cmds->last->next = batch;
	cmds->last = batch;
	hand_over(cmds, batch);
	/* Without a thread all is read at the end. */
	if (!cmds->has_thread)
		cmds->has_thread = !pthread_create(&cmds->thread, NULL, work_in_thread, cmds);
	return 0;
}

int objmods_cmds_ask(struct objmods_cmds *cmds, const char *object, uint32_t number)
{
	if (!cmds->last || cmds->last->count == BATCH) {
		int err = add_batch(cmds);

		if (err)
			return err;
	}
	cmds->last->cmds[cmds->last->count++] = (struct objmods_cmd){object, number, 0, NULL};
	return 0;
}

int objmods_cmds_answer(struct objmods_cmds *cmds,
			int (*fn)(void *arg, const struct objmods_cmd *cmd), void *arg)
{
	int err = 0;

	finish(cmds);
	for (struct batch *batch = cmds->first; batch && !err; batch = batch->next)
		for (size_t i = 0; i < batch->count && !err; i++)
			err = fn(arg, &batch->cmds[i]);
	forget(cmds);
	return err;
}
