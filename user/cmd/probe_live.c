// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "ctx.h"
#include "probe_about.h"
#include "probe_live.h"
#include "probe_screen.h"
#include "probe_stacks.h"
#include "probe_views.h"
#include "probeable.h"

#define NAME "kallmod probe"

enum {
	SERVICE_MS = 500, EVENTS_MS = 100,
	TERMINAL_ROWS = 20, /* that stay behind on it, without --top */
	SINGLES_TOLD = 20, /* so many are worth a word, for the time that they take */
};

struct live {
	struct kallmod_ctx *ctx;
	const struct kallmod_probe_live_options *options;
	const struct kallmod_out_probe *out;
	struct kallmod_prober *prober;
	struct kallmod_probe_table *table;
	struct kallmod_probe_stacks *stacks;
	struct kallmod_probe_args *args;
	struct kallmod_probe_about about;
	int signal_fd, target_fd;
	uint64_t attach_ns; /* that it took */
	uint64_t end_ns, table_ns; /* CLOCK_MONOTONIC; 0: none */
	bool progress;		   /* a line of it is on the terminal */
};

/* ---- before it begins ---------------------------------------------------------------------- */

static unsigned int flags_of(const struct kallmod_probe_live_options *options)
{
	switch (options->view) {
	case KALLMOD_PROBE_VIEW_LATENCY:
		return KALLMOD_PROBE_LATENCY;
	case KALLMOD_PROBE_VIEW_STACK:
		return KALLMOD_PROBE_STACKS;
	case KALLMOD_PROBE_VIEW_EVENTS:
		return KALLMOD_PROBE_EVENTS | (options->no_return ? 0 : KALLMOD_PROBE_RETURNS);
	default:
		return 0;
	}
}

static const struct kallmod_out_probe *find_output(const struct kallmod_probe_live_options *options)
{
	if (options->json)
		return &kallmod_out_probe_json;
	return options->stack_text ? &kallmod_out_probe_text : &kallmod_out_probe_folded;
}

static int find_target(struct live *live)
{
	uint32_t pid = live->options->pid;

	if (!pid)
		return 0;
	live->target_fd = pidfd_open(pid, 0);
	if (live->target_fd >= 0)
		return 0;
	if (errno == EINVAL)
		return kallmod_fail(live->ctx, -EINVAL, "process %u: is a thread; name its process",
				    pid);
	return kallmod_fail(live->ctx, -errno, "process %u: %s; name a process that runs", pid,
			    strerror(errno));
}

static void on_progress(void *arg, bool detaching, size_t done, size_t total)
{
	struct live *live = arg;

	if (total < SINGLES_TOLD || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r" NAME ": %s %zu of %zu probes", detaching ? "detaching" : "attaching",
		done, total);
	live->progress = done < total;
	if (!live->progress)
		fputc('\n', stderr);
}

static void on_stack(void *arg, const struct kallmod_map *map,
		     const struct kallmod_prober_stack *stack)
{
	const struct kallmod_prober_row *rows;
	struct live *live = arg;

	kallmod_prober_rows(live->prober, &rows);
	kallmod_probe_stacks_add(live->stacks, map, &rows[stack->row], stack);
}

static int create_view(struct live *live)
{
	const struct kallmod_probe_live_options *options = live->options;
	int err = 0;

	live->out = find_output(options);
	live->table = kallmod_probe_table_create(options->by_module,
						 options->view == KALLMOD_PROBE_VIEW_LATENCY);
	if (!live->table)
		return kallmod_fail(live->ctx, -ENOMEM, "no memory");
	if (options->sort_given)
		kallmod_probe_table_sort(live->table, options->sort);
	if (options->view == KALLMOD_PROBE_VIEW_STACK)
		err = kallmod_probe_stacks_create(live->ctx, &live->stacks);
	else if (options->view == KALLMOD_PROBE_VIEW_EVENTS)
		err = kallmod_probe_args_create(NULL, &live->args);
	return err;
}

static int create_prober(struct live *live, const struct kallmod_function_query *query)
{
	const struct kallmod_probe_live_options *options = live->options;
	struct kallmod_prober_options wanted = {
		.flags = flags_of(options),
		.pid = options->pid,
		.comm = options->comm,
		.cgroup = options->cgroup,
		.kprobe_limit = options->kprobe_limit,
		.progress = on_progress,
		.stack = on_stack,
		.arg = live,
	};
	struct kallmod_map *map;
	int err = kallmod_probe_possible(live->ctx, query->mechanism);

	if (!err)
		err = kallmod_map_build(live->ctx, &map);
	return err ? err : kallmod_prober_create(live->ctx, map, query, &wanted, &live->prober);
}

static sigset_t end_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	return mask;
}

/* Until now, a signal ends us at once, and the kernel takes back what there is. */
static int catch_signals(struct live *live)
{
	sigset_t mask = end_signals();

	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	live->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (live->signal_fd < 0)
		return kallmod_fail(live->ctx, -errno, "signalfd: %s", strerror(errno));
	return 0;
}

