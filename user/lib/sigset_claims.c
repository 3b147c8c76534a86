// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A module that a modules.builtin lists may be the kernel proper's in all releases that are known:
 * what counts as a module depends on the version (up to 6.1 all that has a MODULE_LICENSE) and
 * on the configuration. Then its path finds its objects: drivers/cpufreq/intel_pstate.ko is made
 * of drivers/cpufreq/intel_pstate.o; drivers/nvmem/nvmem_core.ko has drivers/nvmem/core.o, whose
 * initcalls say nvmem_core; and what is beside these in the directory may be the module's too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hash.h"
#include "module_names.h"
#include "sigset_priv.h"

enum {
	PATH = KALLMOD_SIG_MAX_NAME + 8,
	ALIKE = 4,	    /* letters that an object's and a module's name have in common */
	FEW_OBJECTS = 12,   /* of the core, in a directory that may be one module's */
	LONG_NAME = 6,
	MANY_MODULES = 200, /* in a directory, of which nobody can tell which one it is */
};

/* What is known of a module of the list, in one file. */
enum {
	ALONE = 1,    /* its object is all there is of it */
	ANCHORED = 2, /* an object says it is of this module */
};

struct claims {
	const struct kallmod_sigset *set;
	const struct kallmod_sigset_member *member;
	uint8_t *known;	    /* by module of the set: ALONE, ANCHORED; owned */
	uint32_t *existing; /* by module of the set: the releases that have it; owned */
	uint64_t *directories; /* of the member's objects, as hashes, sorted; owned */
};

static void claims_deinit(struct claims *claims)
{
	free(claims->known);
	free(claims->existing);
	free(claims->directories);
}

/* An object of a file: "drivers/nvmem/core.o:nvmem_core" in parts. */
struct object {
	char path[PATH];   /* "drivers/nvmem/core.o" */
	size_t directory;  /* length of "drivers/nvmem/" */
	const char *titles; /* ":nvmem_core", or "" */
};

static bool split_object(const char *name, struct object *ret)
{
	size_t length = strcspn(name, ":");
	const char *slash;

	if (length < 3 || length >= sizeof(ret->path) || strncmp(name + length - 2, ".o", 2))
		return false;
	memcpy(ret->path, name, length);
	ret->path[length] = '\0';
	slash = strrchr(ret->path, '/');
	ret->directory = slash ? slash + 1 - ret->path : 0;
	ret->titles = name + length;
	return true;
}

/* How a path of the list compares with the first length characters of text. */
static int compare_start(const char *path, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int order = kallmod_module_letter(path[i]) - kallmod_module_letter(text[i]);

		if (order || !path[i])
			return order;
	}
	return 0;
}

