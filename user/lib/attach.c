// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "attach_cost.h"
#include "attach_priv.h"
#include "cleanup.h"
#include "grow.h"

enum {
	FDS_SPARE = 64, /* for all else that the process has open */
};

/* ---- what an attachment holds --------------------------------------------------------- */

struct kallmod_attach_programs
kallmod_attach_programs_of(const struct kallmod_attachment *attachment,
			   enum kallmod_mechanism mechanism)
{
	const struct kallmod_probe_programs *all = &attachment->options.programs;
	const struct bpf_program *entry = NULL, *on_return = NULL;

	if (mechanism == KALLMOD_MECHANISM_MULTI)
		entry = all->multi, on_return = all->multi_return;
	else if (mechanism == KALLMOD_MECHANISM_KPROBE)
		entry = all->kprobe, on_return = all->kprobe_return;
	else if (mechanism == KALLMOD_MECHANISM_FENTRY)
		entry = all->fentry, on_return = all->fexit;
	return (struct kallmod_attach_programs){
		.entry = entry ? bpf_program__fd(entry) : -1,
		.on_return = on_return ? bpf_program__fd(on_return) : -1,
	};
}

uint64_t kallmod_attach_cookie(const struct kallmod_attachment *attachment, size_t index)
{
	return attachment->options.cookies ? attachment->options.cookies[index] : index;
}

/* The same reason is kept once, however many functions have it. */
static const char *own_reason(struct kallmod_attachment *attachment, int err, const char *why)
{
	cleanup_free char *reason = NULL;

	if (asprintf(&reason, "%s (%s)", why, strerror(-err)) < 0) {
		reason = NULL;
		return NULL;
	}
	for (size_t i = 0; i < attachment->nreasons; i++)
		if (!strcmp(attachment->reasons[i], reason))
			return attachment->reasons[i];
	if (kallmod_grow(&attachment->reasons, &attachment->reasons_capacity,
			 attachment->nreasons, sizeof(*attachment->reasons)))
		return NULL;
	return attachment->reasons[attachment->nreasons++] = cleanup_take(reason);
}

int kallmod_attach_skip(struct kallmod_attachment *attachment, size_t index, int err,
			const char *why)
{
	const char *reason = err ? own_reason(attachment, err, why) : why;

	if (!reason)
		return kallmod_fail(attachment->ctx, -ENOMEM, "no memory");
	attachment->skipped[index] = reason;
	return 0;
}

void kallmod_attach_link_close(struct kallmod_attach_link *link)
{
	/* The return first, so that each return that is seen has been entered. */
	if (link->return_fd >= 0)
		close(link->return_fd);
	if (link->fd >= 0)
		close(link->fd);
	link->fd = link->return_fd = -1;
}

int kallmod_attach_keep(struct kallmod_attachment *attachment, struct kallmod_attach_link link)
{
	if (kallmod_grow(&attachment->links, &attachment->capacity, attachment->nlinks,
			 sizeof(*attachment->links))) {
		kallmod_attach_link_close(&link);
		return kallmod_fail(attachment->ctx, -ENOMEM, "no memory");
	}
	attachment->links[attachment->nlinks++] = link;
	return 0;
}

void kallmod_attach_progress(struct kallmod_attachment *attachment)
{
	const struct kallmod_attach_options *options = &attachment->options;

	attachment->single_done++;
	if (options->progress)
		options->progress(options->progress_arg, attachment->single_done,
				  attachment->single_total);
}

bool kallmod_attach_fatal(int err)
{
	return err == -EPERM || err == -EACCES || err == -EMFILE || err == -ENFILE ||
	       err == -EBADF || err == -ENOSYS;
}

int kallmod_attach_fail(struct kallmod_attachment *attachment, int err)
{
	if (err == -EPERM || err == -EACCES)
		return kallmod_fail(attachment->ctx, -EPERM,
				    "attaching: not permitted; run as root, and see whether /sys/kernel/security/lockdown forbids it");
	if (err == -EMFILE || err == -ENFILE)
		return kallmod_fail(attachment->ctx, err,
				    "attaching: no file descriptors left, and each probe of its own takes one; name fewer functions, or raise ulimit -n");
	return kallmod_fail(attachment->ctx, err, "attaching: %s", strerror(-err));
}

