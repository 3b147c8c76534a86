// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "bpf_log.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOG_STATISTICS = 4 }; /* BPF_LOG_STATS in the kernel */

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static int tell(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

static int debug(void)
{
	return getenv("KALLMOD_DEBUG_BPF") != NULL;
}

libbpf_print_fn_t kallmod_bpf_log_begin(void)
{
	return libbpf_set_print(debug() ? tell : silent);
}

const struct bpf_object_open_opts *kallmod_bpf_log_opts(void)
{
	static const struct bpf_object_open_opts options = {
		.sz = sizeof(options),
		.kernel_log_level = LOG_STATISTICS,
	};

	return debug() ? &options : NULL;
}
