// SPDX-License-Identifier: GPL-2.0-only
/* Symbol tables: the parser, its refusals, order, lookup; contexts and bounded reading. */
#include <errno.h>

#include "fake_root.h"
#include "symbols.h"

static const char *const sample =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A cpu_debug_store\n"
	"ffffffff81000000 t local_first\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000100 t __pfx_vfs_read\n"
	"ffffffff81000110 T vfs_read\n"
	"ffffffff81000200 t _RNvCs$odd.name<T>@1\n"
	"ffffffff81001000 T _etext\n"
	"ffffffff82000000 d some_data\n"
	"ffffffffc0000400 t nf_late\t[nf_tables]\n"
	"ffffffffc0000000 t nf_init\t[nf_tables]\n";

static int read_text(struct kallmod_ctx *ctx, const char *text,
		     enum kallmod_symbols_extent extent, struct kallmod_symbols **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;

	assert_int_equal(kallmod_reader_memory(&reader, ctx, "test", text, strlen(text)), 0);
	return kallmod_symbols_read(&reader, extent, ret);
}

static void symbols_are_sorted_and_found(void **state)
{
	struct kallmod_symbols *symbols;
	const struct kallmod_symbol *symbol;

	(void)state;
	assert_int_equal(read_text(NULL, sample, KALLMOD_SYMBOLS_ALL, &symbols), 0);
	assert_int_equal(kallmod_symbols_count(symbols), 12);
	symbol = kallmod_symbols_at(symbols, 10);
	assert_string_equal(symbol->name, "nf_init");
	assert_string_equal(symbol->module, "nf_tables");
	assert_null(kallmod_symbols_at(symbols, 12));
	symbol = kallmod_symbols_at(symbols, kallmod_symbols_find(symbols, 0xffffffff81000000));
	assert_string_equal(symbol->name, "_stext"); /* global, and before _text */
	symbol = kallmod_symbols_at(symbols, kallmod_symbols_find(symbols, 0xffffffff81000150));
	assert_string_equal(symbol->name, "vfs_read");
	symbol = kallmod_symbols_by_name(symbols, "_RNvCs$odd.name<T>@1");
	assert_int_equal(symbol->addr, 0xffffffff81000200);
	assert_int_equal(kallmod_symbols_end(symbols, kallmod_symbols_find(symbols, 0)), 0x1000);
	assert_int_equal(kallmod_symbols_end(symbols, 11), 0);
	assert_true(kallmod_symbols_text_at(symbols, 0xffffffff81000100));
	assert_false(kallmod_symbols_text_at(symbols, 0xffffffff82000000));
	kallmod_symbols_destroy(symbols);
}

/* Enough lookups to pass from scanning to the hash: both must say the same. */
static void names_are_found_again_and_again(void **state)
{
	struct kallmod_symbols *symbols;

	(void)state;
	assert_int_equal(read_text(NULL, sample, KALLMOD_SYMBOLS_ALL, &symbols), 0);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(kallmod_symbols_by_name(symbols, "_etext")->addr,
				 0xffffffff81001000);
		assert_null(kallmod_symbols_by_name(symbols, "no_such"));
	}
	kallmod_symbols_destroy(symbols);
}

static void add_symbol(struct kallmod_symbols *symbols, uint64_t addr, uint64_t size,
		       const char *name)
{
	const struct kallmod_symbol symbol = {
		.addr = addr, .size = size, .type = 't', .name = name};

	assert_int_equal(kallmod_symbols_add(symbols, &symbol), 0);
}

/* The name of what is around addr, and its end less addr. */
static const char *around(const struct kallmod_symbols *symbols, uint64_t addr, uint64_t *left)
{
	ptrdiff_t index = kallmod_symbols_around(symbols, addr, left);

	if (index < 0)
		return "";
	*left -= addr;
	return kallmod_symbols_at(symbols, index)->name;
}

