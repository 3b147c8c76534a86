// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctx.h"
#include "explain.h"
#include "map.h"
#include "sigset.h"
#include "symbols.h"

enum {
	SET_MAX = 64,
	OTHER_MAX = 256, /* bytes of one that has a name too */
};

struct explanation {
	const struct kallmod_map *map;
	const struct kallmod_symbols *symbols;
	const struct kallmod_sigset *sigset; /* NULL where nothing was inferred */
};

static int explanation_init(struct explanation *explanation, struct kallmod_ctx *ctx,
			    const struct kallmod_map *map, struct kallmod_sigset **sigset_ret)
{
	int err = kallmod_ctx_symbols(ctx, &explanation->symbols);

	explanation->map = map;
	if (!err && kallmod_map_trust(map) == KALLMOD_TRUST_INFERRED)
		err = kallmod_sigset_open(ctx, sigset_ret);
	explanation->sigset = *sigset_ret;
	return err;
}

/* ---- a function -------------------------------------------------------------------------- */

/* Who has a name: of the range's modules, of others, of the core. */
struct verdict {
	const char *names[SET_MAX]; /* modules of the range; none: it is the core's */
	size_t n;
	size_t own, other, core;
	char others[1024]; /* "core fs (6.1…7.3), ext2 (5.10…6.12)" */
};

static bool is_own(const struct verdict *verdict, const char *module)
{
	for (size_t i = 0; i < verdict->n; i++)
		if (!strcmp(verdict->names[i], module))
			return true;
	return false;
}

static void add_fact(void *arg, const struct kallmod_sigset_fact *fact)
{
	struct verdict *verdict = arg;
	size_t used = strlen(verdict->others);
	int newest = strcspn(fact->newest, "-+"), oldest = strcspn(fact->oldest, "-+");
	const char *name = fact->object ? fact->object : fact->module;
	bool own = fact->module ? is_own(verdict, fact->module) : !verdict->n;

	verdict->own += own;
	verdict->core += !fact->module && !own;
	verdict->other += fact->module && !own && fact->allowed;
	if (used >= sizeof(verdict->others) - OTHER_MAX) {
		if (verdict->others[used - 1] != '.')
			strcpy(verdict->others + used, ", ...");
		return;
	}
	snprintf(verdict->others + used, OTHER_MAX - sizeof(", ..."), "%s%s%.*s (%.*s%s%.*s)%s",
		 used ? ", " : "", fact->object ? "core " : "",
		 (int)strcspn(name, ":"), name, oldest, fact->oldest,
		 fact->releases > 1 ? "…" : "", fact->releases > 1 ? newest : 0, fact->newest,
		 fact->allowed ? "" : " not in this kernel");
}

/* For, against, or nothing known. */
static char mark_of(const struct verdict *verdict)
{
	if (verdict->own)
		return verdict->other || verdict->core ? '+' : '*';
	return verdict->other || verdict->core ? '-' : '?';
}

struct tally {
	size_t functions, unique, matched, unknown, against;
};

static void explain_function(const struct explanation *explanation, struct verdict *verdict,
			     const struct kallmod_symbol *symbol, struct tally *tally, bool print)
{
	const char *told = kallmod_sigset_told_name(explanation->sigset, symbol->name);
	char mark;

	verdict->own = verdict->other = verdict->core = 0;
	verdict->others[0] = '\0';
	kallmod_sigset_each(explanation->sigset, symbol->name, add_fact, verdict);
	mark = mark_of(verdict);
	tally->functions++;
	tally->unique += mark == '*';
	tally->matched += verdict->own > 0;
	tally->unknown += mark == '?';
	tally->against += mark == '-';
	if (print)
		printf("  %c %016" PRIx64 " %s\t%s%s%s\n", mark, symbol->addr, symbol->name,
		       *verdict->others ? verdict->others : "not in any signature",
		       told ? "; the kernel says " : "", told ? told : "");
}

/* ---- a range --------------------------------------------------------------------------- */

