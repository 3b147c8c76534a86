// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "map.h"
#include "probe_about.h"
#include "probeable.h"
#include "session_calls.h"

enum {
	MODULES_MAX = 16,
	KPROBES_MAX = 100, /* two seconds to come, and eight, in a thread, to go */
};

/* What is attached, and all that it needs. */
struct kmodtop_probe {
	struct kallmod_ctx *ctx; /* of its own: symbols of now, and no log on the screen */
	struct kallmod_prober *prober;
	char *specs[MODULES_MAX]; /* "MODULE:*" for each module of the set */
	size_t nspecs;
};

static void probe_destroy(struct kmodtop_probe *probe)
{
	kallmod_prober_destroy(probe->prober);
	kallmod_ctx_destroy(probe->ctx);
	for (size_t i = 0; i < probe->nspecs; i++)
		free(probe->specs[i]);
	free(probe);
}

/* ---- attaching ----------------------------------------------------------------------------- */

static int copy_map(const struct kallmod_map *map, struct kallmod_map **ret)
{
	struct kallmod_map *copy;
	int err = kallmod_map_derive(map, ~0u, &copy);

	if (!err)
		err = kallmod_map_freeze(copy);
	if (!err)
		*ret = copy;
	return err;
}

static int add_specs(struct kmodtop_probe *probe, const struct kallmod_map *map, uint32_t set)
{
	const char *names[MODULES_MAX];
	size_t n = kallmod_map_set_modules(map, set, names, MODULES_MAX);

	for (size_t i = 0; i < n && i < MODULES_MAX; i++) {
		if (asprintf(&probe->specs[i], "%s:*", names[i]) < 0)
			return -ENOMEM;
		probe->nspecs++;
	}
	return 0;
}

static int attach(struct kmodtop_probe *probe, const struct kallmod_map *map, uint32_t set)
{
	const struct kallmod_prober_options options = {.kprobe_limit = KPROBES_MAX};
	struct kallmod_function_query query = {.specs = (const char *const *)probe->specs};
	struct kallmod_map *copy;
	int err = kallmod_probe_possible(probe->ctx, KALLMOD_MECHANISM_BEST);

	if (!err)
		err = add_specs(probe, map, set);
	if (!err)
		err = copy_map(map, &copy);
	if (err)
		return err;
	query.nspecs = probe->nspecs;
	err = kallmod_prober_create(probe->ctx, copy, &query, &options, &probe->prober);
	return err ? err : kallmod_prober_attach(probe->prober);
}

static int begin(struct kmodtop_calls *calls)
{
	struct kallmod_prober *prober = calls->probe->prober;
	struct kallmod_probe_about about;
	int err = kallmod_probe_about_read(&about, prober);

	if (err)
		return err;
	kallmod_probe_about_text(&about, calls->what, sizeof(calls->what));
	kallmod_probe_table_sort(calls->table, KALLMOD_PROBE_SORT_RATE);
	kallmod_prober_switch(prober, true);
	return kallmod_probe_table_read(calls->table, prober);
}

int kmodtop_calls_open(struct kmodtop_calls *calls, const struct kallmod_map *map, uint32_t set,
		       char *text)
{
	int err = -ENOMEM;

	calls->table = kallmod_probe_table_create(false, false);
	calls->probe = calloc(1, sizeof(*calls->probe));
	snprintf(text, KMODTOP_CALLS_TEXT, "no memory");
	if (calls->table && calls->probe)
		err = kallmod_ctx_create(&calls->probe->ctx);
	if (!err) {
		err = attach(calls->probe, map, set);
		if (!err)
			err = begin(calls);
		if (err)
			snprintf(text, KMODTOP_CALLS_TEXT, "%s",
				 kallmod_ctx_error(calls->probe->ctx));
	}
	if (err)
		kmodtop_calls_close(calls);
	return err;
}

/* ---- detaching ----------------------------------------------------------------------------- */

static void *close_aside(void *probe)
{
	probe_destroy(probe);
	return NULL;
}

void kmodtop_calls_close(struct kmodtop_calls *calls)
{
	struct kmodtop_probe *probe = calls->probe;

	kallmod_probe_table_destroy(calls->table);
	calls->table = NULL;
	calls->probe = NULL;
	if (!probe)
		return;
	if (probe->prober)
		kallmod_prober_switch(probe->prober, false);
	if (!probe->prober ||
	    kallmod_grow(&calls->closing, &calls->closing_capacity, calls->nclosing,
			 sizeof(*calls->closing)) ||
	    pthread_create(&calls->closing[calls->nclosing], NULL, close_aside, probe))
		probe_destroy(probe);
	else
		calls->nclosing++;
}

void kmodtop_calls_deinit(struct kmodtop_calls *calls)
{
	kmodtop_calls_close(calls);
	for (size_t i = 0; i < calls->nclosing; i++)
		pthread_join(calls->closing[i], NULL);
	free(calls->closing);
	*calls = (struct kmodtop_calls){};
}

/* ---- running ------------------------------------------------------------------------------- */

int kmodtop_calls_service(struct kmodtop_calls *calls)
{
	return calls->probe ? kallmod_prober_service(calls->probe->prober, NULL, NULL) : 0;
}

int kmodtop_calls_tick(struct kmodtop_calls *calls)
{
	return calls->probe ? kallmod_probe_table_read(calls->table, calls->probe->prober) : 0;
}

void kmodtop_calls_pause(struct kmodtop_calls *calls, bool paused)
{
	if (calls->probe)
		kallmod_prober_switch(calls->probe->prober, !paused);
}
