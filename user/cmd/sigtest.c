// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "comparison.h"
#include "ctx.h"
#include "map.h"
#include "sigset.h"
#include "sigtest.h"
#include "sigtest_padding.h"
#include "source.h"

/* Where confidence is divided for the reliability table. */
static const float bounds[] = {0, .9f, .97f, .99f};
enum { NBOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

struct trial {
	char excluded[128]; /* release family, "" for none */
	struct kallmod_tally tally;
	uint64_t padding; /* part of what is extra */
	/* By confidence: bytes said to be of a module, and of these right. */
	uint64_t said[NBOUNDS], right[NBOUNDS];
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

static int true_map(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	const char *wanted = kallmod_ctx_get(ctx, KALLMOD_OPT_SOURCE);

	if (wanted && strcmp(wanted, "signatures"))
		return kallmod_map_build(ctx, ret);
	for (const struct kallmod_source *const *source = kallmod_sources; *source; source++) {
		if ((*source)->merged || (*source)->trust == KALLMOD_TRUST_INFERRED ||
		    map_of(ctx, (*source)->name, ret))
			continue;
		/* A map that was installed from inference is no truth. */
		if (kallmod_map_trust(*ret) != KALLMOD_TRUST_INFERRED)
			return 0;
		kallmod_map_destroy(*ret);
		*ret = NULL;
	}
	return kallmod_fail(ctx, -ENODATA,
			    "nothing to compare with; give --kallsyms System.map and --ranges modules.builtin.ranges of one kernel, or --vmlinux with debug information");
}

/* Bytes of a range that the truth has of the same modules. */
static uint64_t right_bytes(const struct kallmod_map *truth, const struct kallmod_map *map,
			    const struct kallmod_range *range)
{
	const char *name = kallmod_map_set_name(map, range->set);
	uint64_t sum = 0;

	for (uint64_t at = range->start; at < range->end;) {
		const struct kallmod_range *in = kallmod_map_find(truth, at);
		uint64_t end = in && in->end < range->end ? in->end : range->end;

		if (!in)
			break;
		if (in->set != KALLMOD_SET_CORE &&
		    !strcmp(kallmod_map_set_name(truth, in->set), name))
			sum += end - at;
		at = end;
	}
	return sum;
}

static void measure_reliability(const struct kallmod_map *truth, const struct kallmod_map *map,
				struct trial *trial)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		size_t bound = NBOUNDS - 1;

		if (range->set == KALLMOD_SET_CORE || range->section == KALLMOD_SECTION_DATA)
			continue;
		while (bound && range->confidence < bounds[bound])
			bound--;
		trial->said[bound] += range->end - range->start;
		trial->right[bound] += right_bytes(truth, map, range);
	}
}

static int run_trial(struct kallmod_ctx *ctx, const struct kallmod_map *truth,
		     struct trial *trial, struct kallmod_map **ret)
{
	const char *excluded = trial->excluded[0] ? trial->excluded : NULL;
	const struct kallmod_symbols *symbols;
	double start = kallmod_now_ns() / 1e6;
	int err = kallmod_ctx_set(ctx, KALLMOD_OPT_EXCLUDE_RELEASE, excluded);

	if (!err)
		err = map_of(ctx, "signatures", ret);
	if (err)
		return err;
	trial->ms = kallmod_now_ns() / 1e6 - start;
	err = kallmod_ctx_symbols(ctx, &symbols);
	if (err)
		return err;
	kallmod_compare(truth, *ret, &trial->tally, NULL, NULL);
	trial->padding = kallmod_padding_bytes(truth, *ret, symbols);
	measure_reliability(truth, *ret, trial);
	return 0;
}

static double precision_without_padding(const struct trial *trial)
{
	struct kallmod_tally tally = trial->tally;

	tally.extra -= trial->padding;
	return kallmod_tally_precision(&tally);
}

