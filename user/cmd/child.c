// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "child.h"
#include "cleanup.h"
#include "ctx.h"

enum { END_TIMEOUT_MS = 2000 };

/* In the child: waits for the word, then becomes the command or says why not. */
static void __attribute__((noreturn)) become(int fd, char **argv, const sigset_t *mask)
{
	char go;
	int err;

	/* Nothing comes when the parent has died: then nothing is to be run. */
	if (read(fd, &go, 1) != 1)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	if (write(fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int kallmod_child_create(struct kallmod_child *child, struct kallmod_ctx *ctx, char **argv,
			 const sigset_t *mask)
{
	int fds[2];

	child->name = argv[0];
	/* Closed by exec: then the parent reads an end. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return kallmod_fail(ctx, -errno, "socketpair: %s", strerror(errno));
	child->pid = fork();
	if (!child->pid) {
		close(fds[0]);
		become(fds[1], argv, mask);
	}
	close(fds[1]);
	child->go_fd = fds[0];
	if (child->pid > 0)
		child->pid_fd = pidfd_open(child->pid, 0);
	else
		child->pid = 0;
	if (child->pid_fd < 0)
		return kallmod_fail(ctx, -errno, "%s: cannot be started: %s", child->name,
				    strerror(errno));
	return 0;
}

int kallmod_child_go(struct kallmod_child *child, struct kallmod_ctx *ctx)
{
	int err = 0;
	ssize_t got = write(child->go_fd, "", 1);

	while (got > 0 && (got = read(child->go_fd, &err, sizeof(err))) < 0 && errno == EINTR)
		got = 1;
	if (!got)
		return 0;
	err = got == sizeof(err) ? err : EIO;
	return kallmod_fail(ctx, -err, "%s: %s; name a command that can be run", child->name,
			    strerror(err));
}

void kallmod_child_finish(struct kallmod_child *child)
{
	struct pollfd fd = {.fd = child->pid_fd, .events = POLLIN};

	if (!child->pid)
		return;
	if (!poll(&fd, 1, 0)) {
		kill(child->pid, SIGTERM);
		poll(&fd, 1, END_TIMEOUT_MS);
	}
	waitpid(child->pid, &child->status, WNOHANG);
	child->pid = 0;
}

void kallmod_child_destroy(struct kallmod_child *child)
{
	/* One that was never let go ends by itself when this is closed. */
	kallmod_cleanup_fd(&child->go_fd);
	kallmod_child_finish(child);
	kallmod_cleanup_fd(&child->pid_fd);
	*child = (struct kallmod_child)KALLMOD_CHILD_EMPTY;
}
