// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_lookup.h"
#include "clock.h"
#include "cmd.h"
#include "number.h"
#include "out_json.h"
#include "sampler.h"

#define NAME "kallmod bench"

enum {
	KEY_JSON = 0x1000,
	KEY_CHECK,
	KEY_SAMPLER,
	KEY_RANDOM_MAPS,
	KEY_RANDOM_RANGES,
	KEY_ROUNDS,
};

struct options {
	struct kallmod_ctx *ctx;
	bool json, check, sampler;
	size_t random_maps, random_ranges;
	int rounds;
};

struct results {
	struct bench_lookup_result lookup;
	struct bench_sampler_result sampler;
	double map_ms, map_cached_ms, load_ms;
	uint64_t verified;
	size_t checked;
};

static const struct argp_option argp_options[] = {
	{"json", KEY_JSON, NULL, 0, "Print JSON", 0},
	{"check", KEY_CHECK, NULL, 0,
	 "Instead of measuring, look up every boundary of the map, and one below and above it, in the kernel and in user space, and compare", 0},
	{"random-maps", KEY_RANDOM_MAPS, "N", 0, "With --check: N random maps as well", 0},
	{"random-ranges", KEY_RANDOM_RANGES, "N", 0,
	 "Measure a random map of N ranges at odd addresses; with --check the largest random map (default 20000)", 0},
	{"sampler", KEY_SAMPLER, NULL, 0,
	 "Measure the cost of a sample as well, under a load of its own (some seconds per round)", 0},
	{"rounds", KEY_ROUNDS, "N", 0, "Rounds, of which medians are printed (default 5)", 0},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_CHECK:
		options->check = true;
		return 0;
	case KEY_SAMPLER:
		options->sampler = true;
		return 0;
	case KEY_RANDOM_MAPS:
		options->random_maps = kallmod_arg_count(state, "--random-maps", arg, 1, 1000000);
		return 0;
	case KEY_RANDOM_RANGES:
		options->random_ranges = kallmod_arg_count(state, "--random-ranges", arg, 1, 30000);
		return 0;
	case KEY_ROUNDS:
		options->rounds = kallmod_arg_count(state, "--rounds", arg, 1, 32);
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, options->ctx);
	}
}

/* The map to measure: random, or the context's; how long the latter took to build. */
static int build_map(const struct options *options, struct kallmod_map **ret, double *ms_ret)
{
	double start = kallmod_now_ns() / 1e6;
	int err;

	if (options->random_ranges && !options->check)
		err = bench_random_map(options->ctx, options->random_ranges, 1, ret);
	else
		err = kallmod_map_build(options->ctx, ret);
	*ms_ret = kallmod_now_ns() / 1e6 - start;
	return err;
}

/* From a map to a sampler that could be started; only on the running kernel. */
static int measure_load(struct options *options, struct results *results)
{
	struct kallmod_sampler_options sampling = {
		.flags = KALLMOD_PROFILE_COUNT | KALLMOD_PROFILE_STACKS};
	struct kallmod_sampler *sampler;
	struct kallmod_map *map;
	double start;
	int err = kallmod_map_build(options->ctx, &map);

	if (err)
		return err;
	start = kallmod_now_ns() / 1e6;
	err = kallmod_sampler_create(options->ctx, map, &sampling, &sampler);
	if (err)
		return err;
	results->load_ms = kallmod_now_ns() / 1e6 - start;
	results->verified = kallmod_sampler_verified(sampler);
	kallmod_sampler_destroy(sampler);
	return 0;
}

static int measure(struct options *options, struct results *results)
{
	struct kallmod_map *map;
	int err;

	setenv("KALLMOD_NO_CACHE", "1", 1);
	err = build_map(options, &map, &results->map_ms);
	unsetenv("KALLMOD_NO_CACHE");
	if (err)
		return err;
	err = bench_lookup_measure(options->ctx, map, options->rounds, &results->lookup);
	kallmod_map_destroy(map);
	/* Twice: the first one may have to write the cache. */
	for (int i = 0; !err && i < 2; i++) {
		err = build_map(options, &map, &results->map_cached_ms);
		if (!err)
			kallmod_map_destroy(map);
	}
	if (!err && !options->random_ranges && kallmod_ctx_live(options->ctx))
		err = measure_load(options, results);
	if (!err && options->sampler)
		err = bench_sampler_measure(options->ctx, 3, options->rounds, &results->sampler);
	return err;
}

static int check_random(const struct options *options, size_t *checked)
{
	size_t largest = options->random_ranges ? options->random_ranges : 20000;
	int err = 0;

	for (size_t i = 0; !err && i < options->random_maps; i++) {
		/* Sizes spread from 1 to the largest, which the last map has. */
		size_t nranges = 1 + (largest - 1) * (i + 1) / options->random_maps;
		struct kallmod_map *map;
		size_t n = 0;

		err = bench_random_map(options->ctx, nranges, i + 1, &map);
		if (err)
			return err;
		err = bench_lookup_check(options->ctx, map, &n);
		kallmod_map_destroy(map);
		*checked += n;
	}
	return err;
}

static int check(struct options *options, struct results *results)
{
	struct kallmod_map *map;
	double ms;
	int err = build_map(options, &map, &ms);

	if (err)
		return err;
	err = bench_lookup_check(options->ctx, map, &results->checked);
	kallmod_map_destroy(map);
	return err ? err : check_random(options, &results->checked);
}