/* ---- between open and load ------------------------------------------------------------ */

static size_t count_mechanism(const struct kallmod_function *functions, size_t n,
			      enum kallmod_mechanism mechanism)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += functions[i].mechanism == mechanism;
	return count;
}

int kallmod_attach_need(struct bpf_program *program, bool needed)
{
	return program ? bpf_program__set_autoload(program, needed) : 0;
}

static int need_pair(struct bpf_program *entry, struct bpf_program *on_return, bool needed)
{
	int err = kallmod_attach_need(entry, needed);

	return err ? err : kallmod_attach_need(on_return, needed);
}

/* One program serves all functions, and needs to be told which one was hit. */
static int check_cookies(struct kallmod_ctx *ctx)
{
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL))
		return 0;
	return kallmod_fail(ctx, -EOPNOTSUPP,
			    "attaching: this kernel does not tell a BPF program which probe was hit (attach cookies, Linux 5.15); listing functions and kmodtop work without");
}

int kallmod_attach_prepare(struct kallmod_ctx *ctx, const struct kallmod_function *functions,
			   size_t n, const struct kallmod_attach_options *options)
{
	const struct kallmod_probe_programs *programs = &options->programs;
	size_t multi = count_mechanism(functions, n, KALLMOD_MECHANISM_MULTI);
	size_t kprobe = count_mechanism(functions, n, KALLMOD_MECHANISM_KPROBE);
	int err = multi || kprobe ? check_cookies(ctx) : 0;

	if (err)
		return err;
	err = need_pair(programs->multi, programs->multi_return, multi);
	if (!err)
		err = need_pair(programs->kprobe, programs->kprobe_return, kprobe);
	if (err)
		return kallmod_fail(ctx, err,
				    "attaching: the object is loaded already; prepare it before");
	return kallmod_attach_fentry_prepare(ctx, functions, n, programs);
}

/* ---- attaching ------------------------------------------------------------------------ */

static const char *why_not(const struct kallmod_attachment *attachment,
			   const struct kallmod_function *function)
{
	struct kallmod_attach_programs programs;

	if (function->mechanism == KALLMOD_MECHANISM_NO)
		return function->reason ? function->reason : "it cannot be probed";
	if (function->mechanism == KALLMOD_MECHANISM_UNKNOWN)
		return "it is of another kernel than the running one";
	programs = kallmod_attach_programs_of(attachment, function->mechanism);
	if (programs.entry < 0 && programs.on_return < 0)
		return "no program was loaded for its mechanism";
	return NULL;
}

static int skip_hopeless(struct kallmod_attachment *attachment)
{
	int err = 0;

	for (size_t i = 0; !err && i < attachment->n; i++) {
		const char *why = why_not(attachment, &attachment->functions[i]);

		if (why)
			err = kallmod_attach_skip(attachment, i, 0, why);
	}
	return err;
}

static size_t count_single(const struct kallmod_attachment *attachment)
{
	size_t count = 0;

	for (size_t i = 0; i < attachment->n; i++) {
		uint8_t mechanism = attachment->functions[i].mechanism;

		count += !attachment->skipped[i] && (mechanism == KALLMOD_MECHANISM_KPROBE ||
						     mechanism == KALLMOD_MECHANISM_FENTRY);
	}
	return count;
}

