// SPDX-License-Identifier: GPL-2.0-only
/* The cache: what goes in comes out; damage and other people's files are as if not there. */
#include <errno.h>
#include <fcntl.h>

#include "cache.h"
#include "fake_root.h"
#include "map.h"

#define NOBODY 65534

static struct kallmod_map *new_map(void)
{
	const char *names[] = { "liquidio", "liquidio_vf" };
	struct kallmod_range range = { 100, 200, 0, 0.75f, KALLMOD_TRUST_INFERRED, 0, 2 };
	struct kallmod_mark mark = { 110, 120, KALLMOD_MARK_IDLE };
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	kallmod_map_set_source(map, 2, KALLMOD_TRUST_INFERRED);
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 1, &range.set), 0);
	assert_int_equal(kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 2, &range.set), 0);
	assert_int_equal(kallmod_map_add(map, &range), 0);
	assert_int_equal(kallmod_map_add_mark(map, &mark), 0);
	assert_int_equal(kallmod_map_add_extent(map, 50, 300, KALLMOD_SECTION_TEXT), 0);
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

static void assert_same(const struct kallmod_map *a, const struct kallmod_map *b)
{
	assert_int_equal(kallmod_map_range_count(a), kallmod_map_range_count(b));
	for (size_t i = 0; i < kallmod_map_range_count(a); i++) {
		const struct kallmod_range *x = kallmod_map_range(a, i);
		const struct kallmod_range *y = kallmod_map_range(b, i);

		assert_int_equal(x->start, y->start);
		assert_int_equal(x->end, y->end);
		assert_int_equal(x->set, y->set);
		assert_true(x->confidence == y->confidence);
		assert_int_equal(x->trust, y->trust);
		assert_int_equal(x->section, y->section);
		assert_int_equal(x->source, y->source);
	}
	assert_int_equal(kallmod_map_set_count(a), kallmod_map_set_count(b));
	for (size_t i = 0; i < kallmod_map_set_count(a); i++)
		assert_string_equal(kallmod_map_set_name(a, i), kallmod_map_set_name(b, i));
	assert_int_equal(kallmod_map_mark_count(a), kallmod_map_mark_count(b));
	assert_int_equal(kallmod_map_extent_count(a), kallmod_map_extent_count(b));
	assert_int_equal(kallmod_map_trust(a), kallmod_map_trust(b));
	assert_string_equal(kallmod_map_source(a), kallmod_map_source(b));
}

static void maps_survive(void **state)
{
	struct kallmod_map *map = new_map(), *copy;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(kallmod_cache_encode(map, "key", &data, &size), 0);
	assert_int_equal(kallmod_cache_decode(data, size, "other", &copy), -EINVAL);
	assert_int_equal(kallmod_cache_decode(data, size, "key", &copy), 0);
	assert_same(map, copy);
	kallmod_map_destroy(copy);
	kallmod_map_destroy(map);
	free(data);
}

static void damage_is_noticed(void **state)
{
	struct kallmod_map *map = new_map(), *copy;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(kallmod_cache_encode(map, "key", &data, &size), 0);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(kallmod_cache_decode(data, i, "key", &copy), -EINVAL);
	for (size_t i = 0; i < size; i++) {
		data[i] ^= 0x10;
		if (!kallmod_cache_decode(data, size, "key", &copy))
			fail_msg("byte %zu of %zu may change unseen", i, size);
		data[i] ^= 0x10;
	}
	kallmod_map_destroy(map);
	free(data);
}

/* A runtime directory of a user who is not root, and the cache in it. */
struct place {
	char base[64], directory[128], file[256];
};

static void enter(struct fake_root *root, struct place *place)
{
	snprintf(place->base, sizeof(place->base), "%s", root->path);
	snprintf(place->directory, sizeof(place->directory), "%s/kallmod", root->path);
	setenv("XDG_RUNTIME_DIR", place->base, 1);
	unsetenv("KALLMOD_NO_CACHE");
	if (geteuid())
		return;
	assert_int_equal(chown(root->path, NOBODY, NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
}

static void leave(void)
{
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
}

static void find_file(struct place *place)
{
	char command[256];
	FILE *pipe;

	snprintf(command, sizeof(command), "ls -d %s/map-*", place->directory);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(place->file, sizeof(place->file), pipe));
	pclose(pipe);
	place->file[strcspn(place->file, "\n")] = '\0';
}

static void files_are_ours_alone(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = new_map(), *copy = NULL;
	char other[300];
	struct place place;
	struct stat st;

	enter(root, &place);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	kallmod_cache_store(root->ctx, "key", map);
	find_file(&place);
	assert_int_equal(stat(place.directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(place.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), 0);
	assert_same(map, copy);
	kallmod_map_destroy(copy);
	assert_int_equal(kallmod_cache_load(root->ctx, "newer", &copy), -ENOENT);

	setenv("KALLMOD_NO_CACHE", "1", 1);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	unsetenv("KALLMOD_NO_CACHE");

	assert_int_equal(chmod(place.file, 0640), 0);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	assert_int_equal(chmod(place.file, 0600), 0);
	assert_int_equal(chmod(place.directory, 0770), 0);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	assert_int_equal(chmod(place.directory, 0700), 0);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), 0);
	kallmod_map_destroy(copy);

	snprintf(other, sizeof(other), "%s/elsewhere", place.base);
	assert_int_equal(rename(place.file, other), 0);
	assert_int_equal(symlink(other, place.file), 0);
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	/* Storing replaces the link and leaves alone what it points to. */
	kallmod_cache_store(root->ctx, "key2", map);
	assert_int_equal(lstat(place.file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(kallmod_cache_load(root->ctx, "key2", &copy), 0);
	kallmod_map_destroy(copy);
	leave();
	kallmod_map_destroy(map);
}

static void linked_directories_are_refused(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map = new_map(), *copy = NULL;
	struct place place;
	char other[128];

	enter(root, &place);
	snprintf(other, sizeof(other), "%s/theirs", place.base);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(symlink(other, place.directory), 0);
	kallmod_cache_store(root->ctx, "key", map);
	assert_int_equal(rmdir(other), 0); /* nothing was put there */
	assert_int_equal(kallmod_cache_load(root->ctx, "key", &copy), -ENOENT);
	leave();
	kallmod_map_destroy(map);
}

/* Only the running kernel's map is kept, and its key knows the settings. */
static void keys_are_for_live_maps(void **state)
{
	struct fake_root *root = *state;
	char *key, *other;

	assert_null(kallmod_cache_key(root->ctx));
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_ROOT, NULL), 0);
	key = kallmod_cache_key(root->ctx);
	if (!key) {
		print_message("no boot_id or /proc/version here\n");
		skip();
	}
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_EXCLUDE_RELEASE, "6.12"), 0);
	other = kallmod_cache_key(root->ctx);
	assert_string_not_equal(key, other);
	free(other);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_EXCLUDE_RELEASE, NULL), 0);
	other = kallmod_cache_key(root->ctx);
	assert_string_equal(key, other);
	free(other);
	free(key);
	/* A signature file that is new, or has changed. */
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
	key = kallmod_cache_key(root->ctx);
	fake_root_write(root, "debian.sig", "x");
	other = kallmod_cache_key(root->ctx);
	assert_string_not_equal(key, other);
	free(key);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_survive),
		cmocka_unit_test(damage_is_noticed),
		rooted_test(files_are_ours_alone),
		rooted_test(linked_directories_are_refused),
		rooted_test(keys_are_for_live_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
