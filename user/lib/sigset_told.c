// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What the kernel at hand says itself. Its initcalls and its debug messages name some of its
 * functions, and with each what Kbuild calls the module of its object (KBUILD_MODNAME): the module's
 * name, and for the kernel proper mostly the object's. So a function that a release has in one module and
 * whose initcall says another is not of the first; and vendors' modules, which no release has, show.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "dynamic_debug.h"
#include "module_names.h"
#include "sigset_priv.h"

/* ---- reading --------------------------------------------------------------------------- */

struct messages {
	struct kallmod_sig_initcalls *pairs;
	struct kallmod_module_names loaded;
};

/* What is loaded as a module has messages too, of functions that are not in the image. */
static int add_message(void *arg, const char *module, const char *function)
{
	struct messages *messages = arg;

	if (kallmod_module_names_has(&messages->loaded, module))
		return 0;
	return kallmod_sig_initcalls_add(messages->pairs, module, strlen(module), function,
					 strlen(function));
}

static int read_messages(struct kallmod_ctx *ctx, struct kallmod_sig_initcalls *pairs)
{
	struct messages messages = {pairs, KALLMOD_MODULE_NAMES_EMPTY};
	int err = kallmod_module_names_loaded(ctx, &messages.loaded);

	if (!err)
		err = kallmod_dynamic_debug_read(ctx, add_message, &messages);
	kallmod_module_names_free(&messages.loaded);
	kallmod_sig_initcalls_sort(pairs);
	/* Of which modules the messages are is not known where /proc/modules is torn: none counts. */
	return err == -ENOMEM ? err : 0;
}

/* ---- the index ------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct kallmod_sigset_told *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return y->sure - x->sure;
}

/* The first that is told of functions of that hash, or NULL; *n_ret: how many. */
static struct kallmod_sigset_told *find(const struct kallmod_sigset *set, uint32_t hash,
					size_t *n_ret)
{
	size_t low = 0, high = set->ntold, end;

	if (!set->ntold || !(set->told_bits[hash >> 19] >> (hash >> 16 & 7) & 1))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->told[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < set->ntold && set->told[end].hash == hash;)
		end++;
	*n_ret = end - low;
	return end > low ? &set->told[low] : NULL;
}

/* Numbers that equal names have, and few others: for passing over most of a table. */
static uint16_t shape(const char *name)
{
	size_t n = strlen(name);

	return n ? (n * 31 + name[0] * 7 + name[n / 2] * 1031 + name[n - 1] * 257 +
		    name[n * 3 / 4] * 8191) & 0xffff : 0;
}

/* Counts the functions of each name in the kernel: of two of one name nothing is told. */
static int count_seen(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	cleanup_free uint8_t *shapes = calloc(1, UINT16_MAX / 8 + 1);
	size_t n;

	if (!shapes)
		return -ENOMEM;
	for (size_t i = 0; i < set->ntold; i++) {
		uint16_t at = shape(set->told[i].function);

		shapes[at / 8] |= 1 << at % 8;
	}
	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		uint16_t at = shape(symbol->name);
		struct kallmod_sigset_told *told;

		if (!(shapes[at / 8] >> at % 8 & 1) || symbol->module ||
		    !kallmod_symbol_is_text(symbol))
			continue;
		told = find(set, kallmod_sig_hash(symbol->name, strlen(symbol->name)), &n);
		if (told && told->seen < UINT8_MAX)
			told->seen++;
	}
	return 0;
}

static void add_pairs(struct kallmod_sigset *set, const struct kallmod_sig_initcalls *pairs,
		      bool sure)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct kallmod_sig_initcall *pair = &pairs->at[i];
		struct kallmod_sigset_module *module = kallmod_sigset_find_module(set, pair->module);
		uint32_t hash = kallmod_sig_hash(pair->function, strlen(pair->function));

		set->told_bits[hash >> 19] |= 1 << (hash >> 16 & 7);
		set->told[set->ntold++] = (struct kallmod_sigset_told){
			.hash = hash,
			.module = module ? module - set->modules : KALLMOD_SIGSET_CORE,
			.sure = sure,
			.name = pair->module,
			.function = pair->function,
		};
	}
}

/* ---- renamed modules ------------------------------------------------------------------- */

/* The only module that has a name, in all releases in use; CORE: several, or the core has it too. */
static uint16_t only_owner(const struct kallmod_sigset *set, uint32_t hash)
{
	uint16_t module = KALLMOD_SIGSET_CORE;

	for (size_t i = 0; i < set->nmembers; i++) {
		const struct kallmod_sigset_member *member = &set->members[i];
		const uint32_t *posts;
		size_t n = kallmod_sigfile_find(&member->file, hash, &posts);

		for (size_t k = 0; k < n; k++) {
			uint32_t owner = posts[k] & 0xffff;

			if (!(posts[k] >> 16 & member->releases))
				continue;
			if (owner >= member->file.header->nmodules ||
			    (module != KALLMOD_SIGSET_CORE && member->modules[owner] != module))
				return KALLMOD_SIGSET_CORE;
			module = member->modules[owner];
		}
	}
	return module;
}

