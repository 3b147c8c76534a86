// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Attaching the prober's groups, and following modules that come and go. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach_cost.h"
#include "cleanup.h"
#include "grow.h"
#include "prober_priv.h"

/* ---- detaching -------------------------------------------------------------------------- */

void kallmod_prober_groups_deinit(struct kallmod_prober *prober)
{
	while (prober->ngroups)
		kallmod_attachment_destroy(kallmod_prober_remove_group(prober, prober->ngroups - 1));
	free(prober->groups);
	prober->groups = NULL;
	prober->group_capacity = 0;
	for (size_t i = 0; i < prober->nreapers; i++)
		pthread_join(prober->reapers[i], NULL);
	free(prober->reapers);
	prober->reapers = NULL;
	prober->nreapers = prober->reaper_capacity = 0;
}

static void *reap(void *attachment)
{
	kallmod_attachment_destroy(attachment);
	return NULL;
}

/*
 * Destroys an attachment whose module has gone. Each single probe takes the kernel a tenth of a
 * second, and meanwhile the records have to be read: a thread waits for it.
 */
static void destroy_aside(struct kallmod_prober *prober, struct kallmod_attachment *attachment)
{
	if (!attachment)
		return;
	if (kallmod_grow(&prober->reapers, &prober->reaper_capacity, prober->nreapers,
			 sizeof(*prober->reapers)) ||
	    pthread_create(&prober->reapers[prober->nreapers], NULL, reap, attachment))
		kallmod_attachment_destroy(attachment);
	else
		prober->nreapers++;
}

/* ---- attaching -------------------------------------------------------------------------- */

static void on_progress(void *arg, size_t done, size_t total)
{
	const struct kallmod_prober *prober = arg;

	/* Not from a thread that takes away what nobody waits for. */
	if (prober->options.progress && pthread_equal(pthread_self(), prober->thread))
		prober->options.progress(prober->options.arg, prober->detaching, done, total);
}

static struct kallmod_attach_options attach_options(struct kallmod_prober *prober)
{
	size_t limit = prober->options.kprobe_limit ?: KALLMOD_KPROBE_LIMIT;
	bool returns = prober->options.flags & (KALLMOD_PROBE_LATENCY | KALLMOD_PROBE_RETURNS);
	struct probe_bpf *skel = prober->skel;

	return (struct kallmod_attach_options){
		.programs = {
			.multi = skel->progs.kallmod_multi,
			.kprobe = skel->progs.kallmod_kprobe,
			.fentry = skel->progs.kallmod_fentry,
			.multi_return = returns ? skel->progs.kallmod_multi_return : NULL,
			.kprobe_return = returns ? skel->progs.kallmod_kprobe_return : NULL,
			.fexit = returns ? skel->progs.kallmod_fexit : NULL,
		},
		/* 0 would be the library's own. */
		.kprobe_limit = limit > prober->singles ? limit - prober->singles : 1,
		.progress = on_progress,
		.progress_arg = prober,
	};
}

/* All groups' functions in a row: what programs they need. */
int kallmod_prober_prepare(struct kallmod_prober *prober)
{
	struct kallmod_attach_options options = attach_options(prober);
	cleanup_free struct kallmod_function *all =
		calloc(prober->nrows + 1, sizeof(*all));
	struct bpf_program *program;
	size_t n = 0;
	int err;

	if (!all)
		return kallmod_fail(prober->ctx, -ENOMEM, "no memory");
	bpf_object__for_each_program(program, prober->skel->obj)
		if (program != prober->skel->progs.kallmod_module_load &&
		    program != prober->skel->progs.kallmod_module_free)
			bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < prober->ngroups; i++) {
		const struct kallmod_prober_group *group = &prober->groups[i];

		memcpy(all + n, group->functions, group->n * sizeof(*all));
		n += group->n;
	}
	err = kallmod_attach_prepare(prober->ctx, all, n, &options);
	/* A module that comes later wants single kprobes; the type of program is the same. */
	if (!err && bpf_program__autoload(options.programs.multi)) {
		bpf_program__set_autoload(options.programs.kprobe, true);
		if (options.programs.kprobe_return)
			bpf_program__set_autoload(options.programs.kprobe_return, true);
	}
	return err;
}

