// SPDX-License-Identifier: GPL-2.0-only
/* Specs of functions: the grammar, what matches, and patterns that are no good. */
#include <errno.h>

#include "clock.h"
#include "fake_root.h"
#include "map.h"
#include "spec.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Sets: core, ext4, {liquidio, liquidio_vf}, snd_pcm, bpf (pseudo). */
static struct kallmod_map *some_map(void)
{
	static const char *const sets[][2] = {
		{"ext4"}, {"liquidio", "liquidio-vf"}, {"snd_pcm"}, {"bpf"}};
	struct kallmod_map *map;
	uint32_t set;

	assert_int_equal(kallmod_map_create(&map), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct kallmod_range range = {0x1000 * (i + 1), 0x1000 * (i + 2), .confidence = 1};

		assert_int_equal(kallmod_map_set(map, i == 3 ? KALLMOD_KIND_PSEUDO :
							       KALLMOD_KIND_BUILTIN,
						 sets[i], i == 1 ? 2 : 1, &set), 0);
		range.set = set;
		assert_int_equal(kallmod_map_add(map, &range), 0);
	}
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

/* The spec's sets, a letter each (c, e, l, s, b), then its answer to each of the names. */
static const char *tell(struct kallmod_ctx *ctx, const char *text, const char *name)
{
	static char told[16];
	struct kallmod_map *map = some_map();
	struct kallmod_spec spec;
	size_t n = 0;

	assert_int_equal(kallmod_spec_parse(ctx, text, &spec), 0);
	for (uint32_t set = 0; set < kallmod_map_set_count(map); set++)
		if (kallmod_spec_has_set(&spec, map, set))
			told[n++] = kallmod_map_set_name(map, set)[0];
	told[n++] = kallmod_spec_has_function(&spec, name) ? '+' : '-';
	told[n] = '\0';
	assert_int_equal(kallmod_spec_check(ctx, &spec), 0);
	kallmod_spec_deinit(&spec);
	kallmod_map_destroy(map);
	return told;
}

static void specs_mean_what_the_page_says(void **state)
{
	static const struct {
		const char *spec, *name, *told;
	} cases[] = {
		{"ext4:*", "ext4_iget", "e+"},
		{"ext4:", "x", "e+"},
		{"vfs_read", "vfs_read", "cels+"},
		{"vfs_read", "vfs_readv", "cels-"},
		{"vfs_*", "vfs_readv", "cels+"},
		{"core:vfs_*", "vfs_readv", "c+"},
		{"*:init_once", "init_once", "cels+"},
		{"liquidio:*", "a", "l+"},
		{"liquidio_vf:*", "a", "l+"},
		{"liquidio-vf:*", "a", "l+"},
		{"liquidio,liquidio_vf:*", "a", "l+"},
		{"snd-pcm:a-b", "a-b", "s+"},
		{"snd[_-z]pcm:a", "a", "s+"},
		{"/snd-.*/:a", "a", "s+"},
		{"/^e|^l/:/_(read|write)$/", "ext4_write", "el+"},
		{"/ext4/:/read/", "vfs_readv", "e+"},
		{"/ext4/:/^read/", "vfs_readv", "e-"},
		{"/_read$/", "vfs_read", "cels+"},
		{"e?t[0-9]:foo.cold", "foo.cold", "e+"},
		{"ext4:foo.cold", "fooxcold", "e-"},
		{"ext4:foo.isra.[0-9]", "foo.isra.7", "e+"},
		{"ext[!5-9]:[^a]b", "cb", "e+"},
		{"ext4:a:b", "a:b", "e+"},
		{"a\\:b", "a:b", "cels+"},
		{"core:a\\*", "a*", "c+"},
		{"core:a\\*", "ab", "c-"},
		{"core:a\\\\", "a\\", "c+"},
		{"core:[]x]", "]", "c+"},
		{"core:[a-]", "-", "c+"},
		{"[a:b]", ":", "cels+"},
		{"core:\\/x", "/x", "c+"},
		{"core:/a\\/b/", "a/b", "c+"},
		{"core:*a*b*", "xxaxxbxx", "c+"},
		{"core:*a*b", "xxaxxbxx", "c-"},
		{"core:a**", "a", "c+"},
		{"core:?", "", "c-"},
		{"core:/[[:digit:]]{2}/", "x12", "c+"},
		/* What the kernel makes at run time is not meant by patterns. */
		{"bpf:*", "a", "b+"},
		{"b*:*", "a", "+"},
		{"/bpf/:*", "a", "+"},
	};
	struct fake_root *root = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *told = tell(root->ctx, cases[i].spec, cases[i].name);

		if (strcmp(told, cases[i].told))
			fail_msg("%s, %s: %s, not %s", cases[i].spec, cases[i].name, told,
				 cases[i].told);
	}
}

