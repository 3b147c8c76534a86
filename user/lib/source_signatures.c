// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The source of last resort: infers the built-in modules from the names of functions. */
#include <errno.h>
#include <stdio.h>

#include "infer.h"
#include "source.h"
#include "symbols.h"

struct target {
	struct kallmod_map *map;
	const struct kallmod_sigset *set;
	uint8_t id;
	enum kallmod_section section;
	size_t runs;
};

static int add_run(void *arg, const struct kallmod_infer_run *run)
{
	struct target *target = arg;
	const char *names[KALLMOD_INFER_SET];
	struct kallmod_range range = {
		.start = run->start,
		.end = run->end,
		.confidence = run->confidence,
		.trust = KALLMOD_TRUST_INFERRED,
		.section = target->section,
		.source = target->id,
	};
	int err;

	for (size_t i = 0; i < run->nmodules; i++)
		names[i] = kallmod_sigset_module(target->set, run->modules[i]);
	err = kallmod_map_set(target->map, KALLMOD_KIND_BUILTIN, names, run->nmodules, &range.set);
	if (!err && range.start < range.end)
		err = kallmod_map_add(target->map, &range);
	target->runs++;
	return err;
}

/* Infers every extent of text that the landmarks brought into the map. */
static int infer_extents(struct kallmod_ctx *ctx, struct target *target,
			 const struct kallmod_symbols *symbols)
{
	struct kallmod_infer *infer;
	int err = kallmod_infer_create(ctx, target->set, &infer);

	if (err)
		return err;
	for (size_t i = 0; !err && i < kallmod_map_extent_count(target->map); i++) {
		uint64_t start, end;

		kallmod_map_extent(target->map, i, &start, &end, &target->section);
		if (target->section != KALLMOD_SECTION_DATA)
			err = kallmod_infer_text(infer, symbols, start, end, add_run, target);
	}
	kallmod_infer_destroy(infer);
	return err;
}

static int load_set(struct kallmod_ctx *ctx, struct target *target, char **why_ret)
{
	const struct kallmod_symbols *symbols;
	int err = kallmod_ctx_text_symbols(ctx, &symbols);

	if (!err)
		err = kallmod_source_add_landmarks(ctx, target->map, symbols);
	if (!err && !kallmod_map_extent_count(target->map))
		return kallmod_fail(ctx, -ENODATA,
				    "the symbols have no kernel text (_stext, _etext); give --kallsyms with a whole table");
	if (!err)
		err = infer_extents(ctx, target, symbols);
	if (!err && !target->runs)
		return kallmod_fail(ctx, -ENODATA,
				    "no function name of this kernel is in the signatures (%s)",
				    kallmod_sigset_summary(target->set));
	if (!err && asprintf(why_ret, "%zu modules in %zu ranges, inferred with %s",
			     kallmod_map_set_count(target->map) - 1, target->runs,
			     kallmod_sigset_summary(target->set)) < 0)
		err = -ENOMEM;
	return err;
}

static int load(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id, char **why_ret)
{
	struct target target = {.map = map, .id = id};
	struct kallmod_sigset *set;
	int err = kallmod_sigset_open(ctx, &set);

	if (err)
		return err;
	target.set = set;
	err = load_set(ctx, &target, why_ret);
	kallmod_sigset_close(set);
	return err;
}

const struct kallmod_source kallmod_source_signatures = {
	.name = "signatures",
	.trust = KALLMOD_TRUST_INFERRED,
	.advice = "install kallmod's signature files, or give --signatures DIR",
	.load = load,
};
