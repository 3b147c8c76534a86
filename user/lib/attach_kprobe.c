// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Single kprobes, by address: perf events of the kprobe PMU, which belong to a file descriptor
 * and leave nothing in tracefs. They do not pin a loadable module; when it goes, they are dead.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "attach_priv.h"
#include "cleanup.h"
#include "file.h"

struct kprobe_pmu {
	uint32_t type;
	uint64_t on_return; /* in attr.config: a return probe */
};

/* A file of the kprobe PMU, which has one line: PREFIX and a number. */
static int read_number(struct kallmod_ctx *ctx, const char *name, const char *prefix,
		       uint32_t *ret)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/bus/event_source/devices/kprobe/%s", name);
	char line[64], *end;
	unsigned long value;
	int err;

	if (!path)
		return -ENOMEM;
	err = kallmod_file_read_line(path, line, sizeof(line));
	if (err)
		return err;
	if (strncmp(line, prefix, strlen(prefix)))
		return -EINVAL;
	value = strtoul(line + strlen(prefix), &end, 10);
	if (*end || end == line + strlen(prefix) || value > UINT32_MAX)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int find_pmu(struct kallmod_ctx *ctx, struct kprobe_pmu *ret)
{
	uint32_t type = 0, bit = 0;
	int err = read_number(ctx, "type", "", &type);

	if (!err)
		err = read_number(ctx, "format/retprobe", "config:", &bit);
	if (err || bit > 63)
		return err ? err : -EINVAL;
	*ret = (struct kprobe_pmu){.type = type, .on_return = 1ull << bit};
	return 0;
}

/* The link keeps the event: only one descriptor stays. */
static int link_probe(const struct kprobe_pmu *pmu, int program, uint64_t addr, uint64_t config,
		      uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = pmu->type,
		.config = config,
		.kprobe_func = 0,
		.kprobe_addr = addr,
	};
	/* The program runs on whichever CPU is hit; the event has to be on one of them. */
	cleanup_fd int event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (event < 0)
		return -errno;
	return bpf_link_create(program, event, BPF_PERF_EVENT, &opts);
}

static int link_function(const struct kprobe_pmu *pmu, struct kallmod_attachment *attachment,
			 size_t index)
{
	struct kallmod_attach_programs programs =
		kallmod_attach_programs_of(attachment, KALLMOD_MECHANISM_KPROBE);
	struct kallmod_attach_link link = {-1, -1, KALLMOD_MECHANISM_KPROBE};
	uint64_t addr = attachment->functions[index].addr;
	uint64_t cookie = kallmod_attach_cookie(attachment, index);

	if (programs.entry >= 0)
		link.fd = link_probe(pmu, programs.entry, addr, 0, cookie);
	if (programs.entry >= 0 && link.fd < 0)
		return link.fd;
	if (programs.on_return >= 0)
		link.return_fd = link_probe(pmu, programs.on_return, addr, pmu->on_return, cookie);
	if (programs.on_return >= 0 && link.return_fd < 0) {
		int err = link.return_fd;

		kallmod_attach_link_close(&link);
		return err;
	}
	return kallmod_attach_keep(attachment, link);
}

static int attach_one(const struct kprobe_pmu *pmu, int no_pmu,
		      struct kallmod_attachment *attachment, size_t index)
{
	int err;

	if (no_pmu)
		return kallmod_attach_skip(attachment, index, no_pmu,
					   "this kernel has no kprobes for perf (CONFIG_KPROBE_EVENTS)");
	err = link_function(pmu, attachment, index);
	if (!err)
		return 0;
	if (err == -ENOMEM || kallmod_attach_fatal(err))
		return kallmod_attach_fail(attachment, err);
	return kallmod_attach_skip(attachment, index, err, "the kernel refuses a probe on it");
}

int kallmod_attach_kprobes(struct kallmod_attachment *attachment)
{
	struct kprobe_pmu pmu = {0};
	int no_pmu = find_pmu(attachment->ctx, &pmu), err = 0;

	for (size_t i = 0; !err && i < attachment->n; i++) {
		if (attachment->functions[i].mechanism != KALLMOD_MECHANISM_KPROBE ||
		    attachment->skipped[i])
			continue;
		err = attach_one(&pmu, no_pmu, attachment, i);
		if (!err)
			kallmod_attach_progress(attachment);
	}
	return err;
}
