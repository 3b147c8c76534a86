// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Counts calls by function, and by module: the cookie is the function's number. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <kallmod/kallmod.bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* as many as functions, set at load */
	__type(key, __u32);
	__type(value, __u64);
} functions SEC(".maps"), modules SEC(".maps");

static __always_inline void count(void *map, __u32 key)
{
	__u64 *calls = bpf_map_lookup_elem(map, &key);

	if (calls)
		__sync_fetch_and_add(calls, 1);
}

static __always_inline int call(void *ctx)
{
	count(&functions, bpf_get_attach_cookie(ctx));
	count(&modules, kallmod_lookup(bpf_get_func_ip(ctx)));
	return 0;
}

SEC("kprobe.multi")
int on_multi(void *ctx)
{
	return call(ctx);
}

SEC("kprobe")
int on_kprobe(void *ctx)
{
	return call(ctx);
}

char LICENSE[] SEC("license") = "GPL";
