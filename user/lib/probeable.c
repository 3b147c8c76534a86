// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What can probe a function. The kernel has the last word: it may still refuse one that looks
 * fine, and what attaches copes with that. But the more is known here, the fewer it is asked for.
 */
#include <errno.h>
#include <string.h>

#include <bpf/btf.h>

#include "cleanup.h"
#include "probeable.h"
#include "probeable_priv.h"
#include "symbols.h"

struct kallmod_probeable {
	const struct kallmod_symbols *symbols;
	enum kallmod_mechanism wanted;
	bool known; /* it is the running kernel, or one whose lists are there */
	struct kallmod_probe_features features;
	struct kallmod_traced_list traced;
	struct kallmod_blacklist blacklist;
	/* For fentry alone: how often each name is there, and (listed) whether BTF has it. */
	struct kallmod_name_counts *names;
};

static const char no_fentry_loadable[] =
	"fentry is for what is built in; a loadable module gets kprobes";

void kallmod_probeable_destroy(struct kallmod_probeable *probeable)
{
	if (!probeable)
		return;
	kallmod_traced_list_deinit(&probeable->traced);
	kallmod_blacklist_deinit(&probeable->blacklist);
	kallmod_name_counts_destroy(probeable->names);
	free(probeable);
}

static void destroy_pointer(struct kallmod_probeable **probeable)
{
	kallmod_probeable_destroy(*probeable);
}

static bool may(const struct kallmod_probeable *probeable, enum kallmod_mechanism mechanism)
{
	return probeable->wanted == KALLMOD_MECHANISM_BEST || probeable->wanted == mechanism;
}

/* fentry is what remains where kprobes are missing, or what was asked for. */
static bool wants_fentry(const struct kallmod_probeable *probeable)
{
	const struct kallmod_probe_features *features = &probeable->features;

	if (features->no_fentry)
		return false;
	return probeable->wanted == KALLMOD_MECHANISM_FENTRY ||
	       (probeable->wanted == KALLMOD_MECHANISM_BEST && features->no_multi &&
		features->no_kprobe);
}

/* One pass over all types: to look names up one by one takes libbpf a minute. */
static void count_btf(struct kallmod_name_counts *names, const struct btf *btf)
{
	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = type && btf_is_func(type) ?
					   btf__name_by_offset(btf, type->name_off) :
					   NULL;
		struct kallmod_name_count *count =
			name ? kallmod_name_counts_find(names, name, NULL) : NULL;

		if (count)
			count->listed++;
	}
}

static int read_btf(struct kallmod_ctx *ctx, struct kallmod_probeable *probeable)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/kernel/btf/vmlinux");
	int err = path ? kallmod_name_counts_create(probeable->symbols, false,
						    &probeable->names) :
			 -ENOMEM;
	struct btf *btf;

	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	btf = btf__parse_raw(path);
	if (!btf && errno == ENOMEM)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	if (!btf)
		probeable->features.no_fentry = "the kernel's BTF cannot be read";
	else
		count_btf(probeable->names, btf);
	btf__free(btf);
	return 0;
}

/* Where kprobe.multi could be used and is not: that is the difference of a minute. */
static void warn_no_list(struct kallmod_ctx *ctx, const struct kallmod_probeable *probeable)
{
	if (kallmod_traced_list_known(&probeable->traced) || probeable->features.no_multi ||
	    probeable->wanted != KALLMOD_MECHANISM_BEST || !kallmod_ctx_live(ctx))
		return;
	kallmod_log(
		ctx, KALLMOD_LOG_WARN,
		probeable->traced.denied ?
			"/sys/kernel/tracing: no permission; which functions can be traced is not known, and kprobe.multi not used" :
			"/sys/kernel/tracing: no list of functions there; mount it (mount -t tracefs tracefs /sys/kernel/tracing) to have kprobe.multi");
}

static int read_lists(struct kallmod_ctx *ctx, struct kallmod_probeable *probeable)
{
	int err = kallmod_traced_list_read(ctx, probeable->symbols, &probeable->traced);

	if (!err)
		warn_no_list(ctx, probeable);
	if (!err && !probeable->features.no_kprobe)
		err = kallmod_blacklist_read(ctx, probeable->symbols, &probeable->blacklist);
	if (!err && wants_fentry(probeable))
		err = read_btf(ctx, probeable);
	return err;
}

int kallmod_probeable_create(struct kallmod_ctx *ctx, const struct kallmod_symbols *symbols,
			     enum kallmod_mechanism mechanism, struct kallmod_probeable **ret)
{
	__attribute__((cleanup(destroy_pointer))) struct kallmod_probeable *probeable =
		calloc(1, sizeof(*probeable));
	int err = 0;

	if (!probeable)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	probeable->symbols = symbols;
	probeable->wanted = mechanism;
	if (kallmod_ctx_running(ctx)) {
		err = kallmod_probe_features_find(ctx, symbols, &probeable->features);
		if (!err)
			err = read_lists(ctx, probeable);
		/* A root directory may hold the running kernel's lists (a container's /host). */
		probeable->known = kallmod_ctx_live(ctx) ||
				   kallmod_traced_list_known(&probeable->traced);
	}
	if (!err)
		*ret = cleanup_take(probeable);
	return err;
}

/* Parts of functions and such, which nobody calls. */
static const char *no_function(const struct kallmod_function *function)
{
	const char *suffix = strstr(function->name, ".cold");

	if (function->kind == KALLMOD_KIND_PSEUDO)
		return "code that the kernel made at run time";
	if (!strncmp(function->name, "__SCT__", 7))
		return "a static call, which the kernel itself rewrites";
	if (suffix && (!suffix[5] || suffix[5] == '.'))
		return "the cold part of a function, which nothing calls";
	return NULL;
}

