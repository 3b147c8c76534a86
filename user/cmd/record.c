// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "child.h"
#include "cleanup.h"
#include "clock.h"
#include "cmd.h"
#include "ctx.h"
#include "file.h"
#include "number.h"
#include "recording.h"
#include "sampling.h"
#include "savefile.h"
#include "symbolize.h"

#define NAME "kallmod record"

enum { KEY_FORMAT = 0x1000, KEY_IDLE };
enum { SERVICE_MS = 500, SYMBOLS_FIRST_HZ = 1000 };

static const struct kallmod_out_recording *const formats[] = {
	&kallmod_out_recording_jsonl, &kallmod_out_recording_folded};

struct options {
	struct kallmod_ctx *ctx;
	struct kallmod_sampler_options sampler;
	const struct kallmod_out_recording *format;
	const char *path;
	double seconds; /* 0: until something else ends it */
	bool idle;
	char **command; /* NULL: none */
};

/* ---- options --------------------------------------------------------------------------- */

static const struct kallmod_out_recording *find_format(struct argp_state *state,
							const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	argp_error(state, "--format %s: one of jsonl and folded is wanted", name);
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct kallmod_sampler_options *sampler = &options->sampler;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = sampler;
		state->child_inputs[1] = options->ctx;
		return 0;
	case 'g':
		sampler->flags |= KALLMOD_PROFILE_STACKS;
		return 0;
	case 'd':
		options->seconds = kallmod_arg_number(state, "-d", arg, 0.001, 1e8);
		return 0;
	case 'o':
		options->path = arg;
		return 0;
	case KEY_FORMAT:
		options->format = find_format(state, arg);
		return 0;
	case KEY_IDLE:
		options->idle = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"stacks", 'g', NULL, 0, "Record kernel stacks, and charge samples to the module that asked for the time", 0},
	{"duration", 'd', "SEC", 0, "Stop after SEC seconds; fractions are fine", 0},
	{"output", 'o', "FILE", 0, "Where to write (kallmod.jsonl or kallmod.folded); - is standard output", 0},
	{"format", KEY_FORMAT, "FORMAT", 0, "jsonl (default), or folded: stacks for flame graphs", 0},
	{"idle", KEY_IDLE, NULL, 0, "Record samples of idle CPUs too", 0},
	{},
};

/* ---- a recording ----------------------------------------------------------------------- */

struct recording {
	const struct options *options;
	struct kallmod_ctx *ctx;
	struct kallmod_sampler *sampler;
	struct kallmod_symbolizer symbolizer;
	struct kallmod_savefile save;
	struct kallmod_child child;
	void *state; /* of the format */
	sigset_t old_mask;
	int signal_fd, target_fd;
	uint64_t end_ns; /* CLOCK_MONOTONIC; 0: none */
	uint64_t written;
};

/* Signals that end a recording come through a file; SIGPIPE is an error of the write. */
static int catch_signals(struct recording *recording)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&mask, ends[i]);
	sigprocmask(SIG_BLOCK, &mask, &recording->old_mask);
	signal(SIGPIPE, SIG_IGN);
	recording->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (recording->signal_fd < 0)
		return kallmod_fail(recording->ctx, -errno, "signalfd: %s", strerror(errno));
	return 0;
}

static int find_target(struct recording *recording)
{
	uint32_t pid = recording->options->sampler.pid;

	if (!pid)
		return 0;
	recording->target_fd = pidfd_open(pid, 0);
	if (recording->target_fd >= 0)
		return 0;
	if (errno == EINVAL)
		return kallmod_fail(recording->ctx, -EINVAL,
				    "process %u: is a thread; name its process", pid);
	return kallmod_fail(recording->ctx, -errno, "process %u: %s; name a process that runs", pid,
			    strerror(errno));
}

/* All that can go wrong at once, before sampling begins. */
static int prepare(struct recording *recording)
{
	const struct options *options = recording->options;
	struct kallmod_map *map;
	int err = catch_signals(recording);

	if (!err)
		err = find_target(recording);
	if (!err && options->command)
		err = kallmod_child_create(&recording->child, recording->ctx, options->command,
					   &recording->old_mask);
	if (!err && options->format->create && options->format->create(&recording->state))
		err = kallmod_fail(recording->ctx, -ENOMEM, "no memory");
	if (!err)
		err = kallmod_map_build(recording->ctx, &map);
	if (!err)
		err = kallmod_sampler_create(recording->ctx, map, &options->sampler,
					     &recording->sampler);
	if (!err)
		err = kallmod_savefile_open(&recording->save, recording->ctx, options->path);
	return err;
}

