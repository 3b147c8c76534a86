// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The functions that are probed: rows for all, and groups of those that are attached together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "grow.h"
#include "prober_priv.h"

/* ---- rows ------------------------------------------------------------------------------- */

static bool same_row(const struct kallmod_prober_row *row, const char *module,
		     const struct kallmod_function *function)
{
	return !row->attached && row->kind == function->kind &&
	       (row->kind == KALLMOD_KIND_LOADABLE || row->addr == function->addr) &&
	       !strcmp(row->function, function->name) && !strcmp(row->module, module);
}

/* The prober's own copy, which outlives lists of functions and attachments; NULL: no memory. */
static const char *keep_string(struct kallmod_prober *prober, const char *text)
{
	uint32_t number;

	if (kallmod_strtab_add(&prober->strings, text, strlen(text), &number))
		return NULL;
	return prober->strings.strings[number];
}

static int new_row(struct kallmod_prober *prober, const char *module,
		   const struct kallmod_function *function)
{
	const char *name = keep_string(prober, function->name);
	const char *of = keep_string(prober, module);

	if (!name || !of ||
	    kallmod_grow(&prober->rows, &prober->row_capacity, prober->nrows, sizeof(*prober->rows)))
		return kallmod_fail(prober->ctx, -ENOMEM, "no memory");
	prober->rows[prober->nrows++] = (struct kallmod_prober_row){
		.function = name, .module = of, .kind = function->kind};
	return 0;
}

void kallmod_prober_skip(struct kallmod_prober *prober, uint32_t row, const char *why)
{
	const char *kept = why ? keep_string(prober, why) : NULL;

	prober->rows[row].skipped = why && !kept ? "no memory" : kept;
	prober->rows[row].attached = !why;
}

/* The row of a function: that of a module that was there before keeps its counters. */
static int take_row(struct kallmod_prober *prober, const struct kallmod_function *function,
		    size_t known, uint32_t *ret)
{
	const char *module = kallmod_map_set_name(prober->map, function->set);
	struct kallmod_prober_row *row;
	size_t at = 0;
	int err = 0;

	module = module ? module : "core";
	while (at < known && !same_row(&prober->rows[at], module, function))
		at++;
	if (at == known) {
		at = prober->nrows;
		err = new_row(prober, module, function);
	}
	if (err)
		return err;
	row = &prober->rows[at];
	row->addr = function->addr;
	row->set = function->set;
	row->confidence = function->confidence;
	row->trust = function->trust;
	row->mechanism = function->mechanism;
	kallmod_prober_skip(prober, at, function->reason ? function->reason : "it is not attached yet");
	*ret = at;
	return 0;
}

/* ---- groups ----------------------------------------------------------------------------- */

struct kallmod_attachment *kallmod_prober_remove_group(struct kallmod_prober *prober,
						       size_t index)
{
	struct kallmod_prober_group group = prober->groups[index];

	if (group.attachment)
		prober->missed += kallmod_prober_links_missed(group.attachment);
	for (size_t i = 0; i < group.n; i++)
		prober->rows[group.rows[i]].attached = false;
	free(group.functions);
	free(group.cookies);
	free(group.rows);
	prober->groups[index] = prober->groups[--prober->ngroups];
	return group.attachment;
}

uint64_t kallmod_prober_set_start(const struct kallmod_map *map, uint32_t set)
{
	for (size_t i = 0; i < kallmod_map_range_count(map); i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (range->set == set && range->section != KALLMOD_SECTION_DATA)
			return range->start;
	}
	return 0;
}

uint64_t kallmod_prober_load_id(const struct kallmod_prober *prober, uint32_t set)
{
	cleanup_free char *path = kallmod_path(prober->ctx, "/sys/module/%s",
					       kallmod_map_set_name(prober->map, set));
	struct stat st;

	return path && !stat(path, &st) ? st.st_ino : 0;
}

static struct kallmod_prober_group *find_group(struct kallmod_prober *prober,
					       const struct kallmod_function *function)
{
	bool loadable = function->kind == KALLMOD_KIND_LOADABLE;
	struct kallmod_prober_group *group;

	for (size_t i = prober->ngroups; i > 0; i--) {
		group = &prober->groups[i - 1];
		if (!group->attachment && group->loadable == loadable &&
		    (!loadable || group->set == function->set))
			return group;
	}
	if (kallmod_grow(&prober->groups, &prober->group_capacity, prober->ngroups,
			 sizeof(*prober->groups)))
		return NULL;
	group = &prober->groups[prober->ngroups++];
	*group = (struct kallmod_prober_group){
		.loadable = loadable,
		.set = function->set,
		.start = loadable ? kallmod_prober_set_start(prober->map, function->set) : 0,
		.id = loadable ? kallmod_prober_load_id(prober, function->set) : 0,
	};
	return group;
}

/* The three arrays grow together. */
static int group_grow(struct kallmod_prober_group *group)
{
	size_t functions = group->capacity, cookies = functions, rows = functions;
	size_t n = group->n;

	if (kallmod_grow(&group->functions, &functions, n, sizeof(*group->functions)) ||
	    kallmod_grow(&group->cookies, &cookies, n, sizeof(*group->cookies)) ||
	    kallmod_grow(&group->rows, &rows, n, sizeof(*group->rows)))
		return -ENOMEM;
	group->capacity = functions;
	return 0;
}

static uint64_t make_cookie(const struct kallmod_prober *prober, uint32_t row, uint64_t addr)
{
	return (addr - prober->base) << KALLMOD_PROBE_INDEX_BITS | row;
}

int kallmod_prober_add(struct kallmod_prober *prober, const struct kallmod_function *function,
		       size_t known)
{
	struct kallmod_prober_group *group;
	uint32_t row;
	int err = take_row(prober, function, known, &row);

	if (err || function->mechanism == KALLMOD_MECHANISM_NO ||
	    function->mechanism == KALLMOD_MECHANISM_UNKNOWN)
		return err;
	if (prober->room && row >= prober->room) {
		kallmod_prober_skip(prober, row, "it came too late: there is no room for more functions");
		return 0;
	}
	group = find_group(prober, function);
	if (!group || group_grow(group))
		return kallmod_fail(prober->ctx, -ENOMEM, "no memory");
	group->functions[group->n] = *function;
	group->functions[group->n].name = prober->rows[row].function;
	group->cookies[group->n] = make_cookie(prober, row, function->addr);
	group->rows[group->n++] = row;
	return 0;
}

/* ---- finding ---------------------------------------------------------------------------- */

int kallmod_prober_find(struct kallmod_prober *prober)
{
	struct kallmod_functions *functions;
	int err = kallmod_functions_find(prober->ctx, prober->map, &prober->query, &functions);
	const struct kallmod_function *array;
	size_t n;

	if (err)
		return err;
	array = kallmod_functions_array(functions);
	n = kallmod_functions_count(functions);
	prober->base = n ? array[0].addr : 0;
	for (size_t i = 0; !err && i < n; i++)
		err = kallmod_prober_add(prober, &array[i], 0);
	kallmod_functions_destroy(functions);
	return err;
}
