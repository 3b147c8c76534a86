// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The table of sources, and the map that comes of it. */
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "cleanup.h"
#include "map_priv.h"
#include "modules.h"
#include "source.h"

const struct kallmod_source *const kallmod_sources[] = {
	&kallmod_source_kallmodsyms,
	&kallmod_source_ranges,
	&kallmod_source_tables,
	&kallmod_source_objtree,
	&kallmod_source_dwarf,
	&kallmod_source_signatures,
	&kallmod_source_modules,
	NULL,
};

static void destroy_pointer(struct kallmod_map **map)
{
	kallmod_map_destroy(*map);
}

#define cleanup_map __attribute__((cleanup(destroy_pointer)))

const char *kallmod_source_name(uint8_t source)
{
	size_t count = sizeof(kallmod_sources) / sizeof(*kallmod_sources) - 1;

	return source < count ? kallmod_sources[source]->name : "unknown";
}

const char *kallmod_trust_name(enum kallmod_trust trust)
{
	static const char *const names[] = { "exact", "derived", "inferred" };

	return (unsigned int)trust <= KALLMOD_TRUST_INFERRED ? names[trust] : "unknown";
}

const char *kallmod_kind_name(enum kallmod_kind kind)
{
	static const char *const names[] = { "core", "builtin", "loadable", "pseudo" };

	return (unsigned int)kind <= KALLMOD_KIND_PSEUDO ? names[kind] : "unknown";
}

static bool is_absent(int err)
{
	return err == -ENOENT || err == -ENODATA;
}

/* One source's map, frozen. */
static int load_source(struct kallmod_ctx *ctx, uint8_t id, struct kallmod_map **ret,
		       char **why_ret)
{
	const struct kallmod_source *source = kallmod_sources[id];
	cleanup_free char *why = NULL;
	cleanup_map struct kallmod_map *map = NULL;
	int err = kallmod_map_create(&map);

	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	kallmod_map_set_source(map, id, source->trust);
	kallmod_fail(ctx, 0, "%s: failed", source->name);
	err = source->load(ctx, map, id, &why);
	if (err)
		return err;
	err = kallmod_map_freeze(map);
	if (err)
		return kallmod_fail(ctx, err, "out of memory");
	*ret = cleanup_take(map);
	*why_ret = cleanup_take(why);
	return 0;
}

/* The first error that says more than "not here". */
struct verdict {
	int err;
	char line[512];
};

static void note_failure(struct kallmod_ctx *ctx, struct verdict *verdict, int err, uint8_t id)
{
	if (is_absent(err)) {
		kallmod_log(ctx, KALLMOD_LOG_DEBUG, "source %s: %s", kallmod_source_name(id),
			    kallmod_ctx_error(ctx));
		return;
	}
	if (!verdict->err) {
		verdict->err = err;
		snprintf(verdict->line, sizeof(verdict->line), "%s", kallmod_ctx_error(ctx));
	}
}

static int give_verdict(struct kallmod_ctx *ctx, const struct verdict *verdict)
{
	if (verdict->err)
		return kallmod_fail(ctx, verdict->err, "%s", verdict->line);
	return kallmod_fail(ctx, -ENODATA,
			    "no source knows the modules of kernel %s; see 'kallmod sources' for what each one needs",
			    kallmod_ctx_release(ctx));
}

/*
 * May this source know better than the best map so far? A map has its source's trust but where
 * it was written down before: then it has that of what it was made from.
 */
static bool may_better(const struct kallmod_source *source, const struct kallmod_map *best)
{
	if (source->merged)
		return false;
	return !best || source->trust < best->trust ||
	       (source->trust == best->trust && best->outdated);
}

static void take_better(struct kallmod_map **best, struct kallmod_map **map)
{
	kallmod_map_destroy(*best);
	*best = cleanup_take(*map);
}

/* The best source that has the built-in modules. */
static int load_best(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	cleanup_map struct kallmod_map *best = NULL;
	struct verdict verdict = { 0 };

	for (uint8_t id = 0; kallmod_sources[id]; id++) {
		cleanup_map struct kallmod_map *map = NULL;
		cleanup_free char *why = NULL;
		int err;

		if (!may_better(kallmod_sources[id], best))
			continue;
		err = load_source(ctx, id, &map, &why);
		if (err == -ENOMEM)
			return err;
		if (err)
			note_failure(ctx, &verdict, err, id);
		else
			take_better(&best, &map);
	}
	if (!best)
		return give_verdict(ctx, &verdict);
	if (verdict.err)
		kallmod_log(ctx, KALLMOD_LOG_WARN, "%s (source %s is used instead)", verdict.line,
			    kallmod_map_source(best));
	*ret = cleanup_take(best);
	return 0;
}