static int write_header(struct recording *recording)
{
	const struct kallmod_map *map = kallmod_sampler_map(recording->sampler);
	const struct kallmod_sampler_options *sampler = &recording->options->sampler;
	char boot_id[64] = "";
	struct kallmod_recording_header header = {
		.release = kallmod_ctx_release(recording->ctx),
		.event = kallmod_sampler_event(recording->sampler),
		.source = kallmod_map_source(map),
		.trust = kallmod_trust_name(kallmod_map_trust(map)),
		.hz = kallmod_sampler_hz(recording->sampler),
		.period = sampler->period,
		.stacks = sampler->flags & KALLMOD_PROFILE_STACKS,
		.map = map,
	};

	if (!kallmod_file_read_line("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id)))
		header.boot_id = boot_id;
	if (!recording->options->format->header)
		return 0;
	return recording->options->format->header(recording->state, recording->save.file,
						  &header);
}

static bool wanted(const struct options *options, const struct kallmod_record *record)
{
	if (record->type != KALLMOD_RECORD_SAMPLE)
		return false;
	if (record->mode == KALLMOD_SAMPLE_IDLE)
		return options->idle;
	return record->mode != KALLMOD_SAMPLE_USER || options->format->user_samples;
}

static int on_record(void *arg, const struct kallmod_record *record)
{
	struct recording *recording = arg;
	const struct kallmod_map *map = kallmod_sampler_map(recording->sampler);
	struct kallmod_recording_sample sample;
	int err;

	if (!wanted(recording->options, record))
		return 0;
	kallmod_symbolize(&recording->symbolizer, map, record, &sample);
	err = recording->options->format->sample(recording->state, recording->save.file, &sample);
	recording->written++;
	return err ? err : kallmod_savefile_check(&recording->save);
}

/* Milliseconds until the sampler wants to be looked after, or until the end. */
static int timeout_ms(const struct recording *recording)
{
	uint64_t now = kallmod_now_ns(), left;

	if (!recording->end_ns)
		return SERVICE_MS;
	if (now >= recording->end_ns)
		return 0;
	left = (recording->end_ns - now + 999999) / 1000000;
	return left < SERVICE_MS ? left : SERVICE_MS;
}

static int sample_until_end(struct recording *recording)
{
	struct pollfd fds[] = {
		{.fd = kallmod_sampler_fd(recording->sampler), .events = POLLIN},
		{.fd = recording->signal_fd, .events = POLLIN},
		{.fd = recording->child.pid_fd, .events = POLLIN},
		{.fd = recording->target_fd, .events = POLLIN},
	};
	int err = 0;

	while (!err) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms(recording)) < 0 &&
		    errno != EINTR)
			return kallmod_fail(recording->ctx, -errno, "poll: %s", strerror(errno));
		if (fds[1].revents || fds[2].revents || fds[3].revents ||
		    (recording->end_ns && kallmod_now_ns() >= recording->end_ns))
			break;
		err = kallmod_sampler_service(recording->sampler, on_record, recording);
	}
	return err;
}

/*
 * Symbols are read when sampling has begun, so that it begins at once: samples wait in the ring
 * buffer. It has room for a second or so at this rate, and so not for faster ones.
 */
static bool symbols_first(const struct kallmod_sampler_options *options)
{
	return options->period || options->hz > SYMBOLS_FIRST_HZ;
}

static int start(struct recording *recording)
{
	bool first = symbols_first(&recording->options->sampler);
	double seconds = recording->options->seconds;
	int err = write_header(recording);

	if (!err && first)
		err = kallmod_symbolizer_init(&recording->symbolizer, recording->ctx);
	if (!err)
		err = kallmod_sampler_start(recording->sampler);
	if (!err && recording->options->command)
		err = kallmod_child_go(&recording->child, recording->ctx);
	recording->end_ns = seconds ? kallmod_now_ns() + (uint64_t)(seconds * 1e9) : 0;
	if (!err && !first)
		err = kallmod_symbolizer_init(&recording->symbolizer, recording->ctx);
	return err;
}

