// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "module_names.h"
#include "sigfile.h"
#include "sigset.h"

/* A file, and what of it is in use. */
struct member {
	struct kallmod_sigfile file;
	uint16_t *modules; /* the file's module number -> the set's */
	uint32_t releases; /* mask of those that are not left out */
	uint32_t nearest;  /* mask of the nearest one */
};

struct module {
	const char *name; /* in a member's file */
	bool allowed, listed;
};

struct kallmod_sigset {
	struct kallmod_ctx *ctx;
	struct member *members;
	size_t nmembers;
	struct module *modules;
	size_t nmodules;
	char releases[256];
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static struct module *find_module(const struct kallmod_sigset *set, const char *name)
{
	struct module key = {.name = name};

	return bsearch(&key, set->modules, set->nmodules, sizeof(key), compare_names);
}

/* Numbers the modules of all files by name. */
static int number_modules(struct kallmod_sigset *set)
{
	size_t total = 0, n = 0;

	for (size_t i = 0; i < set->nmembers; i++)
		total += set->members[i].file.header->nmodules;
	set->modules = calloc(total + 1, sizeof(*set->modules));
	if (!set->modules)
		return -ENOMEM;
	for (size_t i = 0; i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nmodules; k++)
			set->modules[set->nmodules++] = (struct module){
				kallmod_sigfile_module(&set->members[i].file, k), true, false};
	qsort(set->modules, set->nmodules, sizeof(*set->modules), compare_names);
	for (size_t i = 0; i < set->nmodules; i++)
		if (!n || strcmp(set->modules[n - 1].name, set->modules[i].name))
			set->modules[n++] = set->modules[i];
	set->nmodules = n;
	if (n > UINT16_MAX)
		return -E2BIG;
	for (size_t i = 0; i < set->nmembers; i++) {
		struct member *member = &set->members[i];

		member->modules = calloc(member->file.header->nmodules + 1, sizeof(uint16_t));
		if (!member->modules)
			return -ENOMEM;
		for (size_t k = 0; k < member->file.header->nmodules; k++)
			member->modules[k] =
				find_module(set, kallmod_sigfile_module(&member->file, k)) -
				set->modules;
	}
	return 0;
}

/* "6.12.95-…" as 6012; 0: no version at its start. */
static int version_of(const char *release)
{
	int major, minor;

	return sscanf(release, "%d.%d", &major, &minor) == 2 ? major * 1000 + minor : 0;
}

/* A major version is worth ten minor ones: about what lay between 5.19 and 6.0, 6.19 and 7.0. */
static int version_distance(int a, int b)
{
	int x = a / 1000 * 20 + a % 1000, y = b / 1000 * 20 + b % 1000;

	return abs(x - y);
}

/* For reports: a list that is too long ends with dots. */
static void name_release(struct kallmod_sigset *set, const char *release)
{
	size_t used = strlen(set->releases), room = sizeof(set->releases) - used;

	if (snprintf(set->releases + used, room, "%s%s", used ? ", " : "", release) >= (int)room)
		strcpy(set->releases + sizeof(set->releases) - sizeof("…"), "…");
}

/* Takes the releases that are not excluded, and marks the one nearest to the kernel. */
static void choose_releases(struct kallmod_sigset *set, const char *exclude)
{
	int version = version_of(kallmod_ctx_release(set->ctx)), best = INT32_MAX;

	for (size_t i = 0; i < set->nmembers; i++) {
		struct member *member = &set->members[i];

		for (size_t k = 0; k < member->file.header->nreleases; k++) {
			const char *release = kallmod_sigfile_release(&member->file, k);
			int far = version_distance(version_of(release), version);

			if (exclude && !strncmp(release, exclude, strlen(exclude)))
				continue;
			member->releases |= 1u << k;
			name_release(set, release);
			if (version && far < best)
				best = far;
		}
	}
	for (size_t i = 0; version && i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nreleases; k++)
			if (version_distance(version_of(kallmod_sigfile_release(
						     &set->members[i].file, k)), version) == best)
				set->members[i].nearest |= 1u << k;
}

static int open_files(struct kallmod_sigset *set)
{
	const char *directory = kallmod_ctx_get(set->ctx, KALLMOD_OPT_SIGNATURES);
	cleanup_free char *pattern = NULL;
	glob_t found = {};
	int err = 0;

	directory = directory ? directory : KALLMOD_DATADIR "/signatures";
	if (asprintf(&pattern, "%s/*.sig", directory) < 0)
		return kallmod_fail(set->ctx, -ENOMEM, "out of memory");
	if (glob(pattern, 0, NULL, &found) == GLOB_NOSPACE)
		return kallmod_fail(set->ctx, -ENOMEM, "out of memory");
	set->members = calloc(found.gl_pathc + 1, sizeof(*set->members));
	if (!set->members)
		err = kallmod_fail(set->ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < found.gl_pathc; i++) {
		err = kallmod_sigfile_open(set->ctx, found.gl_pathv[i],
					   &set->members[set->nmembers].file);
		set->nmembers += !err;
	}
	globfree(&found);
	if (!err && !set->nmembers)
		err = kallmod_fail(set->ctx, -ENOENT,
				   "%s: no signature files (*.sig); give --signatures DIR",
				   directory);
	return err;
}

/* ---- what can be built in --------------------------------------------------------------- */

/* With a modules.builtin, no other module can be built in. */
static int apply_builtin(struct kallmod_sigset *set)
{
	struct kallmod_module_names builtin = KALLMOD_MODULE_NAMES_EMPTY;
	bool known;
	int err = kallmod_module_names_builtin(set->ctx, &builtin, &known);

	for (size_t i = 0; !err && known && i < set->nmodules; i++) {
		struct module *module = &set->modules[i];

		module->listed = kallmod_module_names_has(&builtin, module->name);
		module->allowed = module->listed;
	}
	kallmod_module_names_free(&builtin);
	return err;
}

/* What is loaded as a module is not built in. */
static int drop_loaded(struct kallmod_sigset *set)
{
	struct kallmod_module_names loaded = KALLMOD_MODULE_NAMES_EMPTY;
	int err = kallmod_ctx_live(set->ctx) ? kallmod_module_names_loaded(set->ctx, &loaded) : 0;

	for (size_t i = 0; !err && i < set->nmodules; i++)
		if (loaded.count && kallmod_module_names_has(&loaded, set->modules[i].name))
			set->modules[i].allowed = false;
	kallmod_module_names_free(&loaded);
	return err;
}

/* ---- the set ---------------------------------------------------------------------------- */

static int sigset_init(struct kallmod_sigset *set)
{
	const char *exclude = kallmod_ctx_get(set->ctx, KALLMOD_OPT_EXCLUDE_RELEASE);
	int err = open_files(set);

	if (err)
		return err;
	choose_releases(set, exclude);
	if (!set->releases[0])
		return kallmod_fail(set->ctx, -ENOENT,
				    "no signatures are left when releases %s… are left out",
				    exclude);
	err = number_modules(set);
	if (err)
		return kallmod_fail(set->ctx, err, "signatures: %s", strerror(-err));
	err = apply_builtin(set);
	return err ? err : drop_loaded(set);
}

int kallmod_sigset_open(struct kallmod_ctx *ctx, struct kallmod_sigset **ret)
{
	struct kallmod_sigset *set = calloc(1, sizeof(*set));
	int err;

	if (!set)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	set->ctx = ctx;
	err = sigset_init(set);
	if (err)
		kallmod_sigset_close(set);
	else
		*ret = set;
	return err;
}

void kallmod_sigset_close(struct kallmod_sigset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->nmembers; i++) {
		kallmod_sigfile_close(&set->members[i].file);
		free(set->members[i].modules);
	}
	free(set->members);
	free(set->modules);
	free(set);
}