static void count_singles(struct kallmod_prober *prober)
{
	prober->singles = kallmod_prober_attached(prober, KALLMOD_MECHANISM_KPROBE) +
			  kallmod_prober_attached(prober, KALLMOD_MECHANISM_FENTRY);
}

/* A group that cannot be attached is no more. */
static int attach_group(struct kallmod_prober *prober, size_t index)
{
	struct kallmod_attach_options options = attach_options(prober);
	struct kallmod_prober_group *group = &prober->groups[index];
	int err;

	options.cookies = group->cookies;
	prober->detaching = false;
	err = kallmod_attach(prober->ctx, group->functions, group->n, &options,
			     &group->attachment);
	for (size_t i = 0; i < group->n; i++)
		kallmod_prober_skip(prober, group->rows[i],
			    err ? kallmod_ctx_error(prober->ctx) :
				  kallmod_attachment_skipped(group->attachment, i));
	if (err)
		kallmod_prober_remove_group(prober, index);
	count_singles(prober);
	return err;
}

/* Attaches the groups that are not yet; *ret: how many of them could be. */
static int attach_groups(struct kallmod_prober *prober, size_t *ret)
{
	size_t at = 0, attached = 0;

	while (at < prober->ngroups) {
		int err = 0;

		if (!prober->groups[at].attachment)
			err = attach_group(prober, at);
		/* One module that cannot be probed does not fail the others. */
		if (err && err != -ENOENT)
			return err;
		attached += !err;
		at += !err;
	}
	*ret = attached;
	return 0;
}

/* Why most of the functions that are left out are. */
static const char *main_reason(const struct kallmod_prober *prober)
{
	const char *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < prober->nrows; i++) {
		const char *why = prober->rows[i].skipped;
		size_t n = 0;

		if (!why || (best && !strcmp(why, best)))
			continue;
		for (size_t k = i; k < prober->nrows; k++)
			n += prober->rows[k].skipped && !strcmp(prober->rows[k].skipped, why);
		if (n > most) {
			most = n;
			best = why;
		}
	}
	return best ? best : "there is none";
}

int kallmod_prober_attach(struct kallmod_prober *prober)
{
	size_t attached;
	int err;

	prober->attaching = true;
	err = attach_groups(prober, &attached);
	if (err || attached)
		return err;
	return kallmod_fail(prober->ctx, -ENOENT,
			    "none of %zu functions can be probed: %s; 'kallmod probe --list' and kmodtop work all the same",
			    prober->nrows, main_reason(prober));
}

void kallmod_prober_detach(struct kallmod_prober *prober)
{
	prober->attaching = false;
	prober->detaching = true;
	kallmod_prober_groups_deinit(prober);
	prober->singles = 0;
}

size_t kallmod_prober_attached(const struct kallmod_prober *prober,
			       enum kallmod_mechanism mechanism)
{
	size_t n = 0;

	for (size_t i = 0; i < prober->ngroups; i++)
		if (prober->groups[i].attachment)
			n += kallmod_attachment_count(prober->groups[i].attachment, mechanism);
	return n;
}

/* ---- modules that come and go ------------------------------------------------------------ */

/* Loadable modules whose functions are attached, at the address where they are now. */
static bool has_group(const struct kallmod_prober *prober, uint32_t set, uint64_t start)
{
	for (size_t i = 0; i < prober->ngroups; i++)
		if (prober->groups[i].loadable && prober->groups[i].set == set &&
		    prober->groups[i].start == start)
			return true;
	return false;
}

/* A loadable module is there that was not, or not there. */
static bool has_come(const struct kallmod_prober *prober, const struct kallmod_map *old,
		     uint32_t set)
{
	uint64_t start;

	if (kallmod_map_set_kind(prober->map, set) != KALLMOD_KIND_LOADABLE)
		return false;
	start = kallmod_prober_set_start(prober->map, set);
	if (!start || has_group(prober, set, start))
		return false;
	return set >= kallmod_map_set_count(old) || kallmod_prober_set_start(old, set) != start;
}

