// SPDX-License-Identifier: GPL-2.0-only
/* kmodtop's model: no sampler and no terminal needed. */
#include "model_bench.h"
#include "symbols.h"

/* The names of the rows, "ext4 core xfs ". */
static const char *row_names(struct bench *bench)
{
	static char text[1024];
	const struct kmodtop_row *rows;
	size_t n = kmodtop_model_rows(bench->model, &rows);

	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		strcat(text, rows[i].module);
		strcat(text, " ");
	}
	return text;
}

static const struct kmodtop_row *row_of(struct bench *bench, const char *name)
{
	const struct kmodtop_row *rows;
	size_t n = kmodtop_model_rows(bench->model, &rows);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].module, name))
			return &rows[i];
	return NULL;
}

static void before_the_first_tick_there_is_nothing(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	assert_string_equal(row_names(&bench), "");
	assert_int_equal(kmodtop_model_kernel(bench.model), 0);
	bench_tick(&bench);
	assert_string_equal(row_names(&bench), "");
	bench_deinit(&bench);
}

static void ticks_are_differences(void **state)
{
	const struct kmodtop_row *row;
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_add(&bench, CORE, 60, 20, 90);
	bench_add(&bench, EXT4, 40, 80, 85);
	bench_tick(&bench);
	row = row_of(&bench, "ext4");
	assert_non_null(row);
	assert_int_equal(row->self, 40);
	assert_int_equal(row->charged, 80);
	assert_int_equal(row->total, 85);
	bench_add(&bench, EXT4, 1, 2, 3);
	bench_tick(&bench);
	row = row_of(&bench, "ext4");
	assert_non_null(row);
	assert_int_equal(row->self, 1);
	assert_int_equal(row->charged, 2);
	assert_int_equal(row->total, 3);
	assert_int_equal(row->history[KMODTOP_HISTORY - 1], 2);
	assert_int_equal(row->history[KMODTOP_HISTORY - 2], 80);
	assert_int_equal(kmodtop_model_kernel(bench.model), 1);
	assert_int_equal(kmodtop_model_totals(bench.model)->expected, 400);
	assert_float_equal(kmodtop_model_totals(bench.model)->seconds, 2, 1e-9);
	assert_null(row_of(&bench, "core")); /* had no samples in this interval */
	bench_deinit(&bench);
}

static void rows_say_what_the_map_says(void **state)
{
	const struct kmodtop_row *row;
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	for (uint32_t set = 0; set < SETS; set++)
		bench_add(&bench, set, 1, 1, 1);
	bench_tick(&bench);
	row = row_of(&bench, "ext4");
	assert_int_equal(row->kind, KALLMOD_KIND_BUILTIN);
	assert_int_equal(row->trust, KALLMOD_TRUST_INFERRED);
	assert_float_equal(row->confidence, .9, 1e-5); /* weighted by bytes */
	row = row_of(&bench, "veth");
	assert_int_equal(row->kind, KALLMOD_KIND_LOADABLE);
	assert_int_equal(row->trust, KALLMOD_TRUST_EXACT);
	assert_int_equal(row_of(&bench, "core")->kind, KALLMOD_KIND_CORE);
	bench_deinit(&bench);
}

/* A module that is loaded later is a set more. */
static void sets_may_be_added(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_add(&bench, EXT4, 5, 5, 5);
	bench_tick(&bench);
	kallmod_map_destroy(bench.map);
	bench.map = make_map("late");
	bench.n = SETS + 1;
	bench_add(&bench, SETS, 7, 7, 7);
	bench_add(&bench, EXT4, 3, 3, 3);
	bench_tick(&bench);
	assert_string_equal(row_names(&bench), "late ext4 ");
	assert_int_equal(row_of(&bench, "late")->self, 7);
	bench_deinit(&bench);
}

static void unresolved_is_a_row(void **state)
{
	const struct kmodtop_row *row;
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_add(&bench, EXT4, 1, 1, 1);
	bench.totals.unresolved = (struct kallmod_profile_count){.self = 4, .charged = 4,
								 .total = 4};
	bench_tick(&bench);
	row = row_of(&bench, "unresolved");
	assert_non_null(row);
	assert_int_equal(row->self, 4);
	bench_tick(&bench);
	assert_null(row_of(&bench, "unresolved"));
	bench_deinit(&bench);
}