/* ---- output ---------------------------------------------------------------------------- */

static void print_text(const struct options *options, const struct results *results)
{
	const struct bench_lookup_result *lookup = &results->lookup;

	printf("lookup, ns over the loop (%zu ranges)%*srandom      hot\n", lookup->ranges, 6, "");
	for (size_t i = 0; i < lookup->nways; i++) {
		const struct bench_way *way = &lookup->ways[i], *empty = &lookup->ways[0];

		if (!way->available)
			printf("  %-42s  not on this kernel\n", way->text);
		else
			printf("  %-42s %8.2f %8.2f\n", way->text,
			       way->ns[0] - (i ? empty->ns[0] : 0),
			       way->ns[1] - (i ? empty->ns[1] : 0));
	}
	printf("tables: %zu bytes for kernel text, %zu for modules and BPF\n", lookup->table_bytes,
	       lookup->module_table_bytes);
	printf("start: map %.1f ms, from the cache %.1f ms", results->map_ms, results->map_cached_ms);
	if (results->load_ms > 0)
		printf(", BPF load %.1f ms (%lu instructions verified)", results->load_ms,
		       (unsigned long)results->verified);
	printf("\n");
	if (options->sampler)
		printf("sample: counting %.0f ns; SELF %.0f ns more; bpf_get_stack %.0f ns more; walk and tag %.0f ns more\n"
		       "        %lu of %lu expected samples, %lu lost, median of %lu rounds\n",
		       results->sampler.count_ns, results->sampler.self_ns,
		       results->sampler.stack_only_ns, results->sampler.walk_ns,
		       (unsigned long)results->sampler.samples,
		       (unsigned long)results->sampler.expected,
		       (unsigned long)results->sampler.lost,
		       (unsigned long)results->sampler.rounds);
}

static void add_ns(struct json_object *object, const char *format, const char *name, double ns)
{
	char key[64], text[32];

	snprintf(key, sizeof(key), format, name);
	snprintf(text, sizeof(text), "%.3f", ns);
	json_object_object_add(object, key, json_object_new_double_s(ns, text));
}

static struct json_object *lookup_json(const struct bench_lookup_result *lookup)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < lookup->nways; i++) {
		const struct bench_way *way = &lookup->ways[i];

		if (!way->available)
			continue;
		if (!i)
			add_ns(object, "%s_ns", way->name, way->ns[0]);
		add_ns(object, "%s_random_ns", way->name, way->ns[0]);
		add_ns(object, "%s_hot_ns", way->name, way->ns[1]);
	}
	return object;
}

static struct json_object *sampler_json(const struct bench_sampler_result *sampler)
{
	struct json_object *object = json_object_new_object();

	add_ns(object, "%s_ns", "count", sampler->count_ns);
	add_ns(object, "%s_ns", "self", sampler->self_ns);
	add_ns(object, "%s_ns", "stack_only", sampler->stack_only_ns);
	add_ns(object, "%s_ns", "walk", sampler->walk_ns);
	kallmod_json_uint(object, "samples", sampler->samples);
	kallmod_json_uint(object, "expected", sampler->expected);
	kallmod_json_uint(object, "lost", sampler->lost);
	kallmod_json_uint(object, "rounds", sampler->rounds);
	return object;
}

static void print_json(const struct options *options, const struct results *results)
{
	const struct bench_lookup_result *lookup = &results->lookup;
	struct json_object *object = json_object_new_object();
	struct json_object *start = json_object_new_object();

	json_object_object_add(object, "lookup", lookup_json(lookup));
	kallmod_json_uint(object, "ranges", lookup->ranges);
	kallmod_json_uint(object, "table_bytes", lookup->table_bytes);
	kallmod_json_uint(object, "module_table_bytes", lookup->module_table_bytes);
	add_ns(start, "%s_ms", "map", results->map_ms);
	add_ns(start, "%s_ms", "map_cached", results->map_cached_ms);
	add_ns(start, "%s_ms", "load", results->load_ms);
	json_object_object_add(object, "start", start);
	kallmod_json_uint(object, "verified_insns", results->verified);
	if (options->sampler)
		json_object_object_add(object, "sampler", sampler_json(&results->sampler));
	kallmod_json_print(object);
}

static void print_check(const struct options *options, const struct results *results)
{
	if (options->json)
		printf("{\"checked\": %zu, \"mismatches\": 0}\n", results->checked);
	else
		printf("%zu addresses looked up in the kernel and in user space: all agree\n",
		       results->checked);
}

static int bench(void *input)
{
	struct options *options = input;
	struct results results = {};
	int err = options->check ? check(options, &results) : measure(options, &results);

	if (err)
		return err;
	if (options->check)
		print_check(options, &results);
	else if (options->json)
		print_json(options, &results);
	else
		print_text(options, &results);
	return 0;
}

static int run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.children = kallmod_cmd_children,
		.doc = "Measure on this machine what a lookup, a start and a sample cost.\v"
		       "Every lookup runs in the kernel through BPF_PROG_TEST_RUN, the ways side by side, in turn; JSON has gross figures, the loop included, and the text has what each costs over the empty loop."};
	struct options options = {.ctx = kallmod_cmd_context(NAME), .rounds = 5};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, bench, &options);
}

const struct kallmod_command kallmod_command_bench = {
	.name = "bench",
	.summary = "measure what lookup, start and samples cost on this machine",
	.run = run,
};