/* Adds a hit; a module that two files know is one. Returns the number in all. */
static size_t add_hit(struct kallmod_sigset_hit *hits, size_t n, uint16_t module, bool nearest)
{
	for (size_t i = 0; i < n && i < KALLMOD_SIGSET_MAX_HITS; i++) {
		if (hits[i].module == module) {
			hits[i].nearest |= nearest;
			return n;
		}
	}
	if (n < KALLMOD_SIGSET_MAX_HITS)
		hits[n] = (struct kallmod_sigset_hit){module, nearest};
	return n + 1;
}

size_t kallmod_sigset_find(const struct kallmod_sigset *set, const char *name,
			   struct kallmod_sigset_hit *hits)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold), n = 0;
	uint32_t hash = kallmod_sig_hash(start, length);

	for (size_t i = 0; i < set->nmembers; i++) {
		const struct member *member = &set->members[i];
		const uint32_t *posts;
		size_t nposts = kallmod_sigfile_find(&member->file, hash, &posts);

		for (size_t k = 0; k < nposts; k++) {
			uint16_t module = member->modules[posts[k] & 0xffff];
			uint32_t releases = posts[k] >> 16 & member->releases;

			if (releases && set->modules[module].allowed)
				n = add_hit(hits, n, module, releases & member->nearest);
		}
	}
	return n;
}

size_t kallmod_sigset_modules(const struct kallmod_sigset *set)
{
	return set->nmodules;
}

const char *kallmod_sigset_module(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].name;
}

bool kallmod_sigset_listed(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].listed;
}

const char *kallmod_sigset_releases(const struct kallmod_sigset *set)
{
	return set->releases;
}
