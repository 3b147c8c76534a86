// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "batch.h"
#include "clock.h"
#include "cleanup.h"
#include "ctx.h"

enum { BATCH_WIDTH = 120 };

static int print_text(struct kmodtop_session *session)
{
	const char *columns = getenv("COLUMNS");
	int wanted = columns ? atoi(columns) : 0;
	size_t width = wanted > 0 ? wanted : BATCH_WIDTH;
	struct kmodtop_lines lines = {};

	kmodtop_lines_header(&lines, session->model, &session->about, width);
	kmodtop_lines_add(&lines, KMODTOP_LOOK_PLAIN, "%s", "");
	kmodtop_lines_modules(&lines, session->model, &session->about, width);
	for (size_t i = 0; i < lines.n; i++)
		puts(lines.at[i].text);
	putchar('\n');
	kmodtop_lines_deinit(&lines);
	return 0;
}

const struct kmodtop_format kmodtop_format_text = {print_text};

static int open_signals(struct kmodtop_session *session)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return fd >= 0 ? fd : kallmod_fail(session->ctx, -errno, "signalfd: %s", strerror(errno));
}

static int print_screen(struct kmodtop_session *session, const struct kmodtop_format *format)
{
	int err = kmodtop_session_tick(session);

	if (!err)
		err = format->print(session);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = kallmod_fail(session->ctx, -errno, "standard output: %s", strerror(errno));
	return err;
}

int kmodtop_batch_run(struct kmodtop_session *session, const struct kmodtop_format *format)
{
	cleanup_fd int signals = open_signals(session);
	long left = session->options.screens;
	uint64_t deadline = kallmod_now_ns();
	int ready = -1, err = signals < 0 ? signals : 0;

	while (!err && ready < 0) {
		deadline += session->options.delay * 1e9;
		err = kmodtop_session_wait(session, deadline, &signals, 1, &ready);
		/* What is read last is whole: no sample is under way. */
		if (!err && (left == 1 || ready >= 0))
			err = kallmod_sampler_stop(session->sampler);
		if (!err)
			err = print_screen(session, format);
		if (left && !--left)
			break;
	}
	return err;
}