static void symbols_end_where_their_sizes_say(void **state)
{
	cleanup_symbols struct kallmod_symbols *symbols = NULL;
	uint64_t left;

	(void)state;
	assert_int_equal(kallmod_symbols_create(&symbols), 0);
	add_symbol(symbols, 0x8000000000001000, 0x100, "outer");
	add_symbol(symbols, 0x8000000000001040, 0x10, "inner");
	add_symbol(symbols, 0x8000000000001200, 0, "unknown");
	add_symbol(symbols, 0x8000000000001300, 0, "last");
	assert_int_equal(kallmod_symbols_sort(symbols), 0);
	assert_string_equal(around(symbols, 0x8000000000000fff, &left), "");
	assert_string_equal(around(symbols, 0x8000000000001044, &left), "inner");
	assert_int_equal(left, 0xc);
	/* Where the inner one has ended, the outer one goes on. */
	assert_string_equal(around(symbols, 0x8000000000001050, &left), "outer");
	assert_int_equal(left, 0xb0);
	assert_string_equal(around(symbols, 0x8000000000001100, &left), "");
	assert_string_equal(around(symbols, 0x80000000000012ff, &left), "unknown");
	assert_int_equal(left, 1);
	assert_string_equal(around(symbols, 0x8000000000001fff, &left), "last");
	assert_string_equal(around(symbols, 0x8000000000002000, &left), "");
}

static void nothing_is_below_the_first(void **state)
{
	struct kallmod_symbols *symbols;

	(void)state;
	assert_int_equal(read_text(NULL, "ffff000000000010 T a\nffff000000000020 t b\n",
				   KALLMOD_SYMBOLS_ALL, &symbols), 0);
	assert_int_equal(kallmod_symbols_find(symbols, 0xffff00000000000f), -1);
	assert_int_equal(kallmod_symbols_find(symbols, 0xffff000000000010), 0);
	assert_int_equal(kallmod_symbols_find(symbols, UINT64_MAX), 1);
	kallmod_symbols_destroy(symbols);
}

static void text_reading_stops_early_only_in_order(void **state)
{
	struct kallmod_symbols *symbols;

	(void)state;
	assert_int_equal(read_text(NULL, sample, KALLMOD_SYMBOLS_TEXT, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "_etext"));
	assert_null(kallmod_symbols_by_name(symbols, "some_data"));
	kallmod_symbols_destroy(symbols);
	/* Out of order before _etext: text may still follow. */
	assert_int_equal(read_text(NULL,
				   "ffffffff81000200 T b\nffffffff81000100 T a\n"
				   "ffffffff81001000 T _etext\nffffffff82000000 d data\n"
				   "ffffffff81000300 T c\n",
				   KALLMOD_SYMBOLS_TEXT, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "c"));
	kallmod_symbols_destroy(symbols);
}

static void bad_input_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
		int err;
	} cases[] = {
		{ "", "empty", -EINVAL },
		{ "\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T a\nnonsense\n", "line 2", -EINVAL },
		{ "ffffffff81000000 T a\nffffffff81000100 T to", "torn", -EINVAL },
		{ "ffffffff8100000000 T a\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T \n", "line 1", -EINVAL },
		{ "ffffffff81000000 T a b\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T a\t[x\n", "line 1", -EINVAL },
		{ "ffffffff81000000 T a\t[]\n", "line 1", -EINVAL },
		{ "-1 T a\n", "line 1", -EINVAL },
		{ "ffffffff81000000 D only_data\n", "no text", -EINVAL },
		{ "0000000000000000 A p\n0000000000000000 T _stext\n0000000000000000 t x\n",
		  "kptr_restrict", -EPERM },
		{ "ffffffffffffffff B The real System.map is in the linux-image-6.12-dbg package\n",
		  "-dbg", -ENODATA },
	};
	struct kallmod_ctx *ctx;
	struct kallmod_symbols *symbols = NULL;

	(void)state;
	assert_int_equal(kallmod_ctx_create(&ctx), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = read_text(ctx, cases[i].text, KALLMOD_SYMBOLS_ALL, &symbols);

		assert_int_equal(err, cases[i].err);
		assert_error(ctx, cases[i].error);
		assert_null(symbols);
	}
	kallmod_ctx_destroy(ctx);
}

