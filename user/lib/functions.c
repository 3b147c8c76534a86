// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The functions that specs name. */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "functions_priv.h"
#include "grow.h"
#include "probeable.h"
#include "symbols.h"

/* Each spec is tried on each function. */
#define SPECS_MAX 1000
#define LIMIT_DEFAULT 20000

struct kallmod_functions {
	struct kallmod_function *array;
	size_t count, capacity;
};

struct search {
	struct kallmod_ctx *ctx;
	const struct kallmod_map *map;
	const struct kallmod_symbols *symbols;
	struct kallmod_chooser *specs, *excludes;
	size_t nspecs, nexcludes;
	size_t limit, over; /* over: functions that did not fit */
	struct kallmod_functions *found;
};

void kallmod_functions_destroy(struct kallmod_functions *functions)
{
	if (!functions)
		return;
	free(functions->array);
	free(functions);
}

const struct kallmod_function *
kallmod_functions_array(const struct kallmod_functions *functions)
{
	return functions->array;
}

size_t kallmod_functions_count(const struct kallmod_functions *functions)
{
	return functions->count;
}

const char *kallmod_mechanism_name(enum kallmod_mechanism mechanism)
{
	static const char *const names[] = {
		[KALLMOD_MECHANISM_BEST] = "best",	 [KALLMOD_MECHANISM_MULTI] = "multi",
		[KALLMOD_MECHANISM_KPROBE] = "kprobe",	 [KALLMOD_MECHANISM_FENTRY] = "fentry",
		[KALLMOD_MECHANISM_UNKNOWN] = "unknown", [KALLMOD_MECHANISM_NO] = "no",
	};

	return (size_t)mechanism < sizeof(names) / sizeof(*names) ? names[mechanism] : "?";
}

static void free_choosers(struct kallmod_chooser *choosers, size_t n)
{
	for (size_t i = 0; choosers && i < n; i++) {
		kallmod_spec_deinit(&choosers[i].spec);
		free(choosers[i].sets);
	}
	free(choosers);
}

static void deinit_search(struct search *search)
{
	free_choosers(search->specs, search->nspecs);
	free_choosers(search->excludes, search->nexcludes);
	kallmod_functions_destroy(search->found);
}

static int choose_sets(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		       struct kallmod_chooser *chooser)
{
	size_t n = kallmod_map_set_count(map);

	chooser->sets = calloc(n, sizeof(*chooser->sets));
	if (!chooser->sets)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	for (uint32_t set = 0; set < n; set++) {
		chooser->sets[set] = kallmod_spec_has_set(&chooser->spec, map, set);
		chooser->any_set |= chooser->sets[set];
	}
	return 0;
}

static int make_choosers(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			 const char *const *specs, size_t n, struct kallmod_chooser **ret)
{
	int err = 0;

	if (n > SPECS_MAX)
		return kallmod_fail(ctx, -EINVAL, "%zu specs: more than 1,000; use patterns",
				    n);
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < n; i++) {
		err = kallmod_spec_parse(ctx, specs[i], &(*ret)[i].spec);
		if (!err)
			err = choose_sets(ctx, map, &(*ret)[i]);
	}
	return err;
}

/* The function's name that the spec means: the best that it matches. */
static const char *match(struct kallmod_chooser *chooser,
			 const struct kallmod_alias_list *list)
{
	for (size_t i = 0; chooser->sets[list->range->set] && i < list->n; i++)
		if (kallmod_spec_has_function(&chooser->spec, list->names[i]))
			return list->names[i];
	return NULL;
}

static bool is_excluded(struct search *search, const struct kallmod_alias_list *list)
{
	for (size_t i = 0; i < search->nexcludes; i++)
		if (match(&search->excludes[i], list))
			return true;
	return false;
}