/* One spec's functions among those of modules that have come. */
static int find_new(struct kallmod_prober *prober, struct kallmod_ctx *fresh,
		    const char *const *spec, const bool *come, size_t known)
{
	struct kallmod_function_query query = prober->query;
	struct kallmod_functions *functions;
	const struct kallmod_function *array;
	int err;

	query.specs = spec;
	query.nspecs = 1;
	err = kallmod_functions_find(fresh, prober->map, &query, &functions);
	if (err)
		return err == -ENOENT ? 0 : err;
	array = kallmod_functions_array(functions);
	for (size_t i = 0; !err && i < kallmod_functions_count(functions); i++)
		if (come[array[i].set])
			err = kallmod_prober_add(prober, &array[i], known);
	kallmod_functions_destroy(functions);
	return err;
}

/* The symbols have changed with the modules: a context of its own reads them again. */
static int find_come(struct kallmod_prober *prober, const bool *come)
{
	const char *confidence = kallmod_ctx_get(prober->ctx, KALLMOD_OPT_MIN_CONFIDENCE);
	size_t known = prober->nrows;
	struct kallmod_ctx *fresh;
	int err = kallmod_ctx_create(&fresh);

	if (err)
		return err;
	err = kallmod_ctx_set(fresh, KALLMOD_OPT_MIN_CONFIDENCE, confidence);
	for (size_t i = 0; !err && i < prober->query.nspecs; i++)
		err = find_new(prober, fresh, &prober->query.specs[i], come, known);
	kallmod_ctx_destroy(fresh);
	return err;
}

static bool is_gone(const struct kallmod_prober *prober, const struct kallmod_prober_group *group)
{
	uint64_t start = kallmod_prober_set_start(prober->map, group->set);

	return group->loadable && (start != group->start ||
				   kallmod_prober_load_id(prober, group->set) != group->id);
}

/* Drops what was attached to modules that have gone; returns how many are back: come[] of them. */
static size_t drop_gone(struct kallmod_prober *prober, bool *come)
{
	size_t at = 0, back = 0;

	while (at < prober->ngroups) {
		uint32_t set = prober->groups[at].set;

		if (!is_gone(prober, &prober->groups[at])) {
			at++;
			continue;
		}
		destroy_aside(prober, kallmod_prober_remove_group(prober, at));
		come[set] = kallmod_prober_set_start(prober->map, set);
		back += come[set];
	}
	count_singles(prober);
	return back;
}

/* Which modules have come, come[set], and how many; what was attached to those that went is dropped. */
static size_t mark_come(struct kallmod_prober *prober, const struct kallmod_map *old, bool *come,
			size_t sets)
{
	size_t coming = drop_gone(prober, come);

	for (uint32_t set = 0; set < sets; set++)
		if (!come[set])
			coming += come[set] = has_come(prober, old, set);
	return coming;
}

static int attach_come(struct kallmod_prober *prober, const bool *come)
{
	size_t attached;
	int err = find_come(prober, come);

	if (!err)
		err = attach_groups(prober, &attached);
	/* What cannot be attached any more is no reason to end all the rest. */
	if (err)
		kallmod_log(prober->ctx, KALLMOD_LOG_WARN, "a module that came is not probed: %s",
			    kallmod_ctx_error(prober->ctx));
	return err == -ENOMEM ? err : 0;
}

int kallmod_prober_follow(struct kallmod_prober *prober, const struct kallmod_map *old)
{
	size_t sets = kallmod_map_set_count(prober->map);
	cleanup_free bool *come = calloc(sets, sizeof(*come));
	int err = 0;

	if (!come)
		return kallmod_fail(prober->ctx, -ENOMEM, "no memory");
	if (mark_come(prober, old, come, sets))
		err = attach_come(prober, come);
	return err;
}