static int source_by_name(struct kallmod_ctx *ctx, const char *name, uint8_t *ret)
{
	for (uint8_t id = 0; kallmod_sources[id]; id++) {
		if (strcmp(kallmod_sources[id]->name, name))
			continue;
		*ret = id;
		return 0;
	}
	return kallmod_fail(ctx, -EINVAL,
			    "source %s: unknown; 'kallmod sources' lists them", name);
}

/* The one source that is to be used, or NULL: naming a file names its source. */
static const char *wanted_source(struct kallmod_ctx *ctx)
{
	const char *name = kallmod_ctx_get(ctx, KALLMOD_OPT_SOURCE);

	if (!name && kallmod_ctx_get(ctx, KALLMOD_OPT_RANGES))
		return kallmod_source_ranges.name;
	if (!name && kallmod_ctx_get(ctx, KALLMOD_OPT_OBJTREE))
		return kallmod_source_objtree.name;
	return name;
}

/* The map of the built-in modules (or of the one source that was asked for). */
static int load_builtin(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	const char *name = wanted_source(ctx);
	cleanup_free char *why = NULL, *key = NULL;
	uint8_t id = 0;
	int err;

	if (name && (err = source_by_name(ctx, name, &id)))
		return err;
	key = kallmod_cache_key(ctx);
	if (!kallmod_cache_load(ctx, key, ret))
		return 0;
	err = name ? load_source(ctx, id, ret, &why) : load_best(ctx, ret);
	if (!err && !kallmod_sources[(*ret)->source]->merged)
		kallmod_cache_store(ctx, key, *ret);
	return err;
}

/* Adds what comes and goes to the frozen map at hand; without modules it stays as it is. */
static int merge(struct kallmod_ctx *ctx, struct kallmod_map **map)
{
	unsigned int kinds = 1u << KALLMOD_KIND_CORE | 1u << KALLMOD_KIND_BUILTIN |
			     1u << KALLMOD_KIND_PSEUDO;
	cleanup_map struct kallmod_map *merged = NULL;
	const struct kallmod_symbols *symbols;
	uint8_t id = 0;
	int err = source_by_name(ctx, "modules", &id);

	if (!err)
		err = kallmod_map_derive(*map, kinds, &merged);
	if (err)
		return err;
	/* The same with and without the cache: but for samplers, trampolines are always shown. */
	if (!kallmod_ctx_text_only(ctx))
		kallmod_ctx_symbols(ctx, &symbols);
	err = kallmod_modules_merge(ctx, merged, id);
	if (err && err != -ENOMEM) {
		kallmod_log(ctx, is_absent(err) ? KALLMOD_LOG_DEBUG : KALLMOD_LOG_WARN,
			    "%s (loadable modules are left out)", kallmod_ctx_error(ctx));
		return 0;
	}
	if (!err)
		err = kallmod_map_freeze(merged);
	if (err)
		return err;
	kallmod_map_destroy(*map);
	*map = cleanup_take(merged);
	return 0;
}

/*
 * Takes the weak ranges out of a frozen map. What is left there is nothing, not the core kernel:
 * that would be another claim.
 */
static int drop_weak(struct kallmod_ctx *ctx, struct kallmod_map *map)
{
	const char *text = kallmod_ctx_get(ctx, KALLMOD_OPT_MIN_CONFIDENCE);
	size_t kept = 0;
	float least;
	char *end;

	if (!text)
		return 0;
	least = strtof(text, &end);
	if (end == text || *end || !(least >= 0 && least <= 1))
		return kallmod_fail(ctx, -EINVAL, "confidence %s: is not a number from 0 to 1", text);
	for (size_t i = 0; i < map->range_count; i++) {
		const struct kallmod_range *range = &map->ranges[i];

		if (range->set == KALLMOD_SET_CORE || range->trust != KALLMOD_TRUST_INFERRED ||
		    range->confidence >= least)
			map->ranges[kept++] = *range;
	}
	map->range_count = kept;
	return 0;
}

int kallmod_map_build(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	cleanup_map struct kallmod_map *map = NULL;
	int err = load_builtin(ctx, &map);

	if (err)
		return err;
	if (kallmod_ctx_running(ctx) && !kallmod_sources[map->source]->merged) {
		err = merge(ctx, &map);
		if (err)
			return kallmod_fail(ctx, err, "out of memory");
	}
	err = drop_weak(ctx, map);
	if (!err)
		*ret = cleanup_take(map);
	return err;
}

static size_t count_module_ranges(const struct kallmod_map *map)
{
	size_t count = 0;

	for (size_t i = 0; i < map->range_count; i++)
		count += map->ranges[i].set != KALLMOD_SET_CORE;
	return count;
}

