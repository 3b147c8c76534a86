/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KALLMOD_BPF_LOG_H
#define KALLMOD_BPF_LOG_H

#include <bpf/libbpf.h>

/*
 * libbpf tells its troubles to stderr; ours go through the context, in one line. So it is silent
 * from here on, or, with KALLMOD_DEBUG_BPF in the environment, tells everything, the verifier's
 * statistics among it. Returns what printed before, for libbpf_set_print() afterwards.
 */
libbpf_print_fn_t kallmod_bpf_log_begin(void);

/* The options to open an object with, so that the kernel gives those statistics. */
const struct bpf_object_open_opts *kallmod_bpf_log_opts(void);

#endif
