// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "sigset_priv.h"

/* Some seven minor versions, as distances go: a year and a half. */
enum { NEAR = 140 };

static int compare_names(const void *a, const void *b)
{
	const struct kallmod_sigset_module *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct kallmod_sigset_module *kallmod_sigset_find_module(const struct kallmod_sigset *set,
							const char *name)
{
	struct kallmod_sigset_module key = {.name = name};

	return bsearch(&key, set->modules, set->nmodules, sizeof(key), compare_names);
}

static struct kallmod_sigset_module new_module(const char *name)
{
	return (struct kallmod_sigset_module){
		.name = name, .allowed = true, .line = SIZE_MAX, .far = UINT16_MAX,
		.lacking = UINT16_MAX};
}

/* Numbers the modules of all files by name. */
static int number_modules(struct kallmod_sigset *set)
{
	size_t total = 0, n = 0;

	for (size_t i = 0; i < set->nmembers; i++)
		total += set->members[i].file.header->nmodules;
	total += set->nbuiltin;
	set->modules = calloc(total + 1, sizeof(*set->modules));
	if (!set->modules)
		return -ENOMEM;
	for (size_t i = 0; i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nmodules; k++)
			set->modules[set->nmodules++] =
				new_module(kallmod_sigfile_name(&set->members[i].file, k));
	for (size_t i = 0; i < set->nbuiltin; i++)
		set->modules[set->nmodules++] = new_module(set->builtin_names[i]);
	qsort(set->modules, set->nmodules, sizeof(*set->modules), compare_names);
	for (size_t i = 0; i < set->nmodules; i++)
		if (!n || strcmp(set->modules[n - 1].name, set->modules[i].name))
			set->modules[n++] = set->modules[i];
	set->nmodules = n;
	if (n > UINT16_MAX)
		return -E2BIG;
	for (size_t i = 0; i < set->nmembers; i++) {
		struct kallmod_sigset_member *member = &set->members[i];

		member->modules = calloc(member->file.header->nmodules + 1, sizeof(uint16_t));
		if (!member->modules)
			return -ENOMEM;
		for (size_t k = 0; k < member->file.header->nmodules; k++)
			member->modules[k] =
				kallmod_sigset_find_module(
					set, kallmod_sigfile_name(&member->file, k)) -
				set->modules;
	}
	return 0;
}

/* For reports: a list that is too long ends with dots. */
static void name_release(struct kallmod_sigset *set, const char *release)
{
	size_t used = strlen(set->releases), room = sizeof(set->releases) - used;

	set->nreleases++;
	if (snprintf(set->releases + used, room, "%s%s", used ? ", " : "", release) >= (int)room)
		strcpy(set->releases + sizeof(set->releases) - sizeof("…"), "…");
}

/* The architecture that a release's name ends with, or "". */
static const char *architecture_of(const char *release)
{
	static const char *const names[] = {"amd64", "arm64"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(release), n = strlen(names[i]);

		if (length > n && !strcmp(release + length - n, names[i]))
			return names[i];
	}
	return "";
}

/* The kernel's architecture, by symbols that only one has. */
static const char *find_architecture(const struct kallmod_symbols *symbols)
{
	if (kallmod_symbols_by_name(symbols, "entry_SYSCALL_64"))
		return "amd64";
	return kallmod_symbols_by_name(symbols, "__arm64_sys_read") ? "arm64" : "";
}

/* Takes the releases that are not excluded. */
static void choose_releases(struct kallmod_sigset *set, const char *exclude,
			    const char *architecture)
{
	for (size_t i = 0; i < set->nmembers; i++) {
		struct kallmod_sigset_member *member = &set->members[i];

		for (size_t k = 0; k < member->file.header->nreleases; k++) {
			const char *release = kallmod_sigfile_release(&member->file, k);

			if (exclude && !strncmp(release, exclude, strlen(exclude)))
				continue;
			member->releases |= 1u << k;
			if (!strcmp(architecture_of(release), architecture))
				member->own |= 1u << k;
			name_release(set, release);
		}
	}
}

static int open_files(struct kallmod_sigset *set)
{
	const char *directory = kallmod_ctx_signatures(set->ctx);
	cleanup_free char *pattern = NULL;
	glob_t found = {};
	int err = 0;

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

uint16_t kallmod_sigset_nearest(const struct kallmod_sigset_member *member,
				uint32_t releases)
{
	uint16_t best = UINT16_MAX;

	for (; releases; releases &= releases - 1) {
		uint16_t far = member->far[__builtin_ctz(releases)];

		best = far < best ? far : best;
	}
	return best;
}

static void count_functions(struct kallmod_sigset *set, const struct kallmod_sigset_member *member)
{
	const struct kallmod_sigfile *file = &member->file;

	for (size_t i = 0; i < file->header->nnames; i++) {
		uint32_t first = file->posts_at[i], n = file->posts_at[i + 1] - first;

		for (uint32_t k = first; k < first + n; k++) {
			uint32_t owner = file->posts[k] & 0xffff;
			struct kallmod_sigset_module *module;

			if (owner >= file->header->nmodules ||
			    !(file->posts[k] >> 16 & member->releases))
				continue;
			module = &set->modules[member->modules[owner]];
			module->functions++;
			module->unique += n == 1;
		}
	}
}

/* How far every module's nearest release is, and how large it is. */
static void find_existing(struct kallmod_sigset *set)
{
	for (size_t i = 0; i < set->nmembers; i++) {
		const struct kallmod_sigset_member *member = &set->members[i];

		for (size_t k = 0; k < member->file.header->nmodules; k++) {
			struct kallmod_sigset_module *module = &set->modules[member->modules[k]];
			uint32_t existing = member->file.existing[k];
			uint16_t far = kallmod_sigset_nearest(member, existing & member->releases);
			uint16_t lacking = kallmod_sigset_nearest(member, ~existing & member->own);

			module->far = far < module->far ? far : module->far;
			module->lacking = lacking < module->lacking ? lacking : module->lacking;
		}
		count_functions(set, member);
	}
}

/* ---- the set ---------------------------------------------------------------------------- */

/*
 * Initcalls are behind the text, and what they tell is little where there is a modules.builtin:
 * there a live view starts sooner without them.
 */
static int read_symbols(struct kallmod_sigset *set, const struct kallmod_symbols **ret)
{
	return set->nbuiltin ? kallmod_ctx_text_symbols(set->ctx, ret) :
			       kallmod_ctx_symbols(set->ctx, ret);
}

static int read_releases(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	const char *exclude = kallmod_ctx_get(set->ctx, KALLMOD_OPT_EXCLUDE_RELEASE);

	choose_releases(set, exclude, find_architecture(symbols));
	kallmod_sigset_measure(set, symbols);
	snprintf(set->summary, sizeof(set->summary), set->version ?
		 "%zu releases, as a kernel like %d.%d" : "%zu releases",
		 set->nreleases, set->version / 200, set->version % 200 / 10);
	return set->releases[0] ?
		       0 :
		       kallmod_fail(set->ctx, -ENOENT,
				    "no signatures are left when releases %s… are left out",
				    exclude);
}

static int read_modules(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	int err = number_modules(set);

	if (err == -E2BIG)
		return kallmod_fail(set->ctx, err,
				    "modules.builtin and the signatures have more than %d modules together; give another --modules-builtin or --signatures",
				    UINT16_MAX);
	if (err)
		return kallmod_fail(set->ctx, err, "signatures: %s", strerror(-err));
	find_existing(set);
	err = kallmod_sigset_apply_builtin(set);
	if (!err)
		err = kallmod_sigset_drop_loaded(set);
	if (!err && kallmod_sigset_read_told(set, symbols))
		err = kallmod_fail(set->ctx, -ENOMEM, "out of memory");
	return err;
}

static int sigset_init(struct kallmod_sigset *set)
{
	const struct kallmod_symbols *symbols = NULL;
	int err = open_files(set);

	if (!err)
		err = kallmod_sigset_read_builtin(set);
	if (!err)
		err = read_symbols(set, &symbols);
	if (!err)
		err = read_releases(set, symbols);
	return err ? err : read_modules(set, symbols);
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
		free(set->members[i].claims);
	}
	kallmod_sigset_free_builtin(set);
	kallmod_sigset_free_told(set);
	free(set->members);
	free(set->modules);
	free(set);
}

/* Of the releases in the mask the newest and the oldest. */
static void name_bounds(const struct kallmod_sigset_member *member, uint32_t releases,
			struct kallmod_sigset_fact *fact)
{
	for (; releases; releases &= releases - 1) {
		const char *name =
			kallmod_sigfile_release(&member->file, __builtin_ctz(releases));

		fact->releases++;
		if (!fact->newest || kallmod_sig_version(name) > kallmod_sig_version(fact->newest))
			fact->newest = name;
		if (!fact->oldest || kallmod_sig_version(name) < kallmod_sig_version(fact->oldest))
			fact->oldest = name;
	}
}

/* The module that an owner in a file counts for, or CORE. */
static uint16_t module_of(const struct kallmod_sigset_member *member, uint32_t owner)
{
	size_t nmodules = member->file.header->nmodules;

	if (owner < nmodules)
		return member->modules[owner];
	return member->claims && member->claims[owner - nmodules].sure ?
		       member->claims[owner - nmodules].module :
		       KALLMOD_SIGSET_CORE;
}

void kallmod_sigset_each(const struct kallmod_sigset *set, const char *name,
			 void (*fn)(void *arg, const struct kallmod_sigset_fact *fact), void *arg)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold);
	uint32_t hash = kallmod_sig_hash(start, length);

	for (size_t i = 0; i < set->nmembers; i++) {
		const struct kallmod_sigset_member *member = &set->members[i];
		const uint32_t *posts;
		size_t n = kallmod_sigfile_find(&member->file, hash, &posts);

		for (size_t k = 0; k < n; k++) {
			uint32_t owner = posts[k] & 0xffff;
			bool core = owner >= member->file.header->nmodules;
			uint16_t module = module_of(member, owner);
			bool none = module == KALLMOD_SIGSET_CORE;
			struct kallmod_sigset_fact fact = {
				.module = none ? NULL : set->modules[module].name,
				.object = core ? kallmod_sigfile_name(&member->file, owner) : NULL,
				.allowed = none || set->modules[module].allowed,
			};

			name_bounds(member, posts[k] >> 16 & member->releases, &fact);
			if (fact.releases)
				fn(arg, &fact);
		}
	}
}

size_t kallmod_sigset_modules(const struct kallmod_sigset *set)
{
	return set->nmodules;
}

const char *kallmod_sigset_module(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].name;
}

size_t kallmod_sigset_functions(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].functions;
}

size_t kallmod_sigset_unique(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].unique;
}

bool kallmod_sigset_is_far(const struct kallmod_sigset *set)
{
	for (size_t i = 0; set->version && i < set->nmembers; i++)
		if (kallmod_sigset_nearest(&set->members[i], set->members[i].releases) <= NEAR)
			return false;
	return true;
}

bool kallmod_sigset_doubtful(const struct kallmod_sigset *set, size_t module)
{
	const struct kallmod_sigset_module *at = &set->modules[module];

	return at->lacking < at->far && at->lacking * 2 <= at->far;
}

bool kallmod_sigset_listed(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].line != SIZE_MAX;
}

size_t kallmod_sigset_line(const struct kallmod_sigset *set, size_t module)
{
	return set->modules[module].line;
}

const char *kallmod_sigset_summary(const struct kallmod_sigset *set)
{
	return set->summary;
}

const char *kallmod_sigset_releases(const struct kallmod_sigset *set)
{
	return set->releases;
}