static int run_sampler(struct recording *recording)
{
	int err = start(recording);

	if (!err)
		err = sample_until_end(recording);
	kallmod_sampler_stop(recording->sampler);
	if (!err)
		err = kallmod_sampler_service(recording->sampler, on_record, recording);
	return err;
}

/* ---- its end --------------------------------------------------------------------------- */

static void say_status(const struct kallmod_child *child)
{
	if (WIFSIGNALED(child->status))
		fprintf(stderr, NAME ": %s was ended by signal %d (%s)\n", child->name,
			WTERMSIG(child->status), strsignal(WTERMSIG(child->status)));
	else if (WEXITSTATUS(child->status))
		fprintf(stderr, NAME ": %s ended with status %d\n", child->name,
			WEXITSTATUS(child->status));
}

static void say_summary(const struct recording *recording, const char *path,
			const struct kallmod_sampler_totals *totals)
{
	const struct kallmod_profile_stats *stats = &totals->stats;

	fprintf(stderr, NAME ": %" PRIu64 " samples (", (uint64_t)stats->samples);
	if (totals->expected && !recording->options->sampler.pid)
		fprintf(stderr, "%" PRIu64 " expected, ", totals->expected);
	fprintf(stderr, "%" PRIu64 " lost) in %.1f s, %" PRIu64 " recorded, %s\n",
		(uint64_t)stats->lost, totals->seconds, recording->written, path);
}

static int finish(struct recording *recording)
{
	const struct kallmod_out_recording *format = recording->options->format;
	struct kallmod_sampler_totals totals;
	int err = kallmod_sampler_totals(recording->sampler, -1, &totals);

	if (!err && format->footer)
		err = format->footer(recording->state, recording->save.file, &totals);
	if (!err)
		err = kallmod_savefile_commit(&recording->save);
	if (err)
		return err;
	kallmod_child_finish(&recording->child);
	if (recording->options->command)
		say_status(&recording->child);
	say_summary(recording, recording->save.path, &totals);
	return 0;
}

static int record(const struct options *options)
{
	struct recording recording = {
		.options = options,
		.ctx = options->ctx,
		.child = KALLMOD_CHILD_EMPTY,
		.signal_fd = -1,
		.target_fd = -1,
	};
	int err = prepare(&recording);

	if (!err)
		err = run_sampler(&recording);
	if (!err)
		err = finish(&recording);
	kallmod_child_destroy(&recording.child);
	kallmod_savefile_close(&recording.save);
	kallmod_sampler_destroy(recording.sampler);
	kallmod_symbolizer_deinit(&recording.symbolizer);
	if (options->format->destroy)
		options->format->destroy(recording.state);
	kallmod_cleanup_fd(&recording.signal_fd);
	kallmod_cleanup_fd(&recording.target_fd);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&kallmod_sampling_argp, 0, NULL, 0}, {&kallmod_shared_argp, 0, NULL, 0}, {}};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = children,
		.args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Record samples of the running kernel, each with its module, until -d, the end of COMMAND, or Ctrl-C.\v"
		       "All processes are sampled, also while COMMAND runs, unless -p names one. The file is there when the recording has ended, whole or not at all; 'kallmod report' reads it. A COMMAND that still runs after -d is ended with SIGTERM. Idle CPUs are left out; folded stacks are of the kernel alone."};
	struct options options = {.ctx = kallmod_cmd_context(NAME), .format = formats[0],
				  .sampler.flags = KALLMOD_PROFILE_RECORD};
	int status;

	/* In order: COMMAND's options are its own. */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	if (!options.path)
		options.path = options.format->path;
	kallmod_ctx_set_text_only(options.ctx);
	status = kallmod_cmd_check_live(NAME, options.ctx);
	if (!status && record(&options))
		status = kallmod_cmd_failed(NAME, options.ctx);
	kallmod_ctx_destroy(options.ctx);
	return status;
}

const struct kallmod_command kallmod_command_record = {
	.name = "record",
	.summary = "record samples of the kernel with their modules",
	.run = run,
};