static void each_function(const struct explanation *explanation, const struct kallmod_range *range,
			  struct verdict *verdict, struct tally *tally, bool print)
{
	size_t count = kallmod_symbols_count(explanation->symbols);
	ptrdiff_t first = kallmod_symbols_find(explanation->symbols, range->start);

	while (first > 0 &&
	       kallmod_symbols_at(explanation->symbols, first - 1)->addr >= range->start)
		first--;
	for (size_t i = first < 0 ? 0 : first; i < count; i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(explanation->symbols, i);

		if (symbol->addr >= range->end)
			break;
		if (symbol->addr >= range->start && kallmod_symbol_is_text(symbol) &&
		    strncmp(symbol->name, "__pfx_", 6) && strncmp(symbol->name, "__cfi_", 6))
			explain_function(explanation, verdict, symbol, tally, print);
	}
}

/* The nearest range of a module before (-1) or behind (+1), as "ext4"; "-" for none. */
static const char *neighbour(const struct kallmod_map *map, size_t index, int direction)
{
	size_t n = kallmod_map_range_count(map);

	for (index += direction; index < n; index += direction) {
		const struct kallmod_range *range = kallmod_map_range(map, index);

		if (range->set != KALLMOD_SET_CORE)
			return kallmod_map_set_name(map, range->set);
	}
	return "-";
}

static void explain_range(const struct explanation *explanation, size_t index)
{
	const struct kallmod_range *range = kallmod_map_range(explanation->map, index);
	struct tally tally = {};
	struct verdict verdict;

	printf("%016" PRIx64 "-%016" PRIx64 "\t%s\t%s\t%s", range->start, range->end,
	       range->set == KALLMOD_SET_CORE ? "-" :
						kallmod_map_set_name(explanation->map, range->set),
	       kallmod_source_name(range->source), kallmod_trust_name(range->trust));
	if (range->trust != KALLMOD_TRUST_INFERRED || !explanation->sigset) {
		printf("\n  %s; nothing was inferred\n",
		       range->set == KALLMOD_SET_CORE ? "of no module" : "the source says so");
		return;
	}
	/* What is left over as the core's has no confidence, as in the map. */
	if (range->set != KALLMOD_SET_CORE)
		printf(":%.3f", (double)range->confidence);
	putchar('\n');
	verdict.n = kallmod_map_set_modules(explanation->map, range->set, verdict.names, SET_MAX);
	each_function(explanation, range, &verdict, &tally, false);
	printf("  %zu functions: %zu the %s has in a known release, %zu of them nothing else has; %zu are of others; %zu nothing knows\n",
	       tally.functions, tally.matched, verdict.n ? "module" : "core", tally.unique,
	       tally.against, tally.unknown);
	printf("  module before: %s, behind: %s\n", neighbour(explanation->map, index, -1),
	       neighbour(explanation->map, index, 1));
	each_function(explanation, range, &verdict, &tally, true);
}

int kallmod_explain_sets(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			 const bool *sets)
{
	struct kallmod_sigset *sigset = NULL;
	struct explanation explanation;
	int err = explanation_init(&explanation, ctx, map, &sigset);

	for (size_t i = 0; !err && i < kallmod_map_range_count(map); i++) {
		uint32_t set = kallmod_map_range(map, i)->set;

		if (sets ? sets[set] : set != KALLMOD_SET_CORE)
			explain_range(&explanation, i);
	}
	kallmod_sigset_close(sigset);
	return err;
}

int kallmod_explain_address(struct kallmod_ctx *ctx, const struct kallmod_map *map, uint64_t addr)
{
	const struct kallmod_range *range = kallmod_map_find(map, addr);
	struct kallmod_sigset *sigset = NULL;
	struct explanation explanation;
	int err = explanation_init(&explanation, ctx, map, &sigset);

	for (size_t i = 0; !err && range && i < kallmod_map_range_count(map); i++)
		if (kallmod_map_range(map, i) == range)
			explain_range(&explanation, i);
	kallmod_sigset_close(sigset);
	return err;
}
