// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "objmods_cmd.h"

enum {
	/* The first line has a few thousand bytes, that of a partial link a million. */
	LINE_FIRST = 4 << 10,
	LINE_MAX = 8 << 20,
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
	size_t size = buffer->size ? 4 * buffer->size : LINE_FIRST;
	char *data = realloc(buffer->data, size);

	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->size = size;
	return 0;
}

/* The first line, terminated; of a longer one the first LINE_MAX bytes. */
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
		if (newline || !got || size >= LINE_MAX) {
			*(newline ? newline : buffer->data + size) = '\0';
			return 0;
		}
	}
}

static int open_cmd(int tree_fd, const char *path)
{
	/* What should be a file may be a pipe that nobody writes to. */
	int fd = openat(tree_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0)
		return fd;
	return errno == ENOTDIR || errno == ENAMETOOLONG ? -ENOENT : -errno;
}

static void read_cmd(int tree_fd, struct buffer *buffer, struct objmods_cmd *cmd)
{
	cleanup_free char *path = objmods_cmd_path(cmd->object);
	cleanup_fd int fd = path ? open_cmd(tree_fd, path) : -ENOMEM;
	char *modfile;

	cmd->err = fd < 0 ? fd : read_first_line(buffer, fd);
	modfile = cmd->err ? NULL : objmods_cmd_modfile(buffer->data);
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
	struct buffer buffer = {NULL, 0};
	struct batch *batch;

	while ((batch = take(cmds, wait)))
		for (size_t i = 0; i < batch->count; i++)
			read_cmd(cmds->tree_fd, &buffer, &batch->cmds[i]);
	free(buffer.data);
}

static void *work_in_thread(void *arg)
{
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