static void print_trial(const struct trial *trial)
{
	printf("%-16s %9.3f%% %9.3f%% %12lu %10lu %10lu %10lu %10lu %8.0f\n",
	       trial->excluded[0] ? trial->excluded : "nothing",
	       100 * kallmod_tally_precision(&trial->tally),
	       100 * kallmod_tally_recall(&trial->tally), (unsigned long)trial->tally.agreed,
	       (unsigned long)trial->tally.wrong, (unsigned long)trial->tally.missed,
	       (unsigned long)trial->tally.extra, (unsigned long)trial->padding, trial->ms);
}

/* The reliability of all trials that left a family out; of the one with all, where it is alone. */
static void print_reliability(const struct trial *trials, size_t n)
{
	puts("\nconfidence           bytes        right");
	for (size_t k = 0; k < NBOUNDS; k++) {
		uint64_t said = 0, right = 0;

		for (size_t i = n > 1; i < n; i++) {
			said += trials[i].said[k];
			right += trials[i].right[k];
		}
		printf("%.2f to %.2f %14lu  %9.4f%%\n", (double)bounds[k],
		       k + 1 < NBOUNDS ? (double)bounds[k + 1] : 1., (unsigned long)said,
		       said ? 100. * right / said : 100.);
	}
}

static struct json_object *reliability_json(const struct trial *trial)
{
	struct json_object *list = json_object_new_array();

	for (size_t k = 0; k < NBOUNDS; k++) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "confidence",
				       json_object_new_double((double)bounds[k]));
		json_object_object_add(object, "bytes", json_object_new_uint64(trial->said[k]));
		json_object_object_add(object, "right_bytes",
				       json_object_new_uint64(trial->right[k]));
		json_object_array_add(list, object);
	}
	return list;
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
	json_object_object_add(object, "padding_bytes", json_object_new_uint64(trial->padding));
	json_object_object_add(object, "precision_without_padding",
		json_object_new_double(precision_without_padding(trial)));
	json_object_object_add(object, "ms", json_object_new_double(trial->ms));
	json_object_object_add(object, "reliability", reliability_json(trial));
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

static void print_head(void)
{
	printf("%-16s %10s %10s %12s %10s %10s %10s %10s %8s\n", "left out", "precision", "recall",
	       "agreed", "wrong", "missed", "extra", "padding", "ms");
}

/* Runs one trial and gives it out; *list takes JSON. */
static int do_trial(struct kallmod_ctx *ctx, const struct kallmod_map *truth, struct trial *trial,
		    enum kallmod_sigtest_format format, struct json_object *list)
{
	__attribute__((cleanup(destroy_map))) struct kallmod_map *map = NULL;
	struct kallmod_tally tally;
	int err = run_trial(ctx, truth, trial, &map);

	if (err)
		return err;
	if (format == KALLMOD_SIGTEST_JSON)
		return json_object_array_add(list, trial_json(trial)) ? -ENOMEM : 0;
	print_trial(trial);
	return format == KALLMOD_SIGTEST_MODULES ?
		       kallmod_comparison_print(ctx, &kallmod_out_verify_text, truth, map, &tally) :
		       0;
}

int kallmod_sigtest(struct kallmod_ctx *ctx, enum kallmod_sigtest_format format)
{
	__attribute__((cleanup(destroy_map))) struct kallmod_map *truth = NULL;
	struct json_object *list;
	struct trial trials[17] = {};
	size_t n = list_trials(ctx, trials, 17);
	int err = n ? true_map(ctx, &truth) : -ENOENT;

	if (err)
		return err;
	list = json_object_new_array();
	if (format != KALLMOD_SIGTEST_JSON)
		print_head();
	for (size_t i = 0; !err && i < n; i++) {
		err = do_trial(ctx, truth, &trials[i], format, list);
		/* With a single family known, leaving it out leaves nothing. */
		if (err == -ENOENT && i)
			err = 0;
	}
	if (!err && format == KALLMOD_SIGTEST_JSON)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	else if (!err)
		print_reliability(trials, n);
	json_object_put(list);
	return err;
}