/* From here on the module that is not in this kernel is the one that is called otherwise now. */
static void rename_module(struct kallmod_sigset *set, uint16_t from, uint16_t to)
{
	set->modules[to].functions += set->modules[from].functions;
	set->modules[to].unique += set->modules[from].unique;
	for (size_t i = 0; i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nmodules; k++)
			if (set->members[i].modules[k] == from)
				set->members[i].modules[k] = to;
}

/*
 * A module of the modules.builtin that no release has, and one that is not listed, whose function
 * is now said to be of the former: that is its new name.
 */
static void find_renamed(struct kallmod_sigset *set)
{
	for (size_t i = 0, next; set->nbuiltin && i < set->ntold; i = next) {
		const struct kallmod_sigset_told *told = &set->told[i];
		uint16_t from;

		for (next = i + 1; next < set->ntold && set->told[next].hash == told->hash;)
			next++;
		if (next > i + 1 || told->seen > 1 || told->module == KALLMOD_SIGSET_CORE ||
		    !kallmod_sigset_listed(set, told->module) || set->modules[told->module].functions)
			continue;
		from = only_owner(set, told->hash);
		if (from == KALLMOD_SIGSET_CORE || set->modules[from].allowed)
			continue;
		kallmod_log(set->ctx, KALLMOD_LOG_DEBUG, "signatures: %s is now called %s",
			    set->modules[from].name, set->modules[told->module].name);
		rename_module(set, from, told->module);
	}
}

int kallmod_sigset_read_told(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	int err = kallmod_sig_initcalls_read(symbols, &set->initcalls);

	if (!err && kallmod_ctx_running(set->ctx))
		err = read_messages(set->ctx, &set->messages);
	if (err)
		return err;
	set->told = calloc(set->initcalls.n + set->messages.n + 1, sizeof(*set->told));
	if (!set->told)
		return -ENOMEM;
	add_pairs(set, &set->initcalls, true);
	add_pairs(set, &set->messages, false);
	qsort(set->told, set->ntold, sizeof(*set->told), compare);
	err = count_seen(set, symbols);
	if (!err)
		find_renamed(set);
	return err;
}

void kallmod_sigset_free_told(struct kallmod_sigset *set)
{
	kallmod_sig_initcalls_deinit(&set->initcalls);
	kallmod_sig_initcalls_deinit(&set->messages);
	free(set->told);
}

/* ---- use ------------------------------------------------------------------------------- */

static bool is_told(const struct kallmod_sigset_told *told, size_t n, uint16_t module)
{
	for (size_t i = 0; i < n; i++)
		if (told[i].module == module)
			return true;
	return false;
}

static bool has_hit(const struct kallmod_sigset_hit *hits, size_t n, uint16_t module)
{
	for (size_t i = 0; i < n; i++)
		if (hits[i].module == module)
			return true;
	return false;
}

/* A function that no release has in the module that it is said to be of, or none has at all. */
static size_t add_told(const struct kallmod_sigset *set, const struct kallmod_sigset_told *told,
		       size_t ntold, struct kallmod_sigset_hit *hits, size_t n, uint16_t far)
{
	for (size_t i = 0; i < ntold && n < KALLMOD_SIGSET_MAX_HITS; i++) {
		uint16_t module = told[i].module;

		if (module == KALLMOD_SIGSET_CORE || !set->modules[module].allowed ||
		    kallmod_sigset_doubtful(set, module) || has_hit(hits, n, module))
			continue;
		hits[n++] = (struct kallmod_sigset_hit){module, far, false,
							KALLMOD_SIGPLACE_ANYWHERE};
	}
	return n;
}

size_t kallmod_sigset_apply_told(const struct kallmod_sigset *set, uint32_t hash,
				 struct kallmod_sigset_hit *hits, size_t n)
{
	size_t ntold = 0, kept = 0, modules = 0;
	const struct kallmod_sigset_told *told = find(set, hash, &ntold);
	struct kallmod_sigset_hit left[KALLMOD_SIGSET_MAX_HITS];
	uint16_t far = UINT16_MAX;

	if (!told || told->seen > 1)
		return n;
	n = n < KALLMOD_SIGSET_MAX_HITS ? n : KALLMOD_SIGSET_MAX_HITS;
	for (size_t i = 0; i < n; i++) {
		bool core = hits[i].module == KALLMOD_SIGSET_CORE;

		far = hits[i].far < far ? hits[i].far : far;
		modules += !core;
		if (core || is_told(told, ntold, hits[i].module))
			left[kept++] = hits[i];
	}
	/* Of a message's function the compiler may have left another of that name alone. */
	if (!told->sure && modules && !has_hit(left, kept, told->module))
		return n;
	memcpy(hits, left, kept * sizeof(*left));
	kept = add_told(set, told, ntold, hits, kept, n ? far : 0);
	if (!kept)
		hits[kept++] = (struct kallmod_sigset_hit){KALLMOD_SIGSET_CORE, n ? far : 0, false,
							   KALLMOD_SIGPLACE_ANYWHERE};
	return kept;
}

const char *kallmod_sigset_told_name(const struct kallmod_sigset *set, const char *name)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold), n;
	const struct kallmod_sigset_told *told = find(set, kallmod_sig_hash(start, length), &n);

	return told && told->seen <= 1 ? told->name : NULL;
}