static int add(struct search *search, const struct kallmod_alias_list *list, const char *name)
{
	const struct kallmod_range *range = list->range;
	struct kallmod_functions *found = search->found;

	if (found->count == search->limit) {
		search->over++;
		return 0;
	}
	if (kallmod_grow(&found->array, &found->capacity, found->count, sizeof(*found->array)))
		return -ENOMEM;
	found->array[found->count++] = (struct kallmod_function){
		.addr = list->addr,
		.size = list->size,
		.name = name,
		.set = range->set,
		.confidence = range->confidence,
		.trust = range->trust,
		.kind = kallmod_map_set_kind(search->map, range->set)};
	return 0;
}

/* All specs are tried until each has matched something. */
static int consider(void *arg, const struct kallmod_alias_list *list)
{
	struct search *search = arg;
	const char *name = NULL;

	for (size_t i = 0; i < search->nspecs; i++) {
		struct kallmod_chooser *chooser = &search->specs[i];
		const char *as = name && chooser->matched ? NULL : match(chooser, list);

		chooser->matched |= as != NULL;
		/* The best name of those that several specs ask for is that of the first. */
		name = name ? name : as;
	}
	return name && !is_excluded(search, list) ? add(search, list, name) : 0;
}

static int check_choosers(struct search *search)
{
	int err = 0;

	for (size_t i = 0; !err && i < search->nspecs; i++)
		err = kallmod_spec_check(search->ctx, &search->specs[i].spec);
	for (size_t i = 0; !err && i < search->nexcludes; i++)
		err = kallmod_spec_check(search->ctx, &search->excludes[i].spec);
	for (size_t i = 0; !err && i < search->nspecs; i++)
		if (!search->specs[i].matched)
			err = kallmod_functions_none(search->ctx, search->map, search->symbols,
						     &search->specs[i]);
	return err;
}

static int check_found(const struct search *search)
{
	if (search->over)
		return kallmod_fail(
			search->ctx, -E2BIG,
			"%zu functions: more than the limit of %zu; name fewer, or raise the limit (--limit)",
			search->found->count + search->over, search->limit);
	if (!search->found->count)
		return kallmod_fail(
			search->ctx, -ENOENT,
			"of all functions that are named none is left; exclude less (-x)");
	return 0;
}

static int judge(struct search *search, enum kallmod_mechanism mechanism)
{
	struct kallmod_probeable *probeable;
	int err =
		kallmod_probeable_create(search->ctx, search->symbols, mechanism, &probeable);

	if (err)
		return err;
	for (size_t i = 0; i < search->found->count; i++)
		kallmod_probeable_judge(probeable, &search->found->array[i]);
	kallmod_probeable_destroy(probeable);
	return 0;
}

static int find(struct search *search, const struct kallmod_function_query *query)
{
	int err = make_choosers(search->ctx, search->map, query->specs, query->nspecs,
				&search->specs);

	if (!err)
		err = make_choosers(search->ctx, search->map, query->excludes,
				    query->nexcludes, &search->excludes);
	if (!err)
		err = kallmod_ctx_symbols(search->ctx, &search->symbols);
	if (!err)
		err = kallmod_functions_walk(search->map, search->symbols, consider, search);
	if (err == -ENOMEM)
		return kallmod_fail(search->ctx, err, "out of memory");
	if (!err)
		err = check_choosers(search);
	if (!err)
		err = check_found(search);
	return err ? err : judge(search, query->mechanism);
}

int kallmod_functions_find(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			   const struct kallmod_function_query *query,
			   struct kallmod_functions **ret)
{
	__attribute__((cleanup(deinit_search))) struct search search = {
		.ctx = ctx,
		.map = map,
		.nspecs = query->nspecs,
		.nexcludes = query->nexcludes,
		.limit = query->limit ? query->limit : LIMIT_DEFAULT,
		.found = calloc(1, sizeof(*search.found))};
	int err;

	if (!search.found)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	if (!query->nspecs)
		return kallmod_fail(ctx, -EINVAL, "no spec; MODULE:FUNCTION is wanted");
	err = find(&search, query);
	if (!err)
		*ret = cleanup_take(search.found);
	return err;
}
