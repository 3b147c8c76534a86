// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Writing signature files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cleanup.h"
#include "grow.h"
#include "module_names.h"
#include "sigfile.h"

/* "A function of this hash is defined by owner, in the releases of the mask." */
struct fact {
	uint32_t hash;
	uint32_t owner; /* module; OBJECT + object of the kernel proper */
	uint16_t releases;
};

enum { OBJECT = 1 << 16 };

struct names {
	char **at;
	size_t n;
};

struct kallmod_sigbuilder {
	struct kallmod_ctx *ctx;
	struct names releases, modules, objects;
	struct names homes; /* the directory of each module, "" for none */
	struct names titles; /* of each object, NULL for none */
	uint32_t *existing;	 /* by module: the releases that have it */
	struct kallmod_sigorder *order;
	struct fact *facts;
	size_t n, capacity;
};

int kallmod_sigbuilder_create(struct kallmod_ctx *ctx, struct kallmod_sigbuilder **ret)
{
	struct kallmod_sigbuilder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	builder->ctx = ctx;
	if (kallmod_sigorder_create(&builder->order)) {
		free(builder);
		return kallmod_fail(ctx, -ENOMEM, "out of memory");
	}
	*ret = builder;
	return 0;
}

static void names_deinit(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
}

void kallmod_sigbuilder_destroy(struct kallmod_sigbuilder *builder)
{
	if (!builder)
		return;
	names_deinit(&builder->releases);
	names_deinit(&builder->modules);
	names_deinit(&builder->objects);
	names_deinit(&builder->homes);
	names_deinit(&builder->titles);
	free(builder->existing);
	kallmod_sigorder_destroy(builder->order);
	free(builder->facts);
	free(builder);
}

static int names_number(struct kallmod_sigbuilder *builder, struct names *names,
			const char *name, size_t max)
{
	char **at;

	for (size_t i = names->n; i-- > 0;)
		if (!strcmp(names->at[i], name))
			return i;
	if (names->n == max)
		return kallmod_fail(builder->ctx, -E2BIG, "%s: a signature file holds at most %zu",
				    name, max);
	at = reallocarray(names->at, names->n + 1, sizeof(*at));
	if (!at)
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	names->at = at;
	at[names->n] = strdup(name);
	return at[names->n] ? (int)names->n++ :
			      kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
}

int kallmod_sigbuilder_release(struct kallmod_sigbuilder *builder, const char *release)
{
	if (!kallmod_sig_release_valid(release))
		return kallmod_fail(builder->ctx, -EINVAL,
				    "a release is 1 to %d letters, digits and any of '_.-+~:'; write it as 'uname -r' does",
				    KALLMOD_SIG_MAX_NAME);
	return names_number(builder, &builder->releases, release, KALLMOD_SIG_MAX_RELEASES);
}

/* Makes room for what is known of one more module. */
static int add_home(struct kallmod_sigbuilder *builder)
{
	struct names *homes = &builder->homes;
	char **at = reallocarray(homes->at, homes->n + 1, sizeof(*at));
	uint32_t *existing;

	if (!at)
		return -ENOMEM;
	homes->at = at;
	existing = reallocarray(builder->existing, homes->n + 1, sizeof(*existing));
	if (!existing)
		return -ENOMEM;
	builder->existing = existing;
	existing[homes->n] = 0;
	at[homes->n++] = NULL;
	return 0;
}

/* Notes the directory of the module of that number, where none is known. */
static int set_home(struct kallmod_sigbuilder *builder, int module, const char *directory)
{
	struct names *homes = &builder->homes;

	if ((size_t)module == homes->n && add_home(builder))
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	if (homes->at[module] && *homes->at[module])
		return module;
	free(homes->at[module]);
	homes->at[module] = strdup(directory);
	return homes->at[module] ? module : kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
}

int kallmod_sigbuilder_module(struct kallmod_sigbuilder *builder, const char *module,
			      const char *directory)
{
	char name[KALLMOD_SIG_MAX_NAME + 1];
	size_t i;
	int n;

	if (!kallmod_sig_module_valid(module))
		return kallmod_fail(builder->ctx, -EINVAL,
				    "a module's name is 1 to %d letters, digits and any of '_.-'",
				    KALLMOD_SIG_MAX_NAME);
	for (i = 0; module[i]; i++)
		name[i] = kallmod_module_letter(module[i]);
	name[i] = '\0';
	n = names_number(builder, &builder->modules, name,
			 KALLMOD_SIG_MAX_MODULES - builder->objects.n);
	return n < 0 ? n : set_home(builder, n, directory);
}

void kallmod_sigbuilder_exists(struct kallmod_sigbuilder *builder, int release, int module)
{
	builder->existing[module] |= 1u << release;
}

