// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "compare.h"
#include "ctx.h"
#include "sigset.h"
#include "sigtest.h"

struct trial {
	char excluded[128]; /* release family, "" for none */
	struct kallmod_tally tally;
	double ms;
};

static void destroy_map(struct kallmod_map **map)
{
	kallmod_map_destroy(*map);
}

/* The map of one source alone. */
static int map_of(struct kallmod_ctx *ctx, const char *source, struct kallmod_map **ret)
{
	int err = kallmod_ctx_set(ctx, KALLMOD_OPT_SOURCE, source);

	return err ? err : kallmod_map_build(ctx, ret);
}

static int exact_map(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	static const char *const sources[] = {"kallmodsyms", "ranges"};
	const char *wanted = kallmod_ctx_get(ctx, KALLMOD_OPT_SOURCE);

	if (wanted && strcmp(wanted, "signatures"))
		return kallmod_map_build(ctx, ret);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (!map_of(ctx, sources[i], ret))
			return 0;
	return kallmod_fail(ctx, -ENODATA,
			    "no exact ranges to compare with; give --kallsyms System.map and --ranges modules.builtin.ranges of one kernel");
}

static int run_trial(struct kallmod_ctx *ctx, const struct kallmod_map *truth,
		     struct trial *trial)
{
	__attribute__((cleanup(destroy_map))) struct kallmod_map *map = NULL;
	const char *excluded = trial->excluded[0] ? trial->excluded : NULL;
	double start = kallmod_now_ns() / 1e6;
	int err = kallmod_ctx_set(ctx, KALLMOD_OPT_EXCLUDE_RELEASE, excluded);

	if (!err)
		err = map_of(ctx, "signatures", &map);
	if (err)
		return err;
	trial->ms = kallmod_now_ns() / 1e6 - start;
	kallmod_compare(truth, map, &trial->tally, NULL, NULL);
	return 0;
}

static void print_trial(const struct trial *trial)
{
	printf("%-16s %9.3f%% %9.3f%% %12lu %10lu %10lu %10lu %8.0f\n",
	       trial->excluded[0] ? trial->excluded : "nothing",
	       100 * kallmod_tally_precision(&trial->tally),
	       100 * kallmod_tally_recall(&trial->tally), (unsigned long)trial->tally.agreed,
	       (unsigned long)trial->tally.wrong, (unsigned long)trial->tally.missed,
	       (unsigned long)trial->tally.extra, trial->ms);
}

static struct json_object *trial_json(const struct trial *trial)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "excluded", json_object_new_string(trial->excluded));
	json_object_object_add(object, "precision",
		json_object_new_double(kallmod_tally_precision(&trial->tally)));
	json_object_object_add(object, "recall",
		json_object_new_double(kallmod_tally_recall(&trial->tally)));
	json_object_object_add(object, "agreed_bytes", json_object_new_uint64(trial->tally.agreed));
	json_object_object_add(object, "wrong_bytes", json_object_new_uint64(trial->tally.wrong));
	json_object_object_add(object, "missed_bytes", json_object_new_uint64(trial->tally.missed));
	json_object_object_add(object, "extra_bytes", json_object_new_uint64(trial->tally.extra));
	json_object_object_add(object, "ms", json_object_new_double(trial->ms));
	return object;
}

/* "6.12." of "6.12.95+deb12-amd64": the family; the dot keeps 6.1 apart from 6.12. */
static void family_of(const char *release, char *family, size_t size)
{
	int major = 0, minor = 0;

	if (sscanf(release, "%d.%d", &major, &minor) == 2)
		snprintf(family, size, "%d.%d.", major, minor);
	else
		snprintf(family, size, "%s", release);
}

/* One trial with everything, and one per family, or the one that was asked for; how many. */
static size_t list_trials(struct kallmod_ctx *ctx, struct trial *trials, size_t max)
{
	const char *wanted = kallmod_ctx_get(ctx, KALLMOD_OPT_EXCLUDE_RELEASE);
	struct kallmod_sigset *set;
	cleanup_free char *releases = NULL;
	char *save = NULL;
	size_t n = 1;

	if (wanted) {
		snprintf(trials[0].excluded, sizeof(trials[0].excluded), "%s", wanted);
		return 1;
	}
	if (kallmod_sigset_open(ctx, &set))
		return 0;
	releases = strdup(kallmod_sigset_releases(set));
	kallmod_sigset_close(set);
	for (char *at = releases ? strtok_r(releases, ", ", &save) : NULL; at && n < max;
	     at = strtok_r(NULL, ", ", &save)) {
		bool known = false;

		family_of(at, trials[n].excluded, sizeof(trials[n].excluded));
		for (size_t i = 1; i < n; i++)
			known |= !strcmp(trials[i].excluded, trials[n].excluded);
		n += !known;
	}
	return n;
}

int kallmod_sigtest(struct kallmod_ctx *ctx, bool json)
{
	__attribute__((cleanup(destroy_map))) struct kallmod_map *truth = NULL;
	struct json_object *list;
	struct trial trials[17] = {};
	size_t n = list_trials(ctx, trials, 17);
	int err = n ? exact_map(ctx, &truth) : -ENOENT;

	if (err)
		return err;
	list = json_object_new_array();
	if (!json)
		printf("%-16s %10s %10s %12s %10s %10s %10s %8s\n", "left out", "precision",
		       "recall", "agreed", "wrong", "missed", "extra", "ms");
	for (size_t i = 0; !err && i < n; i++) {
		err = run_trial(ctx, truth, &trials[i]);
		/* With a single family known, leaving it out leaves nothing. */
		if (err == -ENOENT && i) {
			err = 0;
			continue;
		}
		if (!err && json)
			json_object_array_add(list, trial_json(&trials[i]));
		else if (!err)
			print_trial(&trials[i]);
	}
	if (!err && json)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
	return err;
}
