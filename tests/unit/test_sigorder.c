// SPDX-License-Identifier: GPL-2.0-only
/* The order of linking, learnt from sequences of directories. */
#include "fake_root.h"
#include "sigorder.h"

static struct kallmod_sigorder *learn(void)
{
	struct kallmod_sigorder *order;

	assert_int_equal(kallmod_sigorder_create(&order), 0);
	return order;
}

/* One sequence, of directories with blanks between them. */
static void add(struct kallmod_sigorder *order, const char *directories)
{
	char copy[256], *rest, *directory;

	snprintf(copy, sizeof(copy), "%s", directories);
	assert_int_equal(kallmod_sigorder_begin(order, false), 0);
	for (directory = strtok_r(copy, " ", &rest); directory;
	     directory = strtok_r(NULL, " ", &rest))
		assert_int_equal(kallmod_sigorder_add(order, directory), 0);
}

static void assert_before(struct kallmod_sigorder *order, const char *a, const char *b)
{
	struct kallmod_sigplace x = kallmod_sigorder_find(order, a),
				y = kallmod_sigorder_find(order, b);

	if (x.low >= y.low || x.high > y.low)
		print_message("%s [%u, %u], %s [%u, %u]\n", a, x.low, x.high, b, y.low, y.high);
	assert_true(x.low < y.low);
	assert_true(x.high <= y.low);
}

static void assert_anywhere(struct kallmod_sigorder *order, const char *directory)
{
	struct kallmod_sigplace place = kallmod_sigorder_find(order, directory);

	assert_int_equal(place.low, 0);
	assert_int_equal(place.high, UINT16_MAX);
}

static void as_in_the_sequence(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	add(order, "kernel mm fs/ext4 fs/xfs drivers/net");
	assert_before(order, "kernel", "mm");
	assert_before(order, "mm", "fs/ext4");
	assert_before(order, "fs/ext4", "fs/xfs");
	assert_before(order, "fs", "drivers");
	assert_before(order, "fs/xfs", "drivers/net");
	kallmod_sigorder_destroy(order);
}

static void new_ones_go_behind_their_neighbours(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	add(order, "kernel mm drivers/net net");
	add(order, "kernel mm fs drivers/block drivers/net drivers/usb net");
	assert_before(order, "mm", "fs");
	assert_before(order, "fs", "drivers");
	assert_before(order, "drivers/net", "drivers/usb");
	assert_before(order, "drivers/usb", "net");
	kallmod_sigorder_destroy(order);
}

static void of_contradictions_the_first_counts(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	add(order, "kernel mm fs");
	add(order, "fs crypto mm kernel");
	assert_before(order, "kernel", "mm");
	assert_before(order, "mm", "fs");
	assert_before(order, "fs", "crypto");
	kallmod_sigorder_destroy(order);
}

/* .text comes before .init.text, which goes through all directories again. */
static void coming_back_says_nothing(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	add(order, "kernel mm fs kernel security");
	assert_before(order, "fs", "security");
	kallmod_sigorder_destroy(order);
}

static void what_cannot_be_told_is_anywhere(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	assert_anywhere(order, "kernel");
	add(order, "arch/x86/kernel kernel fs/ext4 lib lib/crypto");
	assert_anywhere(order, "arch/x86/kernel");
	assert_anywhere(order, "lib");
	assert_anywhere(order, "sound");
	assert_anywhere(order, "fs/xfs");
	assert_anywhere(order, "fs/ext");
	assert_anywhere(order, "fs/ext4/below");
	assert_anywhere(order, "");
	assert_before(order, "fs", "lib/crypto");
	kallmod_sigorder_destroy(order);
}

static void a_place_spans_what_is_below(void **state)
{
	struct kallmod_sigorder *order = learn();
	struct kallmod_sigplace drivers, intel, usb;

	(void)state;
	add(order, "drivers drivers/net/intel drivers/usb net");
	drivers = kallmod_sigorder_find(order, "drivers");
	intel = kallmod_sigorder_find(order, "drivers/net/intel");
	usb = kallmod_sigorder_find(order, "drivers/usb");
	assert_true(drivers.low < intel.low && intel.high <= drivers.high);
	assert_true(drivers.low < usb.low && usb.high <= drivers.high);
	assert_before(order, "drivers/net/intel", "drivers/usb");
	assert_before(order, "drivers", "net");
	kallmod_sigorder_destroy(order);
}

/* Numbers are given anew after what was added since. */
static void learning_goes_on_after_a_question(void **state)
{
	struct kallmod_sigorder *order = learn();

	(void)state;
	add(order, "kernel fs");
	assert_anywhere(order, "mm");
	add(order, "kernel mm");
	assert_before(order, "kernel", "mm");
	assert_before(order, "mm", "fs");
	kallmod_sigorder_destroy(order);
}

/* More directories than there are numbers: places stay within the scale, in order. */
static void too_many_directories_are_harmless(void **state)
{
	struct kallmod_sigorder *order = learn();
	struct kallmod_sigplace place;
	char name[32];

	(void)state;
	assert_int_equal(kallmod_sigorder_begin(order, false), 0);
	for (int i = 0; i < 66000; i++) {
		snprintf(name, sizeof(name), "d%d/e%d/f%d", i / 2500, i / 50 % 50, i % 50);
		assert_int_equal(kallmod_sigorder_add(order, name), 0);
	}
	place = kallmod_sigorder_find(order, "d26/e19/f49");
	assert_int_equal(place.low, UINT16_MAX);
	assert_int_equal(place.high, UINT16_MAX);
	assert_before(order, "d0/e0/f0", "d0/e0/f1");
	kallmod_sigorder_destroy(order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_in_the_sequence),
		cmocka_unit_test(new_ones_go_behind_their_neighbours),
		cmocka_unit_test(of_contradictions_the_first_counts),
		cmocka_unit_test(coming_back_says_nothing),
		cmocka_unit_test(what_cannot_be_told_is_anywhere),
		cmocka_unit_test(a_place_spans_what_is_below),
		cmocka_unit_test(learning_goes_on_after_a_question),
		cmocka_unit_test(too_many_directories_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