static enum kallmod_source_state state_of(int err, bool used)
{
	if (!err)
		return used ? KALLMOD_SOURCE_USED : KALLMOD_SOURCE_USABLE;
	if (is_absent(err))
		return KALLMOD_SOURCE_ABSENT;
	if (err == -EPERM || err == -EACCES)
		return KALLMOD_SOURCE_DENIED;
	return KALLMOD_SOURCE_BROKEN;
}

static const char *advice_of(const struct kallmod_source *source,
			     enum kallmod_source_state state, const struct kallmod_map *map)
{
	switch (state) {
	case KALLMOD_SOURCE_ABSENT:
		return source->advice ? source->advice : "";
	case KALLMOD_SOURCE_DENIED:
		return "run as root";
	case KALLMOD_SOURCE_BROKEN:
		return "replace or remove what is broken";
	default:
		return map->advice ? map->advice : "";
	}
}

/* What a source came to when it was tried by itself. */
struct trial {
	struct kallmod_map *map; /* NULL: none */
	char *why;		 /* also when it failed */
	int err;
};

static void trials_deinit(struct trial **trials)
{
	for (size_t i = 0; *trials && kallmod_sources[i]; i++) {
		kallmod_map_destroy((*trials)[i].map);
		free((*trials)[i].why);
	}
	free(*trials);
}

static int try_all(struct kallmod_ctx *ctx, struct trial *trials)
{
	for (uint8_t id = 0; kallmod_sources[id]; id++) {
		struct trial *trial = &trials[id];

		trial->err = load_source(ctx, id, &trial->map, &trial->why);
		if (trial->err == -ENOMEM)
			return trial->err;
		if (trial->err || !trial->why)
			trial->why = strdup(trial->err ? kallmod_ctx_error(ctx) : "");
		if (!trial->why)
			return kallmod_fail(ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

/* The source that load_best() would take, and all that are merged into its map. */
static void mark_used(struct kallmod_ctx *ctx, const struct trial *trials, bool *used)
{
	const struct kallmod_map *best = NULL;
	size_t winner = 0;

	for (size_t i = 0; kallmod_sources[i]; i++) {
		if (!trials[i].map || !may_better(kallmod_sources[i], best))
			continue;
		best = trials[i].map;
		winner = i;
	}
	if (!best)
		return;
	used[winner] = true;
	/* What is merged needs a map to be merged into. */
	for (size_t i = 0; kallmod_sources[i]; i++)
		used[i] |= kallmod_sources[i]->merged && kallmod_ctx_running(ctx);
}

/* The one source that was asked for, and what is merged into its map. */
static void mark_wanted(struct kallmod_ctx *ctx, const struct trial *trials, size_t wanted,
			bool *used)
{
	used[wanted] = true;
	for (size_t i = 0; trials[wanted].map && kallmod_sources[i]; i++)
		used[i] |= kallmod_sources[i]->merged && !kallmod_sources[wanted]->merged &&
			   kallmod_ctx_running(ctx);
}

static struct kallmod_source_report report_of(const struct kallmod_source *source,
					      const struct trial *trial, bool used)
{
	enum kallmod_source_state state = state_of(trial->err, used);

	return (struct kallmod_source_report){
		.name = source->name,
		.state = state,
		.trust = trial->map ? trial->map->trust : source->trust,
		.ranges = trial->map ? count_module_ranges(trial->map) : 0,
		.why = trial->why,
		.advice = advice_of(source, state, trial->map),
	};
}

int kallmod_sources_probe(struct kallmod_ctx *ctx,
			  void (*fn)(void *arg, const struct kallmod_source_report *report),
			  void *arg)
{
	enum { COUNT = sizeof(kallmod_sources) / sizeof(*kallmod_sources) };
	__attribute__((cleanup(trials_deinit))) struct trial *trials =
		calloc(COUNT, sizeof(*trials));
	const char *wanted = wanted_source(ctx);
	bool used[COUNT] = { false };
	uint8_t id = 0;
	int err = trials ? 0 : kallmod_fail(ctx, -ENOMEM, "out of memory");

	if (!err && wanted)
		err = source_by_name(ctx, wanted, &id);
	if (!err)
		err = try_all(ctx, trials);
	if (err)
		return err;
	if (wanted)
		mark_wanted(ctx, trials, id, used);
	else
		mark_used(ctx, trials, used);
	for (size_t i = 0; kallmod_sources[i]; i++) {
		struct kallmod_source_report report =
			report_of(kallmod_sources[i], &trials[i], used[i]);

		fn(arg, &report);
	}
	return 0;
}