static void long_names_are_bounded(void **state)
{
	struct kallmod_symbols *symbols;
	char *text = malloc(100000);
	int length;

	(void)state;
	length = sprintf(text, "ffffffff81000000 T _stext\nffffffff81000010 T ");
	memset(text + length, 'n', 511);
	length += 511;
	length += sprintf(text + length, "\nffffffff81000020 T ");
	memset(text + length, 'm', 512);
	strcpy(text + length + 512, "\n");
	assert_int_equal(read_text(NULL, text, KALLMOD_SYMBOLS_ALL, &symbols), 0);
	assert_int_equal(kallmod_symbols_count(symbols), 2); /* as the kernel: 511 at most */
	assert_int_equal(strlen(kallmod_symbols_at(symbols, 1)->name), 511);
	kallmod_symbols_destroy(symbols);
	free(text);
}

static void nul_bytes_and_endless_lines_are_refused(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_symbols *symbols;

	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_KALLSYMS, "/dev/zero"), 0);
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -EINVAL);
	assert_error(root->ctx, "too long");
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_KALLSYMS, root->path), 0);
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -EISDIR);
	assert_error(root->ctx, "directory");
}

static void contexts_find_their_symbols(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_symbols *symbols;

	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -ENOENT);
	assert_error(root->ctx, RELEASE);
	fake_root_write(root, "boot/System.map-" RELEASE, "ffffffff81000000 T from_map\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "from_map"));
	fake_root_write(root, "proc/kallsyms", sample);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, RELEASE), 0);
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "vfs_read"));
	/* Another release: what runs says nothing about it. */
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, "5.10-other"), 0);
	assert_false(kallmod_ctx_running(root->ctx));
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -ENOENT);
}

static void settings_are_kept_and_taken_back(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_ctx *ctx = root->ctx;

	assert_string_equal(kallmod_ctx_release(ctx), RELEASE);
	assert_false(kallmod_ctx_live(ctx));
	assert_int_equal(kallmod_ctx_set(ctx, KALLMOD_OPT_RELEASE, "1.2.3"), 0);
	assert_string_equal(kallmod_ctx_release(ctx), "1.2.3");
	assert_int_equal(kallmod_ctx_set(ctx, KALLMOD_OPT_RELEASE, NULL), 0);
	assert_int_equal(kallmod_ctx_set(ctx, KALLMOD_OPT_ROOT, NULL), 0);
	assert_true(kallmod_ctx_live(ctx));
	assert_null(kallmod_ctx_get(ctx, KALLMOD_OPT_ROOT));
	assert_int_equal(kallmod_ctx_set(ctx, KALLMOD_OPT_COUNT, "x"), -EINVAL);
}

static void errors_stay_one_printable_line(void **state)
{
	struct fake_root *root = *state;

	assert_int_equal(kallmod_fail(root->ctx, -EINVAL, "%s: bad", "a\n\033[2Jb"), -EINVAL);
	assert_string_equal(kallmod_ctx_error(root->ctx), "a??[2Jb: bad");
	/* The line itself may be an argument. */
	kallmod_fail(root->ctx, -EINVAL, "x %s", kallmod_ctx_error(root->ctx));
	assert_string_equal(kallmod_ctx_error(root->ctx), "x a??[2Jb: bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_sorted_and_found),
		cmocka_unit_test(names_are_found_again_and_again),
		cmocka_unit_test(symbols_end_where_their_sizes_say),
		cmocka_unit_test(nothing_is_below_the_first),
		cmocka_unit_test(text_reading_stops_early_only_in_order),
		cmocka_unit_test(bad_input_is_refused),
		cmocka_unit_test(long_names_are_bounded),
		rooted_test(nul_bytes_and_endless_lines_are_refused),
		rooted_test(contexts_find_their_symbols),
		rooted_test(settings_are_kept_and_taken_back),
		rooted_test(errors_stay_one_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