static void rows_are_sorted(void **state)
{
	enum kmodtop_sort sort;
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_add(&bench, CORE, 10, 40, 20);
	bench_add(&bench, EXT4, 30, 10, 30);
	bench_add(&bench, XFS, 20, 20, 50);
	bench_add(&bench, VETH, 15, 30, 40);
	bench_tick(&bench);
	assert_string_equal(row_names(&bench), "core veth xfs ext4 ");
	assert_true(kmodtop_sort_parse("self", &sort));
	kmodtop_model_sort(bench.model, sort);
	assert_string_equal(row_names(&bench), "ext4 xfs veth core ");
	assert_true(kmodtop_sort_parse("total", &sort));
	kmodtop_model_sort(bench.model, sort);
	assert_string_equal(row_names(&bench), "xfs veth ext4 core ");
	assert_true(kmodtop_sort_parse("name", &sort));
	kmodtop_model_sort(bench.model, sort);
	assert_string_equal(row_names(&bench), "core ext4 veth xfs ");
	assert_false(kmodtop_sort_parse("colour", &sort));
	for (int i = 0; i < KMODTOP_SORTS; i++) {
		assert_true(kmodtop_sort_parse(kmodtop_sort_name(i), &sort));
		assert_int_equal(sort, i);
	}
	bench_deinit(&bench);
}

/* Without stacks nothing is charged: self is what counts. */
static void without_stacks_self_counts(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, false, NULL);
	bench_add(&bench, EXT4, 5, 0, 0);
	bench_add(&bench, XFS, 9, 0, 0);
	bench_tick(&bench);
	assert_false(kmodtop_model_stacks(bench.model));
	assert_int_equal(kmodtop_model_sorted(bench.model), KMODTOP_SORT_SELF);
	assert_string_equal(row_names(&bench), "xfs ext4 ");
	bench_deinit(&bench);
}

static void filters_hide_rows(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	for (uint32_t set = 0; set < SETS; set++)
		bench_add(&bench, set, 10 - set, 10 - set, 10 - set);
	bench_tick(&bench);
	kmodtop_model_filter(bench.model, "f");
	assert_string_equal(row_names(&bench), "xfs ");
	kmodtop_model_filter(bench.model, "nothing");
	assert_string_equal(row_names(&bench), "");
	kmodtop_model_filter(bench.model, "");
	kmodtop_model_min_confidence(bench.model, .8);
	assert_string_equal(row_names(&bench), "core ext4 veth ");
	assert_int_equal(kmodtop_model_hidden(bench.model), 1);
	kmodtop_model_min_confidence(bench.model, .95);
	assert_string_equal(row_names(&bench), "core veth ");
	assert_int_equal(kmodtop_model_hidden(bench.model), 2);
	bench_deinit(&bench);
}

static const char *parts(const struct kmodtop_part *part, size_t n)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %llu/%llu\n",
			 part[i].name, (unsigned long long)part[i].self,
			 (unsigned long long)part[i].charged);
	return text;
}

static const char *functions(struct bench *bench, uint32_t set)
{
	const struct kmodtop_part *part;
	size_t n = kmodtop_model_functions(bench->model, set, &part);

	return parts(part, n);
}

static void hits_have_addresses_without_symbols(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	add_hits(&bench);
	bench_tick(&bench);
	assert_string_equal(functions(&bench, EXT4), "0xffffffff81002000 1/9\n"
						     "0xffffffff81001020 1/4\n"
						     "0xffffffff81001010 5/1\n");
	assert_string_equal(functions(&bench, XFS), "0xffffffff81005000 6/6\n");
	assert_string_equal(functions(&bench, VETH), "");
	assert_string_equal(row_of(&bench, "ext4")->function, "0xffffffff81002000");
	/* Hits belong to their interval. */
	bench_add(&bench, EXT4, 1, 1, 1);
	bench_tick(&bench);
	assert_string_equal(functions(&bench, EXT4), "");
	assert_null(row_of(&bench, "ext4")->function);
	bench_deinit(&bench);
}

