/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Follows code that comes and goes while a map is in use. Modules announce themselves through
 * the gate; JIT-compiled BPF and trampolines through PERF_RECORD_KSYMBOL, so that kallsyms
 * never needs to be read again.
 */
#ifndef KALLMOD_FOLLOW_H
#define KALLMOD_FOLLOW_H

#include "ctx.h"
#include "map.h"

struct kallmod_follow;

/* Starts to listen. Without the right or the kernel for KSYMBOL records it follows modules
 * alone, and says so through the log. */
int kallmod_follow_create(struct kallmod_ctx *ctx, struct kallmod_follow **ret);
void kallmod_follow_destroy(struct kallmod_follow *follow);
/* An fd that is readable when there is something to drain, or -1. */
int kallmod_follow_fd(const struct kallmod_follow *follow);
/* Reads what has come. True: the map needs a new generation. */
bool kallmod_follow_drain(struct kallmod_follow *follow);
/* The next generation of map: the same built-in ranges, the modules and BPF code of now. */
int kallmod_follow_rebuild(struct kallmod_follow *follow, const struct kallmod_map *map,
			   struct kallmod_map **ret);

struct bpf_program;
struct bpf_link;
/*
 * Attaches the programs of gate.bpf.h; the caller owns the links, NULL where there is none. A
 * kernel without loadable modules has no such tracepoints, and needs none; else it is a warning.
 */
void kallmod_follow_attach_gate(struct kallmod_ctx *ctx, const struct bpf_program *on_load,
				const struct bpf_program *on_free, struct bpf_link **load_ret,
				struct bpf_link **free_ret);

#endif
