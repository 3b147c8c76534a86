// SPDX-License-Identifier: GPL-2.0-only
/* The kallmodsyms tables: made, optimised, written as an image has them, and read back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modtables.h"

#define BASE 0xffffffff81000000ull

static const char *const ext4[] = {"ext4"};
static const char *const vf[] = {"liquidio_vf"};
static const char *const both[] = {"liquidio", "liquidio_vf"};

static void add(struct kallmod_modtables *tables, uint64_t offset, const char *const *modules,
		size_t n)
{
	assert_int_equal(kallmod_modtables_add(tables, BASE + offset, modules, n), 0);
}

static struct kallmod_modtables sample(void)
{
	struct kallmod_modtables tables = {};

	add(&tables, 0, NULL, 0);
	add(&tables, 0x1000, ext4, 1);
	add(&tables, 0x1234, ext4, 1);
	add(&tables, 0x2001, NULL, 0);
	add(&tables, 0x3000, vf, 1);
	add(&tables, 0x3100, both, 2);
	add(&tables, 0x3200, both, 2);
	add(&tables, 0x3300, ext4, 1);
	add(&tables, 0x4000, NULL, 0);
	return tables;
}

static void assert_modules(const struct kallmod_modtables *tables, uint64_t addr,
			   const char *wanted)
{
	const char *names[KALLMOD_MODTABLES_MODULES_MAX];
	char text[256] = "";
	size_t i = 0;
	int n;

	while (i + 1 < tables->count && tables->entries[i + 1].addr <= addr)
		i++;
	n = kallmod_modtables_modules(tables, tables->entries[i].module, names);
	assert_true(n >= 0);
	for (int k = 0; k < n; k++) {
		strcat(text, k ? "," : "");
		strcat(text, names[k]);
	}
	assert_string_equal(text, wanted);
}

static void assert_sample(const struct kallmod_modtables *tables)
{
	static const struct {
		uint64_t offset;
		const char *modules;
	} wanted[] = {
		{0, ""}, {0xfff, ""}, {0x1000, "ext4"}, {0x1233, "ext4"}, {0x2000, "ext4"},
		{0x2001, ""}, {0x2fff, ""}, {0x3000, "liquidio_vf"}, {0x30ff, "liquidio_vf"},
		{0x3100, "liquidio,liquidio_vf"}, {0x32ff, "liquidio,liquidio_vf"},
		{0x3300, "ext4"}, {0x3fff, "ext4"}, {0x4000, ""},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_modules(tables, BASE + wanted[i].offset, wanted[i].modules);
}

static void optimised_says_the_same(void **state)
{
	struct kallmod_modtables tables = sample();
	/* A list, with liquidio_vf pointed into, and ext4. */
	static const char names[] = "\0\0\2liquidio\0liquidio_vf\0ext4";

	(void)state;
	assert_sample(&tables);
	assert_int_equal(kallmod_modtables_optimise(&tables), 0);
	assert_sample(&tables);
	assert_int_equal(tables.count, 7);
	assert_int_equal(tables.names_len, sizeof(names));
	assert_memory_equal(tables.names, names, sizeof(names));
	assert_int_equal(tables.entries[3].module, 12);
	/* There is nothing left to gain. */
	assert_int_equal(kallmod_modtables_optimise(&tables), 0);
	assert_int_equal(tables.count, 7);
	assert_int_equal(tables.names_len, sizeof(names));
	kallmod_modtables_deinit(&tables);
}

/* An object of no size stands where the next one begins. */
static void empty_objects_vanish(void **state)
{
	struct kallmod_modtables tables = {};

	(void)state;
	add(&tables, 0, NULL, 0);
	add(&tables, 0x10, ext4, 1);
	add(&tables, 0x10, NULL, 0);
	assert_int_equal(kallmod_modtables_optimise(&tables), 0);
	assert_int_equal(tables.count, 1);
	assert_modules(&tables, BASE + 0x10, "");
	kallmod_modtables_deinit(&tables);
}

static void bad_objects_are_refused(void **state)
{
	static const char *const empty[] = {"a", ""};
	struct kallmod_modtables tables = {};
	const char *many[KALLMOD_MODTABLES_MODULES_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= KALLMOD_MODTABLES_MODULES_MAX; i++)
		many[i] = "m";
	add(&tables, 8, NULL, 0);
	assert_int_equal(kallmod_modtables_add(&tables, BASE, ext4, 1), -EINVAL);
	assert_int_equal(kallmod_modtables_add(&tables, BASE + 9, empty, 2), -EINVAL);
	assert_int_equal(kallmod_modtables_add(&tables, BASE + 9, many, 256), -E2BIG);
	assert_int_equal(tables.count, 1);
	assert_int_equal(tables.names_len, 1);
	add(&tables, 9, many, 255);
	kallmod_modtables_deinit(&tables);
}

