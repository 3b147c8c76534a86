// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Which ways of probing the kernel has: by functions that are there with them and not without. */
#include <errno.h>
#include <string.h>

#include "bpf_log.h"
#include "cleanup.h"
#include "file.h"
#include "probeable_priv.h"
#include "symbols.h"

/*
 * bpf_kprobe_multi_link_attach is there without CONFIG_FPROBE, too, as a stub that says
 * EOPNOTSUPP; register_fprobe_ips is not.
 */
enum feature {
	HAS_FPROBE,
	HAS_MULTI,
	HAS_KPROBE,
	HAS_PERF_KPROBE,
	HAS_TRAMPOLINE,
	HAS_DIRECT,
	FEATURES,
};
static const char *const feature_names[FEATURES] = {
	[HAS_FPROBE] = "register_fprobe_ips",
	[HAS_MULTI] = "bpf_kprobe_multi_link_attach",
	[HAS_KPROBE] = "register_kprobe",
	[HAS_PERF_KPROBE] = "perf_kprobe_init",
	[HAS_TRAMPOLINE] = "bpf_trampoline_link_prog",
	[HAS_DIRECT] = "register_ftrace_direct",
};

static void find_symbols(const struct kallmod_symbols *symbols, bool has[FEATURES])
{
	for (size_t i = 0; i < FEATURES; i++)
		has[i] = kallmod_symbols_by_name(symbols, feature_names[i]) != NULL;
}

/* "none integrity [confidentiality]": with the last one nobody reads the kernel's memory. */
static bool in_lockdown(struct kallmod_ctx *ctx, bool *ret)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/kernel/security/lockdown");
	char line[128] = "";

	if (!path)
		return false;
	if (kallmod_file_read_line(path, line, sizeof(line)))
		line[0] = '\0';
	*ret = strstr(line, "[confidentiality]") != NULL;
	return true;
}

static bool has_btf(struct kallmod_ctx *ctx)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/kernel/btf/vmlinux");

	return path && !access(path, F_OK);
}

/*
 * Some kernels refuse every program of that kind, whoever asks (seen on a locked-down 6.18): the
 * symbols do not tell. Only where there is no other way, for to ask takes some milliseconds.
 */
static bool refuses_trampolines(const struct kallmod_ctx *ctx)
{
	libbpf_print_fn_t print;
	int answer;

	if (!kallmod_ctx_live(ctx) || geteuid())
		return false;
	print = kallmod_bpf_log_begin();
	answer = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL);
	libbpf_set_print(print);
	return answer == 0;
}

int kallmod_probe_features_find(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
				struct kallmod_probe_features *ret)
{
	struct kallmod_probe_features features = {.no_multi = NULL};
	bool has[FEATURES];

	if (!in_lockdown(ctx, &features.lockdown))
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	find_symbols(symbols, has);
	if (!has[HAS_FPROBE] || !has[HAS_MULTI])
		features.no_multi =
			"this kernel has no kprobe.multi (5.18 on, with CONFIG_FPROBE)";
	if (!has[HAS_KPROBE] || !has[HAS_PERF_KPROBE])
		features.no_kprobe = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)";
	if (!has[HAS_TRAMPOLINE] || !has[HAS_DIRECT])
		features.no_fentry =
			"this kernel has no BPF trampolines (CONFIG_BPF_JIT, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)";
	else if (!has_btf(ctx))
		features.no_fentry = "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)";
	else if (features.no_kprobe && refuses_trampolines(ctx))
		features.no_fentry = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS) and permits no BPF trampolines, not even to root";
	if (features.lockdown)
		features.no_multi = features.no_kprobe = features.no_fentry =
			"lockdown (confidentiality) forbids it";
	*ret = features;
	return 0;
}