static int attach(struct live *live)
{
	size_t singles = kallmod_probe_singles(live->prober, false);
	uint64_t began = kallmod_now_ns();
	int err;

	if (singles >= SINGLES_TOLD)
		fprintf(stderr, NAME ": about %zu functions need a probe of their own: %.0f s to attach, %.0f s to detach\n",
			singles, kallmod_probe_attach_seconds(singles),
			kallmod_probe_detach_seconds(singles));
	err = kallmod_prober_attach(live->prober);
	if (live->progress)
		fputc('\n', stderr);
	live->attach_ns = kallmod_now_ns() - began;
	if (!err)
		err = kallmod_probe_about_read(&live->about, live->prober);
	return err ? err : catch_signals(live);
}

/* From here on calls count; who waits for the line knows that. */
static void switch_on(struct live *live)
{
	char text[1024];

	kallmod_prober_switch(live->prober, true);
	live->table_ns = kallmod_now_ns();
	if (live->options->seconds)
		live->end_ns = live->table_ns + (uint64_t)(live->options->seconds * 1e9);
	fprintf(stderr, NAME ": %s; attached in %.2f s\n",
		kallmod_probe_about_text(&live->about, text, sizeof(text)), live->attach_ns / 1e9);
}

/* ---- while it runs -------------------------------------------------------------------------- */

static void describe(struct live *live)
{
	static const char *const views[] = {"count", "latency", "stack", "events"};
	struct kallmod_out_probe_about *about = &live->about.about;

	about->view = views[live->options->view];
	about->by_module = live->options->by_module;
	about->latency = live->options->view == KALLMOD_PROBE_VIEW_LATENCY;
	kallmod_probe_table_sum(live->table, &about->calls, &about->rate, &about->functions);
}

static int check_output(struct live *live)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return kallmod_fail(live->ctx, -EIO, "standard output: %s", strerror(errno));
}