int kallmod_sigbuilder_object(struct kallmod_sigbuilder *builder, const char *object)
{
	struct names *titles = &builder->titles;
	char **at;
	int n;

	if (strlen(object) > KALLMOD_SIG_MAX_NAME)
		return kallmod_fail(builder->ctx, -EINVAL, "%s: is too long for an object", object);
	n = names_number(builder, &builder->objects, *object ? object : "-",
			 KALLMOD_SIG_MAX_MODULES - builder->modules.n);
	if (n < 0 || (size_t)n < titles->n)
		return n < 0 ? n : OBJECT + n;
	at = reallocarray(titles->at, titles->n + 1, sizeof(*at));
	if (!at)
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	titles->at = at;
	at[titles->n++] = NULL;
	return OBJECT + n;
}

/* Is the title one of ":TITLE:TITLE…"? */
static bool has_title(const char *titles, const char *title)
{
	size_t length = strlen(title);

	for (const char *at = titles; at; at = strchr(at + 1, ':'))
		if (!strncmp(at + 1, title, length) && (!at[1 + length] || at[1 + length] == ':'))
			return true;
	return false;
}

int kallmod_sigbuilder_title(struct kallmod_sigbuilder *builder, int object, const char *title)
{
	char **at = &builder->titles.at[object - OBJECT], *longer;
	size_t length = strlen(builder->objects.at[object - OBJECT]) + strlen(title) + 1 +
			(*at ? strlen(*at) : 0);

	/* A number is what the preprocessor made of it: net/unix is 1. */
	if (!kallmod_sig_module_valid(title) || !title[strspn(title, "0123456789")] ||
	    length > KALLMOD_SIG_MAX_NAME || has_title(*at, title))
		return 0;
	if (asprintf(&longer, "%s:%s", *at ? *at : "", title) < 0)
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	free(*at);
	*at = longer;
	return 0;
}

/* Makes "drivers/nvmem/core.o:nvmem_core" of objects with a title. */
static int add_titles(struct kallmod_sigbuilder *builder)
{
	for (size_t i = 0; i < builder->titles.n; i++) {
		char **object = &builder->objects.at[i], *both;

		if (!builder->titles.at[i])
			continue;
		if (asprintf(&both, "%s%s", *object, builder->titles.at[i]) < 0)
			return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
		free(*object);
		*object = both;
		free(builder->titles.at[i]);
		builder->titles.at[i] = NULL;
	}
	return 0;
}

struct kallmod_sigorder *kallmod_sigbuilder_order(struct kallmod_sigbuilder *builder)
{
	return builder->order;
}

int kallmod_sigbuilder_add(struct kallmod_sigbuilder *builder, int release, int owner,
			   const char *name)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold);

	if (kallmod_grow(&builder->facts, &builder->capacity, builder->n, sizeof(*builder->facts)))
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	if (owner < OBJECT)
		kallmod_sigbuilder_exists(builder, release, owner);
	builder->facts[builder->n++] = (struct fact){
		kallmod_sig_hash(start, length), (uint32_t)owner, (uint16_t)(1u << release)};
	return 0;
}

static int compare_facts(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->owner > y->owner) - (x->owner < y->owner);
}

/* Sorts, and makes one fact of those that differ in the release only. */
static void merge_facts(struct kallmod_sigbuilder *builder)
{
	size_t n = 0;

	if (!builder->n)
		return;
	qsort(builder->facts, builder->n, sizeof(*builder->facts), compare_facts);
	for (size_t i = 0; i < builder->n; i++) {
		if (n && !compare_facts(&builder->facts[n - 1], &builder->facts[i]))
			builder->facts[n - 1].releases |= builder->facts[i].releases;
		else
			builder->facts[n++] = builder->facts[i];
	}
	builder->n = n;
}

/* A file in memory. */
struct image {
	char *data;
	size_t size;
};

static void put(struct image *image, const void *data, size_t size)
{
	memcpy(image->data + image->size, data, size);
	image->size += size;
}

static void put_u32(struct image *image, uint32_t value)
{
	put(image, &value, sizeof(value));
}

static size_t put_offsets(struct image *image, const struct names *names, size_t offset)
{
	for (size_t i = 0; i < names->n; i++) {
		put_u32(image, offset);
		offset += strlen(names->at[i]) + 1;
	}
	return offset;
}

static void put_strings(struct image *image, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		put(image, names->at[i], strlen(names->at[i]) + 1);
}

static bool first_of_hash(const struct kallmod_sigbuilder *builder, size_t i)
{
	return !i || builder->facts[i].hash != builder->facts[i - 1].hash;
}

/* In the file objects are behind all modules. */
static uint32_t owner_number(const struct kallmod_sigbuilder *builder, uint32_t owner)
{
	return owner < OBJECT ? owner : owner - OBJECT + builder->modules.n;
}

/* Of the object where one was seen, else of its directory. */
static void put_place(struct image *image, const struct kallmod_sigbuilder *builder,
		      const char *directory, const char *object)
{
	struct kallmod_sigplace place = kallmod_sigorder_find(builder->order, directory), inner;

	/* Where a directory is linked in several places, so are its objects. */
	if (place.low || place.high != UINT16_MAX) {
		inner = kallmod_sigorder_find(builder->order, object);
		if (inner.low || inner.high != UINT16_MAX)
			place = inner;
	}
	put_u32(image, place.low | (uint32_t)place.high << 16);
}