static void symbols_make_functions_of_hits(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_symbols *symbols;
	const struct kmodtop_part *part;
	struct bench bench;
	size_t n;

	fake_root_write(root, "proc/kallsyms", "ffffffff81000000 T _stext\n"
			"ffffffff81001000 t ext4_read\nffffffff81002000 t ext4_write\n"
			"ffffffff81005000 t xfs_read\nffffffff81010000 T _etext\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	bench_init(&bench, true, NULL);
	kmodtop_model_symbols(bench.model, symbols);
	add_hits(&bench);
	bench_tick(&bench);
	assert_string_equal(functions(&bench, EXT4), "ext4_write 1/9\next4_read 6/5\n");
	assert_string_equal(row_of(&bench, "ext4")->function, "ext4_write");
	n = kmodtop_model_processes(bench.model, EXT4, 0, &part);
	assert_string_equal(parts(part, n), "process-7 6/10\nprocess-8 1/4\n");
	n = kmodtop_model_processes(bench.model, EXT4, TEXT + 0x1000, &part);
	assert_string_equal(parts(part, n), "process-8 1/4\nprocess-7 5/1\n");
	assert_int_equal(part[0].tgid, 8);
	bench_deinit(&bench);
}

/* What lies between functions, and what remains of one that lost to another, has no name. */
static void past_its_end_nothing_is_a_function(void **state)
{
	struct fake_root *root = *state;
	const struct kallmod_symbols *symbols;
	struct kallmod_symbols *sized;
	struct bench bench;

	fake_root_write(root, "proc/kallsyms", "ffffffff81000000 T _stext\n"
			"ffffffff81001000 t ext4_read\nffffffff81002000 t ext4_write\n"
			"ffffffff81010000 T _etext\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	sized = (struct kallmod_symbols *)symbols;
	kallmod_symbols_set_size(sized, kallmod_symbols_find(symbols, TEXT + 0x1000), 0x18);
	bench_init(&bench, true, NULL);
	kmodtop_model_symbols(bench.model, symbols);
	add_hits(&bench);
	bench_tick(&bench);
	assert_string_equal(functions(&bench, EXT4), "ext4_write 1/9\n0xffffffff81001020 1/4\n"
						     "ext4_read 5/1\n");
	/* To read the names again would not bring one. */
	assert_int_equal(kmodtop_model_unnamed(bench.model), 0);
	bench_deinit(&bench);
}

static void cpus_have_figures_of_their_own(void **state)
{
	struct kallmod_profile_count counts[SETS] = {[EXT4] = {.charged = 5}, [XFS] = {.charged = 9}};
	struct kallmod_profile_stats stats = {.samples = 20, .kernel = 14, .user = 6};
	const struct kmodtop_cpu *cpus;
	struct bench bench;

	(void)state;
	bench_init(&bench, true, NULL);
	bench_tick(&bench);
	assert_int_equal(kmodtop_model_tick_cpu(bench.model, 2, bench.map, counts, SETS, &stats), 0);
	assert_int_equal(kmodtop_model_cpus(bench.model, &cpus), 3);
	assert_int_equal(cpus[2].cpu, 2);
	assert_int_equal(cpus[2].stats.samples, 20);
	assert_string_equal(cpus[2].module, "xfs");
	assert_int_equal(cpus[0].stats.samples, 0);
	stats.samples += 3;
	counts[EXT4].charged += 2;
	counts[XFS].charged += 1;
	assert_int_equal(kmodtop_model_tick_cpu(bench.model, 2, bench.map, counts, SETS, &stats), 0);
	kmodtop_model_cpus(bench.model, &cpus);
	assert_int_equal(cpus[2].stats.samples, 3);
	assert_string_equal(cpus[2].module, "ext4");
	bench_deinit(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_tick_there_is_nothing),
		cmocka_unit_test(ticks_are_differences),
		cmocka_unit_test(rows_say_what_the_map_says),
		cmocka_unit_test(sets_may_be_added),
		cmocka_unit_test(unresolved_is_a_row),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(without_stacks_self_counts),
		cmocka_unit_test(filters_hide_rows),
		cmocka_unit_test(hits_have_addresses_without_symbols),
		rooted_test(symbols_make_functions_of_hits),
		rooted_test(past_its_end_nothing_is_a_function),
		cmocka_unit_test(cpus_have_figures_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