/* On a terminal the table stays where it is; what is printed at the end stays behind. */
static bool on_terminal(const struct live *live)
{
	const char *terminal = getenv("TERM");

	return terminal && strcmp(terminal, "dumb") && !live->options->json &&
	       live->options->view <= KALLMOD_PROBE_VIEW_LATENCY &&
	       isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int print_table(struct live *live)
{
	size_t top = live->options->top, n;
	const struct kallmod_probe_table_row *rows;
	int err = kallmod_probe_about_read(&live->about, live->prober);

	if (!err)
		err = kallmod_probe_table_read(live->table, live->prober);
	if (err)
		return err;
	describe(live);
	live->about.about.by_module = kallmod_probe_table_by_module(live->table);
	n = kallmod_probe_table_rows(live->table, &rows);
	if (!top && on_terminal(live))
		top = TERMINAL_ROWS;
	n = top && n > top ? top : n;
	live->out->table(&live->about.about, rows, n);
	live->table_ns = kallmod_now_ns();
	return check_output(live);
}

static int on_record(void *arg, const struct kallmod_call_record *record)
{
	struct live *live = arg;
	const struct kallmod_prober_row *rows, *row;
	struct kallmod_probe_values values;
	const char *module;

	kallmod_prober_rows(live->prober, &rows);
	row = &rows[record->function];
	module = row->kind == KALLMOD_KIND_LOADABLE ? row->module : NULL;
	kallmod_probe_args_format(live->args, record->function, row->function, module, record,
				  &values);
	live->out->event(&(struct kallmod_out_probe_event){record, row->function, row->module,
							   &values});
	return ferror(stdout) ? check_output(live) : 0;
}

static int service(struct live *live)
{
	bool events = live->options->view == KALLMOD_PROBE_VIEW_EVENTS;
	int err = kallmod_prober_service(live->prober, events ? on_record : NULL, live);

	return err || !events ? err : check_output(live);
}

/* Milliseconds until something is to be done; *tick: a table is due. */
static int timeout_ms(const struct live *live, bool *tick)
{
	uint64_t now = kallmod_now_ns(), next = now + SERVICE_MS * 1000000ull, due;

	if (live->options->view == KALLMOD_PROBE_VIEW_EVENTS)
		next = now + EVENTS_MS * 1000000ull;
	due = live->options->interval ? live->table_ns + live->options->interval * 1e9 : 0;
	*tick = due && due <= now;
	if (due && due < next)
		next = due;
	if (live->end_ns && live->end_ns < next)
		next = live->end_ns;
	return next > now ? (next - now + 999999) / 1000000 : 0;
}

static int run_until_end(struct live *live)
{
	struct pollfd fds[] = {
		{.fd = kallmod_prober_fd(live->prober), .events = POLLIN},
		{.fd = live->signal_fd, .events = POLLIN},
		{.fd = live->target_fd, .events = POLLIN},
	};
	bool tick;
	int err = 0;

	while (!err) {
		int wait = timeout_ms(live, &tick);

		if (tick)
			err = print_table(live);
		if (!err && poll(fds, sizeof(fds) / sizeof(fds[0]), tick ? 0 : wait) < 0 &&
		    errno != EINTR)
			return kallmod_fail(live->ctx, -errno, "poll: %s", strerror(errno));
		if (fds[1].revents || fds[2].revents ||
		    (live->end_ns && kallmod_now_ns() >= live->end_ns))
			break;
		if (!err)
			err = service(live);
	}
	return err;
}

static int run_screen(struct live *live)
{
	const int ends[] = {live->signal_fd, live->target_fd};
	char what[1024];
	struct kmodtop_probe_screen screen = {
		.ctx = live->ctx,
		.prober = live->prober,
		.table = live->table,
		.what = kallmod_probe_about_text(&live->about, what, sizeof(what)),
		.latency = live->options->view == KALLMOD_PROBE_VIEW_LATENCY,
		.interval = live->options->interval ? live->options->interval : 1,
		.end_ns = live->end_ns,
		.end_fds = ends,
		.nend_fds = 2,
	};

	return kmodtop_probe_screen_run(&screen);
}

/* ---- its end -------------------------------------------------------------------------------- */

static int print_stacks(struct live *live)
{
	const struct kallmod_out_probe_stack *stacks;
	int err = kallmod_prober_take_stacks(live->prober);
	size_t n;

	if (!err)
		err = kallmod_probe_about_read(&live->about, live->prober);
	if (!err)
		err = kallmod_probe_stacks_sorted(live->stacks, &stacks, &n);
	if (err)
		return err;
	live->about.about.totals.stats.lost += kallmod_probe_stacks_lost(live->stacks);
	describe(live);
	if (live->options->top && n > live->options->top)
		n = live->options->top;
	live->out->stacks(&live->about.about, stacks, n);
	return check_output(live);
}

static int print_end(struct live *live)
{
	double since = (kallmod_now_ns() - live->table_ns) / 1e9;
	bool table = live->options->view <= KALLMOD_PROBE_VIEW_LATENCY;
	int err = service(live);

	/* The rest of an interval, if it is worth a table. */
	if (!err && table && (!live->options->interval || on_terminal(live) ||
			      since >= live->options->interval / 10))
		return print_table(live);
	if (!err)
		err = kallmod_probe_table_read(live->table, live->prober);
	if (!err && live->options->view == KALLMOD_PROBE_VIEW_STACK)
		return print_stacks(live);
	return err ? err : kallmod_probe_about_read(&live->about, live->prober);
}

static void say_end(struct live *live)
{
	const struct kallmod_prober_totals *totals = &live->about.about.totals;
	const struct kallmod_probe_stats *stats = &totals->stats;
	size_t singles = kallmod_probe_singles(live->prober, true);

	describe(live);
	fprintf(stderr, NAME ": %" PRIu64 " calls of %zu function%s in %.1f s; %" PRIu64 " missed by the kernel, %" PRIu64 " lost",
		live->about.about.calls, live->about.about.functions,
		live->about.about.functions == 1 ? "" : "s", totals->seconds, totals->missed,
		(uint64_t)(stats->lost + stats->no_stack));
	if (stats->unmatched || stats->refused)
		fprintf(stderr, ", %" PRIu64 " without their return, %" PRIu64 " too deep",
			(uint64_t)stats->unmatched, (uint64_t)stats->refused);
	fputc('\n', stderr);
	if (singles >= SINGLES_TOLD)
		fprintf(stderr, NAME ": detaching %zu single probes takes about %.0f s\n", singles,
			kallmod_probe_detach_seconds(singles));
}

/* All is printed: who does not want to wait until it is detached may say so once more. */
static void release_signals(struct live *live)
{
	struct signalfd_siginfo info;
	sigset_t mask = end_signals();

	while (read(live->signal_fd, &info, sizeof(info)) == sizeof(info))
		;
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

static int run(struct live *live)
{
	int err = 0;

	if (live->options->view == KALLMOD_PROBE_VIEW_EVENTS && live->out->events_begin) {
		live->out->events_begin();
		err = check_output(live);
	}
	if (!err)
		switch_on(live);
	if (!err)
		err = on_terminal(live) ? run_screen(live) : run_until_end(live);
	kallmod_prober_switch(live->prober, false);
	if (!err)
		err = print_end(live);
	if (!err)
		say_end(live);
	release_signals(live);
	return err;
}

int kallmod_probe_live(struct kallmod_ctx *ctx, const struct kallmod_function_query *query,
		       const struct kallmod_probe_live_options *options)
{
	struct live live = {.ctx = ctx, .options = options, .signal_fd = -1, .target_fd = -1};
	int err;

	kallmod_ctx_set_text_only(ctx);
	err = find_target(&live);
	if (!err)
		err = create_prober(&live, query);
	if (!err)
		err = create_view(&live);
	if (!err)
		err = attach(&live);
	if (!err)
		err = run(&live);
	/* First, for its symbols are read by a thread. */
	kallmod_probe_stacks_destroy(live.stacks);
	live.stacks = NULL;
	kallmod_prober_destroy(live.prober);
	kallmod_probe_table_destroy(live.table);
	kallmod_probe_args_destroy(live.args);
	kallmod_cleanup_fd(&live.signal_fd);
	kallmod_cleanup_fd(&live.target_fd);
	return err;
}
