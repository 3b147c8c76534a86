/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The gate's programs: the kernel calls them before a new module's code runs and before an
 * old one's memory is freed, so no lookup can find stale pages. Include once per BPF object
 * that follows modules; kallmod.h explains the user side.
 */
#ifndef KALLMOD_GATE_BPF_H
#define KALLMOD_GATE_BPF_H

#include "kallmod.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set at load */
} kallmod_events SEC(".maps");

static __always_inline int kallmod_gate_close(void)
{
	__u32 type = KALLMOD_RECORD_GATE;

	__sync_fetch_and_add(&kallmod_config.gate, 1);
	/*
	 * Only a wake-up, by force: by itself the kernel wakes a reader only when there was
	 * nothing to read, and samples do not wake it. A full buffer's reader is awake.
	 */
	bpf_ringbuf_output(&kallmod_events, &type, sizeof(type), BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("raw_tp/module_load")
int kallmod_module_load(void *ctx)
{
	return kallmod_gate_close();
}

SEC("raw_tp/module_free")
int kallmod_module_free(void *ctx)
{
	return kallmod_gate_close();
}

#endif
