// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "cleanup.h"
#include "ctx.h"
#include "live.h"
#include "term.h"

enum { FIRST_MS = 500 }; /* the first interval: something to see soon */

struct live {
	struct kmodtop_session *session;
	struct kmodtop_screen screen;
	struct kmodtop_picture picture;
	int signals; /* signalfd */
	uint64_t deadline;
	long left; /* screens; 0: without end */
	bool done;
};

static int open_signals(struct kmodtop_session *session)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&signals, numbers[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : kallmod_fail(session->ctx, -errno, "signalfd: %s", strerror(errno));
}

static void draw(struct live *live, bool from_scratch)
{
	size_t width, height;

	kmodtop_term_size(&width, &height);
	kmodtop_screen_draw(&live->screen, live->session, width, height, &live->picture);
	kmodtop_term_draw(&live->picture, from_scratch);
}

static void take_signals(struct live *live)
{
	struct signalfd_siginfo info;

	while (read(live->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			live->done = true;
		else
			kmodtop_term_resize();
	}
}

static void react(struct live *live, unsigned int reaction)
{
	if (reaction & KMODTOP_QUIT)
		live->done = true;
	if (reaction & KMODTOP_DELAY)
		live->deadline = kallmod_now_ns() + live->session->options.delay * 1e9;
	if (reaction & KMODTOP_PAUSE && live->screen.paused)
		kallmod_sampler_stop(live->session->sampler);
	else if (reaction & KMODTOP_PAUSE)
		kallmod_sampler_resume(live->session->sampler);
	if (reaction & KMODTOP_PAUSE)
		kmodtop_calls_pause(&live->session->calls, live->screen.paused);
	if (reaction & KMODTOP_PROBE) {
		draw(live, false);
		kmodtop_screen_probe(&live->screen, live->session);
	}
}

static void take_keys(struct live *live)
{
	unsigned int reactions = 0;
	size_t width, height;
	int key;

	kmodtop_term_size(&width, &height);
	while (!live->done && (key = kmodtop_term_key()) != KMODTOP_KEY_NONE) {
		unsigned int reaction =
			kmodtop_screen_key(&live->screen, live->session, key, height);

		react(live, reaction);
		reactions |= reaction;
	}
	draw(live, reactions & KMODTOP_REDRAW);
}

/* The terminal is gone when it can be read but gives nothing. */
static bool hung_up(void)
{
	return !isatty(STDIN_FILENO);
}

static int end_interval(struct live *live)
{
	int err;

	live->deadline = kallmod_now_ns() + live->session->options.delay * 1e9;
	if (live->screen.paused)
		return 0;
	err = kmodtop_session_tick(live->session);
	if (err)
		return err;
	live->screen.waiting = false;
	draw(live, false);
	if (live->left && !--live->left)
		live->done = true;
	return 0;
}

static int loop(struct live *live)
{
	const int fds[] = {live->signals, STDIN_FILENO};
	int ready, err = 0;

	draw(live, true);
	while (!err && !live->done) {
		err = kmodtop_session_wait(live->session, live->deadline, fds, 2, &ready);
		if (err)
			break;
		if (ready == 0) {
			take_signals(live);
			draw(live, true);
		} else if (ready == 1) {
			take_keys(live);
			live->done |= hung_up();
		} else {
			err = end_interval(live);
		}
	}
	return err;
}

int kmodtop_live_run(struct kmodtop_session *session)
{
	cleanup_fd int signals = open_signals(session);
	struct live live = {.session = session, .signals = signals,
			    .left = session->options.screens};
	double first = session->options.delay < FIRST_MS / 1e3 ? session->options.delay :
								 FIRST_MS / 1e3;
	int err = signals < 0 ? signals : 0;

	if (!err)
		err = kmodtop_term_open(session->ctx, session->options.color);
	if (err)
		return err;
	kmodtop_screen_init(&live.screen);
	live.deadline = kallmod_now_ns() + first * 1e9;
	err = loop(&live);
	kmodtop_term_close();
	kmodtop_lines_deinit(&live.picture.lines);
	return err;
}
