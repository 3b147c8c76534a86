// SPDX-License-Identifier: GPL-2.0-only
/* Counts by cookie what was called and what returned: one program for each mechanism. */
#include <stdbool.h>

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

struct count {
	__u64 entries, returns;
};

/* By cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

__u64 strays; /* hits whose cookie is no function's */

/* Verified by itself, so the copies for fentry need its description. */
__attribute__((noinline)) int add(__u64 cookie, int returns)
{
	__u32 index = cookie - 1;
	struct count *count = bpf_map_lookup_elem(&counts, &index);

	if (!count)
		__sync_fetch_and_add(&strays, 1);
	else if (returns)
		__sync_fetch_and_add(&count->returns, 1);
	else
		__sync_fetch_and_add(&count->entries, 1);
	return 0;
}

#define PROGRAM(section, name, returns)                      \
	SEC(section)                                         \
	int name(void *ctx)                                  \
	{                                                    \
		return add(bpf_get_attach_cookie(ctx), returns); \
	}

PROGRAM("kprobe.multi", on_multi, 0)
PROGRAM("kretprobe.multi", on_multi_return, 1)
PROGRAM("kprobe", on_kprobe, 0)
PROGRAM("kretprobe", on_kprobe_return, 1)
PROGRAM("fentry", on_fentry, 0)
PROGRAM("fexit", on_fexit, 1)

char LICENSE[] SEC("license") = "GPL";