/* A module of one object is where that is, and one of several in their directory. */
static void put_places(struct image *image, const struct kallmod_sigbuilder *builder)
{
	char directory[KALLMOD_SIG_MAX_NAME + 1], object[2 * KALLMOD_SIG_MAX_NAME + 8];

	for (size_t i = 0; i < builder->homes.n; i++) {
		const char *home = builder->homes.at[i];

		snprintf(object, sizeof(object), "%.*s/%s.o", KALLMOD_SIG_MAX_NAME, home,
			 builder->modules.at[i]);
		put_place(image, builder, home, object);
	}
	for (size_t i = 0; i < builder->objects.n; i++) {
		const char *slash;

		snprintf(object, sizeof(object), "%s", builder->objects.at[i]);
		object[strcspn(object, ":")] = '\0';
		slash = strrchr(object, '/');
		snprintf(directory, sizeof(directory), "%.*s",
			 slash ? (int)(slash - object) : 0, object);
		put_place(image, builder, directory, object);
	}
}

static void put_facts(struct image *image, const struct kallmod_sigbuilder *builder)
{
	uint32_t names = 0, bucket = 0;

	for (size_t i = 0; i < builder->n; i++) {
		if (!first_of_hash(builder, i))
			continue;
		for (; bucket <= builder->facts[i].hash >> 16; bucket++)
			put_u32(image, names);
		names++;
	}
	for (; bucket < KALLMOD_SIG_INDEX; bucket++)
		put_u32(image, names);
	for (size_t i = 0; i < builder->n; i++)
		if (first_of_hash(builder, i))
			put_u32(image, i);
	put_u32(image, builder->n);
	for (size_t i = 0; i < builder->n; i++)
		put_u32(image, owner_number(builder, builder->facts[i].owner) |
				       (uint32_t)builder->facts[i].releases << 16);
	for (size_t i = 0; i < builder->n; i++) {
		uint16_t low = builder->facts[i].hash;

		if (first_of_hash(builder, i))
			put(image, &low, sizeof(low));
	}
}

static int make_image(struct kallmod_sigbuilder *builder, struct image *image)
{
	struct kallmod_sig_header header = {
		.magic = KALLMOD_SIG_MAGIC,
		.version = KALLMOD_SIG_VERSION,
		.nreleases = builder->releases.n,
		.nmodules = builder->modules.n,
		.nobjects = builder->objects.n,
		.nposts = builder->n,
	};
	const struct names *lists[] = {&builder->releases, &builder->modules, &builder->objects};
	size_t owners = builder->modules.n + builder->objects.n;
	size_t strings = 1;

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			strings += strlen(lists[k]->at[i]) + 1;
	for (size_t i = 0; i < builder->n; i++)
		header.nnames += first_of_hash(builder, i);
	header.strings_size = strings;
	image->data = malloc(sizeof(header) + 4 * (header.nreleases + 2 * owners + header.nmodules +
						   KALLMOD_SIG_INDEX + header.nnames + 1 +
						   builder->n) +
			     2 * header.nnames + strings);
	if (!image->data)
		return kallmod_fail(builder->ctx, -ENOMEM, "out of memory");
	image->size = sizeof(header);
	strings = 0;
	for (size_t k = 0; k < 3; k++)
		strings = put_offsets(image, lists[k], strings);
	put_places(image, builder);
	for (size_t i = 0; i < builder->modules.n; i++)
		put_u32(image, builder->existing[i]);
	put_facts(image, builder);
	for (size_t k = 0; k < 3; k++)
		put_strings(image, lists[k]);
	put(image, "", 1);
	header.crc32 = crc32(0, (const Bytef *)image->data + sizeof(header),
			     image->size - sizeof(header));
	memcpy(image->data, &header, sizeof(header));
	return 0;
}

static int write_all(int fd, const struct image *image)
{
	for (size_t done = 0; done < image->size;) {
		ssize_t n = write(fd, image->data + done, image->size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

int kallmod_sigbuilder_write(struct kallmod_sigbuilder *builder, const char *path)
{
	char *temporary = NULL;
	struct image image = {};
	int fd = -1, err;

	merge_facts(builder);
	err = add_titles(builder);
	if (!err)
		err = make_image(builder, &image);
	if (err)
		return err;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		err = -ENOMEM;
	else if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		err = -errno;
	if (!err)
		err = write_all(fd, &image);
	if (!err && (fchmod(fd, 0644) || rename(temporary, path)))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err && fd >= 0)
		unlink(temporary);
	free(temporary);
	free(image.data);
	return err ? kallmod_fail(builder->ctx, err, "%s: cannot be written: %s", path,
				  strerror(-err)) : 0;
}