static void bad_specs_are_refused_by_place(void **state)
{
	static const struct {
		const char *spec, *error;
	} cases[] = {
		{"", "empty spec"},
		{":foo", "at character 1: a module is wanted"},
		{"ext4:[a-", "at character 6: '[' is not closed"},
		{"ext4:a[]", "at character 7: '[' is not closed"},
		{"ext4:ab\\", "at character 8: a backslash at the end"},
		{"ext4:[[:alpha:]]", "write /[[:alpha:]]/"},
		{"/ext4", "at character 1: the regular expression has no '/'"},
		{"/ext4\\/", "has no '/'"},
		{"ext4:/a", "at character 6: the regular"},
		{"/ext4/x:*", "at character 7: a colon is wanted"},
		{"ext4:/a/b", "at character 9: there is more"},
		{"ext4://", "at character 7: an empty regular"},
		{"ext4:/a(b/", "at character 7: Unmatched ("},
		{"ext4:/[a/", "at character 7: "},
		{"/(/:*", "at character 2: Unmatched ("},
		{"/(a)\\1/", "at character 5: back-references"},
	};
	struct fake_root *root = *state;
	struct kallmod_spec spec;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(kallmod_spec_parse(root->ctx, cases[i].spec, &spec), -EINVAL);
		if (!strstr(kallmod_ctx_error(root->ctx), cases[i].error))
			fail_msg("%s: %s", cases[i].spec, kallmod_ctx_error(root->ctx));
	}
}

static void long_patterns_are_refused(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_spec spec;
	char text[1024];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(kallmod_spec_parse(root->ctx, text, &spec), -EINVAL);
	assert_error(root->ctx, "longer than 512 bytes");
	text[0] = '/';
	text[sizeof(text) - 2] = '/';
	assert_int_equal(kallmod_spec_parse(root->ctx, text, &spec), -EINVAL);
	assert_error(root->ctx, "longer than 512 bytes");
}

/* Each of these takes glibc gigabytes, or hours. */
static void bombs_are_refused(void **state)
{
	static const char *const bombs[] = {
		"/(((a{1,255}){1,255}){1,255}){1,255}/",
		"/((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+/",
		"/a{1001}/",
		"/a{99999999999999999999}/",
		"/(((((x{2,}){2,}){2,}){2,}){9}){9}/",
		"/((a{255})*{255})/",
		"/a??????????????????????????????????????+/",
		"/((a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)(a?|b?)){2,}/",
		"/((a?|b?){20})*/",
		"/(|){1000}{1000}{1000}{1000}/",
		"/){1000}{1000}{1000}{1000}/",
		"/((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))/",
	};
	struct fake_root *root = *state;
	struct kallmod_spec spec;

	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++)
		if (kallmod_spec_parse(root->ctx, bombs[i], &spec) != -EINVAL)
			fail_msg("%s was accepted", bombs[i]);
}

/* Stars that a simple matcher would try in all combinations. */
static void stars_take_no_time(void **state)
{
	struct fake_root *root = *state;
	uint64_t start = kallmod_now_ns();
	struct kallmod_spec spec;
	char name[512];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(kallmod_spec_parse(root->ctx, "core:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", &spec), 0);
	for (int i = 0; i < 100; i++)
		assert_false(kallmod_spec_has_function(&spec, name));
	kallmod_spec_deinit(&spec);
	assert_true(kallmod_now_ns() - start < 2000000000ull);
}

/* An expression with 2^19 states is begun anew before it has them all, and matches as before. */
static void states_are_forgotten(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_spec spec;
	char name[400];

	assert_int_equal(kallmod_spec_parse(root->ctx, "/a.{18}$/", &spec), 0);
	for (unsigned int round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof(name) - 1; i++)
			name[i] = "ab"[(i * i + round * i) / 7 % 2];
		name[sizeof(name) - 1] = '\0';
		name[sizeof(name) - 20] = round % 2 ? 'a' : 'b';
		assert_int_equal(kallmod_spec_has_function(&spec, name), round % 2);
	}
	assert_true(spec.function.fed < 16384);
	assert_int_equal(kallmod_spec_check(root->ctx, &spec), 0);
	kallmod_spec_deinit(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(specs_mean_what_the_page_says),
		rooted_test(bad_specs_are_refused_by_place),
		rooted_test(long_patterns_are_refused),
		rooted_test(bombs_are_refused),
		rooted_test(stars_take_no_time),
		rooted_test(states_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
