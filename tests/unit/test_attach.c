// SPDX-License-Identifier: GPL-2.0-only
/* Attaching, as far as it comes without the kernel; the rest is in tests/vm/attach*.vm. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attach_priv.h"

static int set_up(void **state)
{
	return kallmod_ctx_create((struct kallmod_ctx **)state);
}

static int tear_down(void **state)
{
	kallmod_ctx_destroy(*state);
	return 0;
}

static const struct kallmod_function functions[] = {
	{.addr = 0x1000, .name = "one", .mechanism = KALLMOD_MECHANISM_NO, .reason = "notrace"},
	{.addr = 0x2000, .name = "two", .mechanism = KALLMOD_MECHANISM_UNKNOWN},
	{.addr = 0x3000, .name = "three", .mechanism = KALLMOD_MECHANISM_MULTI},
};

static void test_nothing_attached(void **state)
{
	struct kallmod_attach_options options = {0};
	struct kallmod_attachment *attachment = NULL;
	struct kallmod_ctx *ctx = *state;

	assert_int_equal(kallmod_attach(ctx, functions, 3, &options, &attachment), -ENOENT);
	assert_null(attachment);
	assert_string_equal(kallmod_ctx_error(ctx),
			    "one: none of 3 functions could be attached: notrace");
}

static void test_no_functions(void **state)
{
	struct kallmod_attach_options options = {0};
	struct kallmod_attachment *attachment = NULL;
	struct kallmod_ctx *ctx = *state;

	assert_int_equal(kallmod_attach(ctx, NULL, 0, &options, &attachment), -ENOENT);
	assert_null(attachment);
	assert_string_equal(kallmod_ctx_error(ctx), "attaching: no functions were given");
}

static void test_other_kernel(void **state)
{
	struct kallmod_attach_options options = {0};
	struct kallmod_attachment *attachment = NULL;
	struct kallmod_ctx *ctx = *state;

	assert_int_equal(kallmod_attach(ctx, functions + 1, 1, &options, &attachment), -ENOENT);
	assert_non_null(strstr(kallmod_ctx_error(ctx), "another kernel"));
}

static void test_not_loaded(void **state)
{
	struct kallmod_attach_options options = {0};
	struct kallmod_attachment *attachment = NULL;
	struct kallmod_ctx *ctx = *state;

	assert_int_equal(kallmod_attach(ctx, functions + 2, 1, &options, &attachment), -ENOENT);
	assert_non_null(strstr(kallmod_ctx_error(ctx), "no program was loaded"));
}

/* Without programs there is nothing to prepare, whatever the functions want. */
static void test_prepare_nothing(void **state)
{
	struct kallmod_attach_options options = {0};

	assert_int_equal(kallmod_attach_prepare(*state, functions, 2, &options), 0);
	kallmod_attachment_destroy(NULL);
}

static void test_reasons(void **state)
{
	const char *skipped[3] = {0};
	struct kallmod_attachment attachment = {
		.ctx = *state, .functions = functions, .n = 3, .skipped = skipped};

	assert_int_equal(kallmod_attach_skip(&attachment, 0, -EINVAL, "refused"), 0);
	assert_int_equal(kallmod_attach_skip(&attachment, 1, -EINVAL, "refused"), 0);
	assert_int_equal(kallmod_attach_skip(&attachment, 2, 0, "constant"), 0);
	assert_string_equal(kallmod_attachment_skipped(&attachment, 0),
			    "refused (Invalid argument)");
	assert_ptr_equal(skipped[0], skipped[1]);
	assert_string_equal(kallmod_attachment_skipped(&attachment, 2), "constant");
	assert_null(kallmod_attachment_skipped(&attachment, 3));
	assert_int_equal(attachment.nreasons, 1);
	free(attachment.reasons[0]);
	free(attachment.reasons);
}

static void on_progress(void *arg, size_t done, size_t total)
{
	*(size_t *)arg = done * 100 + total;
}

static void test_progress(void **state)
{
	size_t seen = 0;
	struct kallmod_attachment attachment = {
		.ctx = *state,
		.options = {.progress = on_progress, .progress_arg = &seen},
		.single_total = 7,
	};

	kallmod_attach_progress(&attachment);
	assert_int_equal(seen, 107);
	kallmod_attach_progress(&attachment);
	assert_int_equal(seen, 207);
}

/* What is no link has missed nothing. */
static void test_missed(void **state)
{
	(void)state;
	assert_int_equal(kallmod_attach_link_missed(-1), 0);
	assert_int_equal(kallmod_attach_link_missed(0), 0);
	assert_int_equal(kallmod_attach_program_missed(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_attached, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_functions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_loaded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_prepare_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_progress, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
