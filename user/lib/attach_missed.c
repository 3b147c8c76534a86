// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Hits that the kernel counted and did not pass on. */
#include <bpf/bpf.h>
#include <string.h>

#include "attach_priv.h"
#include "cleanup.h"

/*
 * struct bpf_link_info as Linux 6.7 has it for these two types of link ("bpf: Add missed value to
 * kprobe_multi link info", and the same for perf), since uapi headers may be older. A kernel that
 * is older leaves the rest zero.
 */
struct link_info {
	__u32 type, id, prog_id, pad;
	union {
		struct {
			__u64 addrs;
			__u32 count, flags;
			__u64 missed;
		} multi;
		struct {
			__u32 event_type, pad; /* enum bpf_perf_event_type */
			__u64 func_name;
			__u32 name_len, offset;
			__u64 addr;
			__u64 missed;
		} kprobe;
	};
};
_Static_assert(sizeof(struct link_info) == 56, "layout");

enum {
	PERF_EVENT_KPROBE = 3, /* BPF_PERF_EVENT_KPROBE; then KRETPROBE */
	PERF_EVENT_KRETPROBE = 4,
};

uint64_t kallmod_attach_program_missed(int fd)
{
	struct bpf_prog_info info;
	__u32 size = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	return info.recursion_misses;
}

/* A tracing link has a program of its own. */
static uint64_t missed_by_id(__u32 id)
{
	cleanup_fd int fd = bpf_prog_get_fd_by_id(id);

	return kallmod_attach_program_missed(fd);
}

uint64_t kallmod_attach_link_missed(int fd)
{
	struct link_info info;
	__u32 size = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	if (info.type == BPF_LINK_TYPE_TRACING)
		return missed_by_id(info.prog_id);
	if (info.type == BPF_LINK_TYPE_KPROBE_MULTI)
		return info.multi.missed;
	if (info.type == BPF_LINK_TYPE_PERF_EVENT && (info.kprobe.event_type == PERF_EVENT_KPROBE ||
						  info.kprobe.event_type == PERF_EVENT_KRETPROBE))
		return info.kprobe.missed;
	return 0;
}
