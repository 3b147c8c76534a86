// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "clock.h"
#include "ctx.h"
#include "probe_screen.h"
#include "term.h"

enum { POLL_MS = 200, MAX_ENDS = 2 };

struct view {
	const struct kmodtop_probe_screen *screen;
	struct kmodtop_picture picture;
	size_t top; /* rows that are scrolled away */
	size_t width, height;
	uint64_t tick_ns;
	bool paused, done;
};

/* ---- drawing ------------------------------------------------------------------------------- */

static void add_header(struct view *view)
{
	const struct kmodtop_probe_screen *screen = view->screen;
	struct kmodtop_lines *lines = &view->picture.lines;
	struct kallmod_prober_totals totals = {};
	size_t functions;
	uint64_t calls;
	double rate;

	kallmod_prober_totals(screen->prober, &totals);
	kallmod_probe_table_sum(screen->table, &calls, &rate, &functions);
	kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s", screen->what);
	kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN,
			  "%.0f s: %" PRIu64 " calls of %zu functions, %.0f/s; %" PRIu64 " missed, %" PRIu64 " lost",
			  totals.seconds, calls, functions, rate, totals.missed,
			  (uint64_t)totals.stats.lost);
	kmodtop_lines_add(lines, view->paused ? KMODTOP_LOOK_WARNING : KMODTOP_LOOK_PLAIN,
			  "%sby %s (keys: c r f m%s), b: by function or module, Space: pause, q: quit",
			  view->paused ? "paused; " : "",
			  kmodtop_calls_sort_name(kallmod_probe_table_sorted(screen->table)),
			  screen->latency ? " t s a x" : "");
}

static void draw(struct view *view, bool from_scratch)
{
	struct kmodtop_lines *lines = &view->picture.lines;
	size_t first, rows;

	kmodtop_term_size(&view->width, &view->height);
	kmodtop_lines_clear(lines);
	view->picture.selected = SIZE_MAX;
	add_header(view);
	first = lines->n;
	kmodtop_lines_calls(lines, view->screen->table, view->screen->latency);
	rows = lines->n > first + 1 ? lines->n - first - 1 : 0;
	if (view->top >= rows)
		view->top = rows ? rows - 1 : 0;
	if (view->top) {
		memmove(&lines->at[first + 1], &lines->at[first + 1 + view->top],
			(rows - view->top) * sizeof(*lines->at));
		lines->n -= view->top;
	}
	kmodtop_term_draw(&view->picture, from_scratch);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void scroll(struct view *view, long by)
{
	if (by < 0 && view->top < (size_t)-by)
		view->top = 0;
	else
		view->top += by;
}

static void toggle_pause(struct view *view)
{
	view->paused = !view->paused;
	kallmod_prober_switch(view->screen->prober, !view->paused);
}

static void take_key(struct view *view, int key)
{
	struct kallmod_probe_table *table = view->screen->table;
	long page = view->height > 5 ? view->height - 5 : 1;
	enum kallmod_probe_sort sort;

	if (kmodtop_calls_sort_key(key, view->screen->latency, &sort))
		kallmod_probe_table_sort(table, sort);
	else if (key == 'q' || key == KMODTOP_KEY_ESCAPE)
		view->done = true;
	else if (key == 'b')
		kallmod_probe_table_by(table, !kallmod_probe_table_by_module(table));
	else if (key == ' ' || key == 'p')
		toggle_pause(view);
	else if (key == KMODTOP_KEY_DOWN || key == 'j')
		scroll(view, 1);
	else if (key == KMODTOP_KEY_UP || key == 'k')
		scroll(view, -1);
	else if (key == KMODTOP_KEY_PAGE_DOWN)
		scroll(view, page);
	else if (key == KMODTOP_KEY_PAGE_UP)
		scroll(view, -page);
	else if (key == KMODTOP_KEY_HOME)
		view->top = 0;
}

static void take_keys(struct view *view)
{
	int key;

	while (!view->done && (key = kmodtop_term_key()) != KMODTOP_KEY_NONE)
		take_key(view, key);
	/* The terminal is gone when it can be read but gives nothing. */
	if (!isatty(STDIN_FILENO))
		view->done = true;
	draw(view, false);
}

/* ---- the loop ------------------------------------------------------------------------------ */

static int tick(struct view *view)
{
	int err = 0;

	view->tick_ns = kallmod_now_ns();
	if (!view->paused)
		err = kallmod_probe_table_read(view->screen->table, view->screen->prober);
	kmodtop_term_resize();
	if (!err)
		draw(view, false);
	return err;
}

static bool ended(const struct view *view, const struct pollfd *ends)
{
	for (size_t i = 0; i < view->screen->nend_fds; i++)
		if (ends[i].revents)
			return true;
	return view->screen->end_ns && kallmod_now_ns() >= view->screen->end_ns;
}

static int wait_ms(const struct view *view)
{
	uint64_t now = kallmod_now_ns(), due = view->tick_ns + view->screen->interval * 1e9;

	if (view->screen->end_ns && view->screen->end_ns < due)
		due = view->screen->end_ns;
	if (due <= now)
		return 0;
	return due - now < POLL_MS * 1000000ull ? (due - now + 999999) / 1000000 : POLL_MS;
}

static int loop(struct view *view)
{
	const struct kmodtop_probe_screen *screen = view->screen;
	struct pollfd fds[2 + MAX_ENDS] = {
		{.fd = kallmod_prober_fd(screen->prober), .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	int err = 0;

	for (size_t i = 0; i < screen->nend_fds && i < MAX_ENDS; i++)
		fds[2 + i] = (struct pollfd){.fd = screen->end_fds[i], .events = POLLIN};
	draw(view, true);
	while (!err && !view->done) {
		if (poll(fds, 2 + screen->nend_fds, wait_ms(view)) < 0 && errno != EINTR)
			return kallmod_fail(screen->ctx, -errno, "poll: %s", strerror(errno));
		if (fds[1].revents)
			take_keys(view);
		err = kallmod_prober_service(screen->prober, NULL, NULL);
		if (!err && kallmod_now_ns() - view->tick_ns >= screen->interval * 1e9)
			err = tick(view);
		view->done |= ended(view, fds + 2);
	}
	return err;
}

int kmodtop_probe_screen_run(const struct kmodtop_probe_screen *screen)
{
	struct view view = {.screen = screen, .tick_ns = kallmod_now_ns()};
	const char *no_color = getenv("NO_COLOR");
	int err = kmodtop_term_open(screen->ctx, !no_color || !*no_color);

	if (err)
		return err;
	err = loop(&view);
	kmodtop_term_close();
	kmodtop_lines_deinit(&view.picture.lines);
	return err;
}
