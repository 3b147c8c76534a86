// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * kprobe.multi: one link, and one for the returns, for a whole set of addresses. They are symbol
 * addresses: with those of ftrace's own list, which on x86 with IBT lie 4 bytes behind, the
 * kernel (6.12, 7.2) attaches but does not find the cookies again.
 *
 * One bad address makes the kernel refuse all (EINVAL on 6.12, ENOENT on 7.2). Then halves are
 * tried, and halves of these, until the bad ones stand alone; and what is good is attached
 * again as a whole, because to detach costs the same for ten functions as for a thousand.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "attach_priv.h"
#include "cleanup.h"

enum {
	TRIES_MAX = 400, /* enough for some 20 bad ones in 20,000 */
};

/* The functions to attach, as the kernel wants them. */
struct multi_set {
	struct kallmod_attachment *attachment;
	struct kallmod_attach_programs programs;
	unsigned long *addrs;
	uint64_t *cookies;
	size_t *indexes; /* in the attachment's functions */
	size_t n;
	int tries;    /* that are left */
	bool refused; /* some function was */
	bool memory;  /* the kernel had none for sets that large */
};

static void set_deinit(struct multi_set *set)
{
	free(set->addrs);
	free(set->cookies);
	free(set->indexes);
}

static int set_init(struct multi_set *set, struct kallmod_attachment *attachment)
{
	size_t n = attachment->n ? attachment->n : 1;

	*set = (struct multi_set){
		.attachment = attachment,
		.programs = kallmod_attach_programs_of(attachment, KALLMOD_MECHANISM_MULTI),
		.addrs = calloc(n, sizeof(*set->addrs)),
		.cookies = calloc(n, sizeof(*set->cookies)),
		.indexes = calloc(n, sizeof(*set->indexes)),
		.tries = TRIES_MAX,
	};
	if (set->addrs && set->cookies && set->indexes)
		return 0;
	return kallmod_fail(attachment->ctx, -ENOMEM, "no memory");
}

/* Those that have not been skipped. */
static void set_fill(struct multi_set *set)
{
	const struct kallmod_attachment *attachment = set->attachment;

	set->n = 0;
	for (size_t i = 0; i < attachment->n; i++) {
		const struct kallmod_function *function = &attachment->functions[i];

		if (function->mechanism != KALLMOD_MECHANISM_MULTI || attachment->skipped[i])
			continue;
		set->addrs[set->n] = function->addr;
		set->cookies[set->n] = kallmod_attach_cookie(attachment, i);
		set->indexes[set->n++] = i;
	}
}

static int link_one(const struct multi_set *set, int program, size_t first, size_t n,
		    uint32_t flags, int *ret)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int fd;

	if (program < 0)
		return 0;
	opts.kprobe_multi.addrs = set->addrs + first;
	opts.kprobe_multi.cookies = (const __u64 *)set->cookies + first;
	opts.kprobe_multi.cnt = n;
	opts.kprobe_multi.flags = flags;
	fd = bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

/* Both links, or none. */
static int link_set(const struct multi_set *set, size_t first, size_t n)
{
	struct kallmod_attach_link link = {-1, -1, KALLMOD_MECHANISM_MULTI};
	int err = link_one(set, set->programs.entry, first, n, 0, &link.fd);

	if (!err)
		err = link_one(set, set->programs.on_return, first, n,
			       BPF_F_KPROBE_MULTI_RETURN, &link.return_fd);
	if (!err)
		return kallmod_attach_keep(set->attachment, link);
	kallmod_attach_link_close(&link);
	return err;
}

static int skip_set(struct multi_set *set, size_t first, size_t n, int err)
{
	const char *why = n == 1 ? "the kernel refuses a probe on it" :
				   "the kernel refuses a probe on some functions near it";
	int failed = 0;

	if (err == -EOPNOTSUPP)
		why = "this kernel has no kprobe.multi (CONFIG_FPROBE)";
	for (size_t i = first; !failed && i < first + n; i++)
		failed = kallmod_attach_skip(set->attachment, set->indexes[i], err, why);
	set->refused = true;
	return failed;
}

static int attach_part(struct multi_set *set, size_t first, size_t n)
{
	int err;

	if (!n)
		return 0;
	err = link_set(set, first, n);
	if (!err)
		return 0;
	if (kallmod_attach_fatal(err))
		return kallmod_attach_fail(set->attachment, err);
	/* Linux 6.7 to 6.11 asked for too large a piece of memory above some hundreds. */
	set->memory |= err == -ENOMEM;
	if (n == 1 || err == -EOPNOTSUPP || --set->tries <= 0)
		return skip_set(set, first, n, err);
	err = attach_part(set, first, n / 2);
	return err ? err : attach_part(set, first + n / 2, n - n / 2);
}

/* A reference of its own keeps each module whose functions are in the set. */
static void warn_pinned(const struct multi_set *set)
{
	const struct kallmod_attachment *attachment = set->attachment;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += attachment->functions[set->indexes[i]].kind == KALLMOD_KIND_LOADABLE;
	if (n)
		kallmod_log(attachment->ctx, KALLMOD_LOG_WARN,
			    "kprobe.multi on %zu functions of loadable modules: they cannot be unloaded until it detaches",
			    n);
}

static void close_all(struct kallmod_attachment *attachment)
{
	while (attachment->nlinks)
		kallmod_attach_link_close(&attachment->links[--attachment->nlinks]);
}

int kallmod_attach_multi(struct kallmod_attachment *attachment)
{
	struct multi_set set __attribute__((cleanup(set_deinit))) = {0};
	int err = set_init(&set, attachment);

	if (err)
		return err;
	set_fill(&set);
	warn_pinned(&set);
	err = attach_part(&set, 0, set.n);
	if (err || !set.refused || set.memory || attachment->nlinks < 2)
		return err;
	close_all(attachment);
	set_fill(&set);
	set.tries = TRIES_MAX;
	return attach_part(&set, 0, set.n);
}
