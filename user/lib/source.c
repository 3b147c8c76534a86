// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The table of sources, and the map that comes of it. */
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

/* The best source that has the built-in modules. */
static int load_best(struct kallmod_ctx *ctx, struct kallmod_map **ret)
{
	struct verdict verdict = { 0 };

	for (uint8_t id = 0; kallmod_sources[id]; id++) {
		cleanup_free char *why = NULL;
		int err;

		if (kallmod_sources[id]->merged)
			continue;
		err = load_source(ctx, id, ret, &why);
		if (err == -ENOMEM)
			return err;
		if (err) {
			note_failure(ctx, &verdict, err, id);
			continue;
		}
		if (verdict.err)
			kallmod_log(ctx, KALLMOD_LOG_WARN, "%s (source %s is used instead)",
				    verdict.line, kallmod_sources[id]->name);
		return 0;
	}
	return give_verdict(ctx, &verdict);
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
	*ret = cleanup_take(map);
	return 0;
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
			     enum kallmod_source_state state)
{
	switch (state) {
	case KALLMOD_SOURCE_ABSENT:
		return source->advice ? source->advice : "";
	case KALLMOD_SOURCE_DENIED:
		return "run as root";
	case KALLMOD_SOURCE_BROKEN:
		return "replace or remove what is broken";
	default:
		return "";
	}
}

int kallmod_sources_probe(struct kallmod_ctx *ctx,
			  void (*fn)(void *arg, const struct kallmod_source_report *report),
			  void *arg)
{
	const char *wanted = wanted_source(ctx);
	bool taken = false; /* by a source of the built-in modules */
	uint8_t id = 0;
	int err;

	if (wanted && (err = source_by_name(ctx, wanted, &id)))
		return err;
	for (id = 0; kallmod_sources[id]; id++) {
		const struct kallmod_source *source = kallmod_sources[id];
		struct kallmod_source_report report = { source->name, .trust = source->trust };
		cleanup_map struct kallmod_map *map = NULL;
		cleanup_free char *why = NULL;
		bool wins;

		err = load_source(ctx, id, &map, &why);
		if (err == -ENOMEM)
			return err;
		/* What is merged needs a map to be merged into. */
		wins = source->merged ? taken && kallmod_ctx_running(ctx) : !wanted && !taken;
		if (wanted && !strcmp(wanted, source->name))
			wins = true;
		report.state = state_of(err, wins);
		report.ranges = map ? count_module_ranges(map) : 0;
		report.why = err ? kallmod_ctx_error(ctx) : why ? why : "";
		report.advice = advice_of(source, report.state);
		if (!err && !source->merged && wins)
			taken = true;
		fn(arg, &report);
	}
	return 0;
}
