/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that is held back until sampling has begun. */
#ifndef KALLMOD_CHILD_H
#define KALLMOD_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "kallmod.h"

struct kallmod_child {
	pid_t pid;   /* 0: none, or waited for */
	int pid_fd;  /* readable when it has ended */
	int go_fd;   /* what it waits for, and then says why it cannot be run */
	const char *name;
	int status;  /* of waitpid(), once it was waited for */
};

#define KALLMOD_CHILD_EMPTY { .pid_fd = -1, .go_fd = -1 }

/* Forks; argv is run by kallmod_child_go(), with the signal mask given and SIGPIPE as usual. */
int kallmod_child_create(struct kallmod_child *child, struct kallmod_ctx *ctx, char **argv,
			 const sigset_t *mask);
/* Runs it. -ENOENT, -EACCES, …: it cannot be run. */
int kallmod_child_go(struct kallmod_child *child, struct kallmod_ctx *ctx);
/*
 * Ends it where it still runs, by SIGTERM, and takes its status; one that does not end within
 * two seconds is left alone.
 */
void kallmod_child_finish(struct kallmod_child *child);
/* As above, when nothing is to be known any more; releases what it holds. */
void kallmod_child_destroy(struct kallmod_child *child);

#define cleanup_child __attribute__((cleanup(kallmod_child_destroy)))

#endif