static struct kallmod_modtables_raw raw_of(const struct kallmod_modtables_image *image,
					   const struct kallmod_modtables *tables)
{
	return (struct kallmod_modtables_raw){
		.addresses = image->data + image->addresses,
		.modules = image->data + image->modules,
		.names = (const char *)image->data + image->names,
		.count = tables->count,
		.names_len = tables->names_len,
	};
}

static void round_trip(const struct kallmod_modtables_form *form)
{
	struct kallmod_modtables tables = sample(), back;
	struct kallmod_modtables_image image;
	struct kallmod_modtables_raw raw;

	assert_int_equal(kallmod_modtables_optimise(&tables), 0);
	assert_int_equal(kallmod_modtables_encode(&tables, form, &image), 0);
	/* The counts are what the target reads. */
	assert_int_equal(image.data[image.num_modules + (form->big_endian ? 3 : 0)], 7);
	assert_int_equal(image.data[image.names_len + (form->big_endian ? 3 : 0)],
			 tables.names_len);
	raw = raw_of(&image, &tables);
	assert_int_equal(kallmod_modtables_decode(&raw, form, &back), 0);
	assert_sample(&back);
	kallmod_modtables_deinit(&back);
	kallmod_modtables_deinit(&tables);
	free(image.data);
}

static void every_form_reads_back(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct kallmod_modtables_form form = {KALLMOD_MODTABLES_RELATIVE, BASE, 8, big};

		round_trip(&form);
		form.encoding = KALLMOD_MODTABLES_PERCPU;
		round_trip(&form);
		form.word = 4;
		round_trip(&form);
		form = (struct kallmod_modtables_form){KALLMOD_MODTABLES_ABSOLUTE, 0, 8, big};
		round_trip(&form);
	}
}

/* By hand, so that encoder and decoder do not agree on the same mistake. */
static void encodings_are_the_kernels(void **state)
{
	struct kallmod_modtables_form form = {KALLMOD_MODTABLES_PERCPU, BASE, 8, true};
	static const uint8_t percpu[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff};
	static const uint8_t absolute[] = {0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff};
	struct kallmod_modtables tables = {};
	struct kallmod_modtables_image image;

	(void)state;
	add(&tables, 0, NULL, 0);
	add(&tables, 0x100, ext4, 1);
	assert_int_equal(kallmod_modtables_encode(&tables, &form, &image), 0);
	assert_memory_equal(image.data, percpu, sizeof(percpu));
	free(image.data);
	form = (struct kallmod_modtables_form){KALLMOD_MODTABLES_ABSOLUTE, 0, 8, false};
	assert_int_equal(kallmod_modtables_encode(&tables, &form, &image), 0);
	assert_memory_equal(image.data, absolute, sizeof(absolute));
	free(image.data);
	form.word = 4;
	assert_int_equal(kallmod_modtables_encode(&tables, &form, &image), -ERANGE);
	form = (struct kallmod_modtables_form){KALLMOD_MODTABLES_RELATIVE, BASE + 1, 8, false};
	assert_int_equal(kallmod_modtables_encode(&tables, &form, &image), -ERANGE);
	kallmod_modtables_deinit(&tables);
}

static void bad_tables_are_refused(void **state)
{
	struct kallmod_modtables_form form = {KALLMOD_MODTABLES_RELATIVE, BASE, 8, false};
	struct kallmod_modtables tables = sample(), back;
	struct kallmod_modtables_image image;
	struct kallmod_modtables_raw raw;

	(void)state;
	assert_int_equal(kallmod_modtables_optimise(&tables), 0);
	assert_int_equal(kallmod_modtables_encode(&tables, &form, &image), 0);
	raw = raw_of(&image, &tables);
	raw.names_len--; /* the last name does not end */
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	raw = raw_of(&image, &tables);
	raw.count = 0;
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	raw = raw_of(&image, &tables);
	image.data[image.names + 2] = 1; /* a list of one */
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	image.data[image.names + 2] = 200; /* a list that is longer than all names */
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	image.data[image.names + 2] = 2;
	image.data[image.modules + 4 * 3 + 2] = 1; /* an offset behind the names */
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	image.data[image.modules + 4 * 3 + 2] = 0;
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), 0);
	kallmod_modtables_deinit(&back);
	image.data[3] = 1; /* the first address above the second */
	assert_int_equal(kallmod_modtables_decode(&raw, &form, &back), -EINVAL);
	kallmod_modtables_deinit(&tables);
	free(image.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optimised_says_the_same),
		cmocka_unit_test(empty_objects_vanish),
		cmocka_unit_test(bad_objects_are_refused),
		cmocka_unit_test(every_form_reads_back),
		cmocka_unit_test(encodings_are_the_kernels),
		cmocka_unit_test(bad_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