static const char *why_no_fentry(struct kallmod_probeable *probeable,
				 const struct kallmod_function *function)
{
	const struct kallmod_name_count *count;

	if (probeable->features.no_fentry)
		return probeable->features.no_fentry;
	if (function->kind == KALLMOD_KIND_LOADABLE)
		return no_fentry_loadable;
	count = kallmod_name_counts_find(probeable->names, function->name, NULL);
	if (count && count->symbols > 1)
		return "several functions have this name, and fentry goes by names";
	if (!count || !count->listed)
		return "the kernel's BTF does not have it, and fentry needs that";
	return NULL;
}

static const char *why_no_kprobe(const struct kallmod_probeable *probeable,
				 const struct kallmod_function *function)
{
	if (probeable->features.no_kprobe)
		return probeable->features.no_kprobe;
	if (kallmod_blacklist_has(&probeable->blacklist, function->addr))
		return "blacklisted for kprobes";
	return NULL;
}

/* By addresses that ftrace does not have the kernel refuses all of a set: so not on suspicion. */
static const char *why_no_multi(const struct kallmod_probeable *probeable,
				const struct kallmod_function *function,
				enum kallmod_traced traced)
{
	if (probeable->features.no_multi)
		return probeable->features.no_multi;
	if (probeable->wanted == KALLMOD_MECHANISM_MULTI)
		return NULL;
	if (function->kind == KALLMOD_KIND_LOADABLE)
		return "kprobe.multi would hold the module; choose it to have it";
	return traced == KALLMOD_TRACED_UNKNOWN ? "it is not known whether ftrace has it" :
						  NULL;
}

static const char *choose(struct kallmod_probeable *probeable,
			  const struct kallmod_function *function, uint8_t *mechanism)
{
	const char *why = no_function(function), *first = NULL;
	enum kallmod_traced traced;

	if (why)
		return why;
	traced = kallmod_traced_list_find(&probeable->traced, probeable->symbols, function);
	if (traced == KALLMOD_TRACED_LEFTOVER)
		return "the remains of a weak function that another replaces";
	if (traced == KALLMOD_TRACED_NO)
		return "ftrace does not have it: inline or notrace, or not C";
	if (may(probeable, KALLMOD_MECHANISM_MULTI)) {
		*mechanism = KALLMOD_MECHANISM_MULTI;
		first = why_no_multi(probeable, function, traced);
		if (!first)
			return NULL;
	}
	if (may(probeable, KALLMOD_MECHANISM_KPROBE)) {
		*mechanism = KALLMOD_MECHANISM_KPROBE;
		first = why_no_kprobe(probeable, function);
		if (!first)
			return NULL;
	}
	if (!wants_fentry(probeable) && probeable->wanted != KALLMOD_MECHANISM_FENTRY)
		return first;
	*mechanism = KALLMOD_MECHANISM_FENTRY;
	return why_no_fentry(probeable, function);
}

/* Nothing that is known of a function helps where the kernel has no way to probe any. */
static const char *nothing_works(const struct kallmod_probeable *probeable)
{
	const struct kallmod_probe_features *features = &probeable->features;

	if (features->lockdown)
		return features->no_kprobe;
	if (may(probeable, KALLMOD_MECHANISM_MULTI) && !features->no_multi)
		return NULL;
	if (may(probeable, KALLMOD_MECHANISM_KPROBE) && !features->no_kprobe)
		return NULL;
	if (may(probeable, KALLMOD_MECHANISM_FENTRY) && !features->no_fentry)
		return NULL;
	if (probeable->wanted == KALLMOD_MECHANISM_MULTI)
		return features->no_multi;
	return probeable->wanted == KALLMOD_MECHANISM_FENTRY ? features->no_fentry :
							       features->no_kprobe;
}

void kallmod_probeable_judge(struct kallmod_probeable *probeable,
			     struct kallmod_function *function)
{
	const char *why = NULL;

	function->mechanism = KALLMOD_MECHANISM_UNKNOWN;
	if (probeable->known) {
		why = nothing_works(probeable);
		if (!why)
			why = choose(probeable, function, &function->mechanism);
	}
	function->reason = why;
	if (why)
		function->mechanism = KALLMOD_MECHANISM_NO;
}

static const char still_works[] = "'kallmod probe --list' and kmodtop work all the same";

int kallmod_probe_possible(struct kallmod_ctx *ctx, enum kallmod_mechanism mechanism)
{
	struct kallmod_probeable probeable = {.wanted = mechanism};
	const struct kallmod_symbols *symbols;
	const char *why;
	int err = kallmod_ctx_symbols(ctx, &symbols);

	if (!err)
		err = kallmod_probe_features_find(ctx, symbols, &probeable.features);
	if (err)
		return err;
	why = nothing_works(&probeable);
	if (!why)
		return 0;
	if (probeable.features.lockdown)
		return kallmod_fail(
			ctx, -EPERM,
			"lockdown (confidentiality) forbids probes; boot with lockdown=integrity to have them; %s",
			still_works);
	if (mechanism != KALLMOD_MECHANISM_BEST)
		return kallmod_fail(ctx, -EOPNOTSUPP, "%s; another --mechanism may do; %s",
				    why, still_works);
	return kallmod_fail(
		ctx, -EOPNOTSUPP,
		"no function can be probed: %s, and no BPF trampolines for what is built in; %s",
		why, still_works);
}