/* The first path of the list that is not before the ones in the directory. */
static size_t lower_bound(const struct kallmod_builtin_paths *paths, const char *text,
			  size_t length)
{
	size_t low = 0, high = paths->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_start(paths->paths[middle].object, text, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The set's number of the module that the list has at this path, or CORE. */
static uint16_t module_at(const struct kallmod_sigset *set, const char *path)
{
	size_t length = strlen(path), i = lower_bound(&set->builtin, path, length + 1);

	if (i == set->builtin.n || compare_start(set->builtin.paths[i].object, path, length + 1))
		return KALLMOD_SIGSET_CORE;
	return kallmod_sigset_find_module(set, set->builtin_names[i]) - set->modules;
}

/* The module of that name in the object's directory or further up. */
static uint16_t titled_module(const struct kallmod_sigset *set, const struct object *object,
			      const char *title, int length)
{
	uint16_t module = KALLMOD_SIGSET_CORE;
	size_t directory = object->directory;
	char path[2 * PATH];

	while (module == KALLMOD_SIGSET_CORE && directory) {
		snprintf(path, sizeof(path), "%.*s%.*s.o", (int)directory, object->path, length,
			 title);
		module = module_at(set, path);
		for (directory--; directory && object->path[directory - 1] != '/';)
			directory--;
	}
	return module;
}

static uint16_t sure_module(struct claims *claims, const struct object *object)
{
	uint16_t module = module_at(claims->set, object->path);
	bool alone = module != KALLMOD_SIGSET_CORE;

	for (const char *at = object->titles; module == KALLMOD_SIGSET_CORE && *at;) {
		size_t length = strcspn(++at, ":");

		module = titled_module(claims->set, object, at, length);
		at += length;
	}
	if (module != KALLMOD_SIGSET_CORE)
		claims->known[module] |= alone ? ALONE : ANCHORED;
	return module;
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The directory of an object's path, as a number; two of one number seem to be one, a larger one. */
static uint64_t hash_directory(const char *path)
{
	const char *end = path, *titles = path + strcspn(path, ":");
	uint64_t hash = KALLMOD_HASH_START;

	for (const char *at = path; at < titles; at++)
		if (*at == '/')
			end = at;
	return kallmod_hash_bytes(hash, path, end - path);
}

/* The directory of each of the file's objects, sorted. malloc'ed; NULL: no memory. */
static uint64_t *directories_of(const struct kallmod_sigset_member *member)
{
	const struct kallmod_sig_header *header = member->file.header;
	uint64_t *directories = calloc(header->nobjects + 1, sizeof(*directories));

	for (size_t i = 0; directories && i < header->nobjects; i++)
		directories[i] = hash_directory(
			kallmod_sigfile_name(&member->file, header->nmodules + i));
	if (directories)
		qsort(directories, header->nobjects, sizeof(*directories), compare_hashes);
	return directories;
}

/* Are there no more than FEW_OBJECTS of the core in the object's directory? */
static bool has_few_objects(const struct claims *claims, const struct object *object)
{
	size_t n = claims->member->file.header->nobjects, low = 0, high = n;
	uint64_t hash = hash_directory(object->path);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (claims->directories[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low + FEW_OBJECTS >= n || claims->directories[low + FEW_OBJECTS] != hash;
}

/* Is the module called like the directory, fs/unicode/unicode.ko? */
static bool is_named_so(const struct claims *claims, const struct object *object, uint16_t module)
{
	const char *name = claims->set->modules[module].name;
	size_t length = strlen(name);

	return object->directory > length + 1 &&
	       object->path[object->directory - length - 2] == '/' &&
	       !compare_start(name, object->path + object->directory - length - 1, length);
}

/* How well an object without a title would fit into a module of its directory; 0: not. */
static size_t fitness(const struct claims *claims, const struct object *object, uint16_t module,
		      size_t same, bool only)
{
	size_t length = strlen(claims->set->modules[module].name);
	bool named = is_named_so(claims, object, module);
	bool few = (only || named) && has_few_objects(claims, object);

	if (claims->known[module] & ALONE)
		return 0;
	if (claims->known[module] & ANCHORED)
		return same >= ALIKE || few ? PATH + same : 0;
	/* Where the module was ever seen, it is known what it has. */
	if (claims->set->modules[module].functions && !named)
		return 0;
	if (few && named)
		return PATH / 2 + same;
	return few || (same >= ALIKE && same * 2 >= length) ? 1 + same : 0;
}

/* The module of the list that an object without a title may be of, by its directory. */
static uint16_t likely_module(const struct claims *claims, const struct object *object)
{
	const struct kallmod_builtin_paths *paths = &claims->set->builtin;
	size_t first = lower_bound(paths, object->path, object->directory), n = 0, best = 0;
	uint16_t modules[MANY_MODULES], found = KALLMOD_SIGSET_CORE;
	size_t same[MANY_MODULES];

	if (*object->titles || !object->directory)
		return KALLMOD_SIGSET_CORE;
	for (size_t i = first; i < paths->n && n < MANY_MODULES; i++) {
		const char *path = paths->paths[i].object;

		if (compare_start(path, object->path, object->directory))
			break;
		if (strchr(path + object->directory, '/'))
			continue;
		same[n] = kallmod_module_names_alike(object->path + object->directory,
						     path + object->directory);
		modules[n++] = module_at(claims->set, path);
	}
	for (size_t i = 0; i < n && n < MANY_MODULES; i++) {
		size_t fits = fitness(claims, object, modules[i], same[i], n == 1);

		if (fits > best)
			found = modules[i];
		best = fits > best ? fits : best;
	}
	return found;
}

/*
 * The module of the list that the object's initcalls name, in whichever directory: drivers/soc/bcm
 * became drivers/pmdomain/bcm. Short names ("core") are had by many.
 */
static uint16_t moved_module(const struct claims *claims, const struct object *object)
{
	char name[PATH];

	for (const char *at = object->titles; *at;) {
		size_t length = strcspn(++at, ":");
		const struct kallmod_sigset_module *module;

		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		module = kallmod_sigset_find_module(claims->set, name);
		if (strchr(name, '_') && length >= LONG_NAME && module &&
		    kallmod_sigset_listed(claims->set, module - claims->set->modules) &&
		    !claims->known[module - claims->set->modules])
			return module - claims->set->modules;
		at += length;
	}
	return KALLMOD_SIGSET_CORE;
}

/* By module of the set: the releases of a file that have it. malloc'ed. */
static uint32_t *existing_of(const struct kallmod_sigset *set,
			     const struct kallmod_sigset_member *member)
{
	uint32_t *existing = calloc(set->nmodules + 1, sizeof(*existing));

	for (size_t i = 0; existing && i < member->file.header->nmodules; i++)
		existing[member->modules[i]] |= member->file.existing[i];
	return existing;
}

/* First what is sure, and then, with that, what is likely. */
static void claim_object(struct claims *claims, const char *name, bool sure,
			 struct kallmod_sigset_claim *claim)
{
	struct object object;

	if (!split_object(name, &object))
		return;
	if (sure) {
		claim->module = sure_module(claims, &object);
	} else if (claim->module == KALLMOD_SIGSET_CORE) {
		claim->module = moved_module(claims, &object);
		claim->sure = claim->module != KALLMOD_SIGSET_CORE;
		if (!claim->sure)
			claim->module = likely_module(claims, &object);
		/* Where the module is there without the object, it is not of it. */
		if (claim->module != KALLMOD_SIGSET_CORE)
			claim->releases = ~claims->existing[claim->module];
	}
}

int kallmod_sigset_claim_objects(const struct kallmod_sigset *set,
				 struct kallmod_sigset_member *member)
{
	const struct kallmod_sig_header *header = member->file.header;
	__attribute__((cleanup(claims_deinit))) struct claims claims = {
		.set = set,
		.member = member,
		.known = calloc(set->nmodules + 1, 1),
		.existing = existing_of(set, member),
		.directories = directories_of(member),
	};

	member->claims = calloc(header->nobjects + 1, sizeof(*member->claims));
	if (!claims.known || !claims.existing || !claims.directories || !member->claims)
		return -ENOMEM;
	for (size_t i = 0; i < header->nobjects; i++)
		member->claims[i] = (struct kallmod_sigset_claim){KALLMOD_SIGSET_CORE, UINT16_MAX,
								 true};
	for (int sure = 1; sure >= 0; sure--)
		for (size_t i = 0; i < header->nobjects; i++)
			claim_object(&claims,
				     kallmod_sigfile_name(&member->file, header->nmodules + i),
				     sure, &member->claims[i]);
	return 0;
}