/* Each single probe needs up to two descriptors; of the soft limit, 1024 is usual. */
static void make_room_for_fds(size_t probes)
{
	rlim_t wanted = 2 * probes + FDS_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int check_single(struct kallmod_attachment *attachment)
{
	size_t limit = attachment->options.kprobe_limit ?: KALLMOD_KPROBE_LIMIT;
	size_t n = count_single(attachment);

	attachment->single_total = n;
	if (n > limit)
		return kallmod_fail(attachment->ctx, -E2BIG,
				    "attaching: %zu functions need a probe of their own each, which takes about %zu s to attach and %zu s to detach, and the limit is %zu; name fewer, or raise the limit (--kprobe-limit)",
				    n, n * KALLMOD_ATTACH_MS / 1000, n * KALLMOD_DETACH_MS / 1000, limit);
	make_room_for_fds(n);
	return 0;
}

static uint64_t programs_missed(const struct kallmod_attachment *attachment)
{
	uint64_t missed = 0;

	for (int i = KALLMOD_MECHANISM_MULTI; i <= KALLMOD_MECHANISM_FENTRY; i++) {
		struct kallmod_attach_programs programs = kallmod_attach_programs_of(attachment, i);

		missed += kallmod_attach_program_missed(programs.entry) +
			  kallmod_attach_program_missed(programs.on_return);
	}
	return missed;
}

static int count_attached(struct kallmod_attachment *attachment)
{
	size_t total = 0;

	for (size_t i = 0; i < attachment->n; i++)
		if (!attachment->skipped[i]) {
			attachment->counts[attachment->functions[i].mechanism]++;
			total++;
		}
	if (total)
		return 0;
	if (!attachment->n)
		return kallmod_fail(attachment->ctx, -ENOENT, "attaching: no functions were given");
	return kallmod_fail(attachment->ctx, -ENOENT,
			    "%s: none of %zu functions could be attached: %s",
			    attachment->functions[0].name, attachment->n, attachment->skipped[0]);
}

static int attach_all(struct kallmod_attachment *attachment)
{
	int err = skip_hopeless(attachment);

	if (!err)
		err = check_single(attachment);
	if (!err)
		err = kallmod_attach_multi(attachment);
	if (!err)
		err = kallmod_attach_kprobes(attachment);
	if (!err)
		err = kallmod_attach_fentries(attachment);
	return err ? err : count_attached(attachment);
}

static struct kallmod_attachment *create(struct kallmod_ctx *ctx,
					 const struct kallmod_function *functions, size_t n,
					 const struct kallmod_attach_options *options)
{
	struct kallmod_attachment *attachment = calloc(1, sizeof(*attachment));

	if (!attachment)
		return NULL;
	attachment->skipped = calloc(n ? n : 1, sizeof(*attachment->skipped));
	if (!attachment->skipped) {
		free(attachment);
		return NULL;
	}
	attachment->ctx = ctx;
	attachment->functions = functions;
	attachment->n = n;
	attachment->options = *options;
	attachment->missed_before = programs_missed(attachment);
	return attachment;
}

int kallmod_attach(struct kallmod_ctx *ctx, const struct kallmod_function *functions, size_t n,
		   const struct kallmod_attach_options *options, struct kallmod_attachment **ret)
{
	struct kallmod_attachment *attachment = create(ctx, functions, n, options);
	int err = attachment ? attach_all(attachment) :
			       kallmod_fail(ctx, -ENOMEM, "no memory");

	if (err) {
		kallmod_attachment_destroy(attachment);
		return err;
	}
	attachment->functions = NULL;
	attachment->options.cookies = NULL;
	*ret = attachment;
	return 0;
}

void kallmod_attachment_destroy(struct kallmod_attachment *attachment)
{
	if (!attachment)
		return;
	attachment->single_done = 0;
	for (size_t i = 0; i < attachment->nlinks; i++) {
		kallmod_attach_link_close(&attachment->links[i]);
		if (attachment->links[i].mechanism != KALLMOD_MECHANISM_MULTI)
			kallmod_attach_progress(attachment);
	}
	for (size_t i = 0; i < attachment->nreasons; i++)
		free(attachment->reasons[i]);
	free(attachment->reasons);
	free(attachment->links);
	free(attachment->skipped);
	free(attachment);
}

/* ---- what came of it ------------------------------------------------------------------ */

size_t kallmod_attachment_count(const struct kallmod_attachment *attachment,
				enum kallmod_mechanism mechanism)
{
	return (size_t)mechanism <= KALLMOD_MECHANISM_NO ? attachment->counts[mechanism] : 0;
}

const char *kallmod_attachment_skipped(const struct kallmod_attachment *attachment, size_t index)
{
	return index < attachment->n ? attachment->skipped[index] : NULL;
}

uint64_t kallmod_attachment_missed(const struct kallmod_attachment *attachment)
{
	uint64_t missed = programs_missed(attachment) - attachment->missed_before;

	for (size_t i = 0; i < attachment->nlinks; i++)
		missed += kallmod_attach_link_missed(attachment->links[i].fd) +
			  kallmod_attach_link_missed(attachment->links[i].return_fd);
	return missed;
}
