// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <endian.h>
#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "bench_lookup.h"
#include "bpf_log.h"
#include "cleanup.h"
#include "ctx.h"
#include "kallmod_tables.h"
#include "map.h"
#include "slots.h"
/* Generated; needs the types above. */
#include "bench.skel.h"

enum { REPEAT = 2000, MAX_ROUNDS = 32 };

/* In the order of struct bench_bpf's programs that bench_open() fills in. */
static struct bench_way ways[] = {
	{.name = "empty", .text = "the empty loop"},
	{.name = "slot", .text = "two-level slot table (kallmod)"},
	{.name = "direct", .text = "16-byte slots in one 4 MiB table"},
	{.name = "page", .text = "per-page index and short search"},
	{.name = "binary", .text = "binary search in a global array"},
	{.name = "hash", .text = "hash, one key per 256-byte block"},
	{.name = "array", .text = "binary search through array-map lookups"},
	{.name = "loop", .text = "bpf_loop binary search"},
	{.name = "trie", .text = "LPM trie"},
};
enum { NWAYS = sizeof(ways) / sizeof(ways[0]), WAY_SLOT = 1, WAY_TRIE = NWAYS - 1 };

struct bench {
	struct kallmod_ctx *ctx;
	struct kallmod_tables *tables;
	struct bench_bpf *skel;
	struct bpf_program *programs[NWAYS];
	struct bench_range *ranges; /* the map's text as steps, nranges */
	size_t nranges;
	uint64_t base, size;
};

static void bench_close(struct bench *bench)
{
	kallmod_tables_destroy(bench->tables);
	bench_bpf__destroy(bench->skel);
	free(bench->ranges);
	*bench = (struct bench){};
}

static void list_programs(struct bench *bench)
{
	struct bench_bpf *skel = bench->skel;
	struct bpf_program *programs[] = {
		skel->progs.way_empty, skel->progs.way_slot,  skel->progs.way_direct,
		skel->progs.way_page,  skel->progs.way_binary, skel->progs.way_hash,
		skel->progs.way_array, skel->progs.way_loop,  skel->progs.way_trie,
	};

	_Static_assert(sizeof(programs) / sizeof(programs[0]) == NWAYS, "a program per way");
	memcpy(bench->programs, programs, sizeof(programs));
}

/* others: load the other ways too, where the kernel has what they need. */
static int bench_load(struct bench *bench, bool others)
{
	int err;

	bench->skel = bench_bpf__open_opts(kallmod_bpf_log_opts());
	if (!bench->skel)
		return -errno;
	list_programs(bench);
	for (size_t i = 0; i < NWAYS; i++) {
		ways[i].available = others;
		bpf_program__set_autoload(bench->programs[i], others);
	}
	/* bpf_loop() came with Linux 5.17. */
	if (others && libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_loop, NULL) != 1) {
		struct bpf_program *loop = bench->skel->progs.way_loop;

		bpf_program__set_autoload(loop, false);
		for (size_t i = 0; i < NWAYS; i++)
			if (bench->programs[i] == loop)
				ways[i].available = false;
	}
	if (!others) {
		bpf_map__set_autocreate(bench->skel->maps.bench_hash, false);
		bpf_map__set_autocreate(bench->skel->maps.bench_array, false);
		bpf_map__set_autocreate(bench->skel->maps.bench_slots, false);
		bpf_map__set_autocreate(bench->skel->maps.bench_trie, false);
	}
	err = kallmod_tables_prepare(bench->tables, bench->skel->obj);
	return err ? err : bench_bpf__load(bench->skel);
}

static int bench_open(struct bench *bench, struct kallmod_ctx *ctx,
		      const struct kallmod_map *map, bool others)
{
	libbpf_print_fn_t print;
	int err;

	*bench = (struct bench){.ctx = ctx};
	err = kallmod_tables_create(ctx, map, &bench->tables);
	if (err)
		return err;
	print = kallmod_bpf_log_begin();
	err = bench_load(bench, others);
	libbpf_set_print(print);
	if (err) {
		err = kallmod_fail(ctx, err, err == -EPERM ?
			"BPF: not permitted; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON" :
			"BPF: the kernel refuses the programs: %s", strerror(-err));
		bench_close(bench);
		return err;
	}
	err = kallmod_tables_fill(bench->tables, bench->skel->obj);
	if (err)
		bench_close(bench);
	return err;
}

/* ---- the other ways' tables ------------------------------------------------------------ */

static void add_step(struct bench *bench, uint64_t start, uint32_t set)
{
	if (bench->nranges && bench->ranges[bench->nranges - 1].set == set)
		return;
	bench->ranges[bench->nranges++] = (struct bench_range){.start = start, .set = set};
}

/* The first text extent of the map, as steps. */
static int list_ranges(struct bench *bench, const struct kallmod_map *map)
{
	size_t n = kallmod_map_range_count(map);
	enum kallmod_section section;
	uint64_t end, pos;

	bench->ranges = calloc(2 * n + 2, sizeof(*bench->ranges));
	if (!bench->ranges)
		return -ENOMEM;
	kallmod_map_extent(map, 0, &bench->base, &end, &section);
	pos = bench->base;
	for (size_t i = 0; i < n; i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);

		if (range->end <= pos || range->start >= end)
			continue;
		if (range->start > pos)
			add_step(bench, pos, KALLMOD_SET_CORE);
		add_step(bench, range->start > pos ? range->start : pos, range->set);
		pos = range->end;
	}
	if (pos < end)
		add_step(bench, pos, KALLMOD_SET_CORE);
	bench->size = end - bench->base;
	if (bench->size > (uint64_t)BENCH_SLOTS * 16)
		bench->size = (uint64_t)BENCH_SLOTS * 16;
	return bench->nranges < BENCH_RANGES ? 0 : -E2BIG;
}

static uint32_t step_at(const struct bench *bench, uint64_t address)
{
	size_t low = 0, high = bench->nranges;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (bench->ranges[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int fill_slots(struct bench *bench)
{
	size_t bytes = BENCH_SLOTS * sizeof(uint16_t);
	uint16_t *sets = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			      bpf_map__fd(bench->skel->maps.bench_slots), 0);

	if (sets == MAP_FAILED)
		return -errno;
	for (uint64_t i = 0; i < bench->size / 16; i++)
		sets[i] = bench->ranges[step_at(bench, bench->base + i * 16)].set;
	munmap(sets, bytes);
	return 0;
}

static int fill_hash(struct bench *bench)
{
	int hash = bpf_map__fd(bench->skel->maps.bench_hash);
	int array = bpf_map__fd(bench->skel->maps.bench_array);

	for (__u32 i = 0; i < bench->size >> BENCH_BLOCK_SHIFT; i++) {
		uint64_t start = bench->base + ((uint64_t)i << BENCH_BLOCK_SHIFT);
		__u32 set = bench->ranges[step_at(bench, start)].set;

		if (bpf_map_update_elem(hash, &i, &set, BPF_ANY))
			return -errno;
	}
	for (__u32 i = 0; i < bench->nranges; i++)
		if (bpf_map_update_elem(array, &i, &bench->ranges[i], BPF_ANY))
			return -errno;
	return 0;
}

/* A range as the fewest aligned power-of-two blocks, a trie entry each. */
static int fill_trie(struct bench *bench)
{
	int fd = bpf_map__fd(bench->skel->maps.bench_trie);

	for (size_t i = 0; i < bench->nranges; i++) {
		uint64_t start = bench->ranges[i].start;
		uint64_t end = i + 1 < bench->nranges ? bench->ranges[i + 1].start :
							bench->base + bench->size;

		while (start < end) {
			int bits = start ? __builtin_ctzll(start) : 63;
			struct bench_prefix key;

			while (bits && (1ull << bits) > end - start)
				bits--;
			key = (struct bench_prefix){64 - bits, htobe64(start)};
			if (bpf_map_update_elem(fd, &key, &bench->ranges[i].set, BPF_ANY))
				return -errno;
			start += 1ull << bits;
		}
	}
	return 0;
}

static int fill_others(struct bench *bench)
{
	struct bench_bpf__bss *bss = bench->skel->bss;
	int err;

	memcpy(bss->bench_ranges, bench->ranges, bench->nranges * sizeof(*bench->ranges));
	for (size_t i = 0; i < BENCH_PAGES; i++)
		bss->bench_pages[i] = step_at(bench, bench->base + i * 4096);
	bss->bench_nranges = bench->nranges;
	bss->bench_base = bench->base;
	bss->bench_size = bench->size;
	srand(1);
	for (size_t i = 0; i < BENCH_HOT; i++)
		bss->bench_addresses[i] = bench->base + (uint64_t)rand() % bench->size;
	err = fill_slots(bench);
	if (!err)
		err = fill_hash(bench);
	/* A full trie only costs us that one way. */
	if (!err && fill_trie(bench))
		ways[WAY_TRIE].available = false;
	return err;
}

/* ---- measuring ------------------------------------------------------------------------- */

static int run(struct bpf_program *program, int repeat, double *ns_ret)
{
	char packet[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet,
		    .data_size_in = sizeof(packet), .repeat = repeat);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		return -errno;
	*ns_ret = (double)options.duration / BENCH_LOOKUPS;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure_pattern(struct bench *bench, enum bench_pattern pattern, int rounds)
{
	double ns[NWAYS][MAX_ROUNDS];

	bench->skel->bss->bench_hot = pattern == BENCH_PATTERN_HOT;
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < NWAYS; i++) {
			int err;

			if (!ways[i].available)
				continue;
			err = run(bench->programs[i], REPEAT, &ns[i][round]);
			if (err)
				return kallmod_fail(bench->ctx, err, "BPF_PROG_TEST_RUN: %s",
						    strerror(-err));
		}
	}
	for (size_t i = 0; i < NWAYS; i++) {
		qsort(ns[i], rounds, sizeof(double), compare);
		ways[i].ns[pattern] = ways[i].available ? ns[i][rounds / 2] : 0;
	}
	return 0;
}

int bench_lookup_measure(struct kallmod_ctx *ctx, const struct kallmod_map *map, int rounds,
			 struct bench_lookup_result *ret)
{
	__attribute__((cleanup(bench_close))) struct bench bench = {};
	int err = bench_open(&bench, ctx, map, true);

	if (err)
		return err;
	rounds = rounds < MAX_ROUNDS ? rounds : MAX_ROUNDS;
	err = list_ranges(&bench, map);
	if (!err)
		err = fill_others(&bench);
	if (err)
		return kallmod_fail(ctx, err, "the tables to compare with cannot be filled: %s",
				    strerror(-err));
	err = measure_pattern(&bench, BENCH_PATTERN_RANDOM, rounds);
	if (!err)
		err = measure_pattern(&bench, BENCH_PATTERN_HOT, rounds);
	if (err)
		return err;
	*ret = (struct bench_lookup_result){
		.ways = ways, .nways = NWAYS, .ranges = bench.nranges};
	kallmod_tables_bytes(bench.tables, &ret->table_bytes, &ret->module_table_bytes);
	return 0;
}

/* ---- checking -------------------------------------------------------------------------- */

/* What user space says of an address: the range's set, marks first, unresolved in no area. */
static uint32_t expected_set(const struct kallmod_map *map, const struct kallmod_slots *slots,
			     uint64_t address)
{
	const struct kallmod_range *range = kallmod_map_find(map, address);
	const struct kallmod_table_area *text = &slots->config->text;
	const struct kallmod_table_area *modules = &slots->config->modules;

	for (size_t i = 0; i < kallmod_map_mark_count(map); i++) {
		const struct kallmod_mark *mark = kallmod_map_mark(map, i);
		bool text_mark = mark->start <= address && address < mark->end;

		if (text_mark && mark->kind != KALLMOD_MARK_BOOT)
			return mark->kind == KALLMOD_MARK_IRQ ? KALLMOD_SET_IRQ :
								KALLMOD_SET_IDLE;
	}
	/* No code, no module: the tables are about addresses that run. */
	if (range && range->section == KALLMOD_SECTION_DATA)
		range = NULL;
	if (address - text->base < text->size)
		return range ? range->set : KALLMOD_SET_CORE;
	if (address - modules->base < modules->size)
		return range ? range->set : KALLMOD_SET_UNRESOLVED;
	return KALLMOD_SET_UNRESOLVED;
}

static int check_batch(struct bench *bench, const struct kallmod_map *map,
		       const struct kallmod_slots *slots, struct bench_check *checks, size_t n)
{
	double ns;

	for (size_t first = 0; first < n; first += BENCH_CHECKS_PER_RUN) {
		int err;

		bench->skel->bss->bench_first = first;
		err = run(bench->skel->progs.check_lookups, 1, &ns);
		if (err)
			return kallmod_fail(bench->ctx, err, "BPF_PROG_TEST_RUN: %s",
					    strerror(-err));
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t want = expected_set(map, slots, checks[i].address);

		if (checks[i].set == want &&
		    kallmod_slots_find(slots, checks[i].address) == want)
			continue;
		return kallmod_fail(bench->ctx, -ERANGE,
				    "lookup of %llx: the kernel says set %u, the table in user space %u, the map %u",
				    (unsigned long long)checks[i].address, checks[i].set,
				    kallmod_slots_find(slots, checks[i].address), want);
	}
	return 0;
}

static int check_map(struct bench *bench, const struct kallmod_map *map,
		     const struct kallmod_slots *slots, struct bench_check *checks,
		     size_t *checked_ret)
{
	size_t nranges = kallmod_map_range_count(map), n = 0;
	int err = 0;

	*checked_ret = 0;
	for (size_t i = 0; !err && i < nranges; i++) {
		const struct kallmod_range *range = kallmod_map_range(map, i);
		uint64_t edges[] = {range->start, range->end};

		for (size_t k = 0; k < 6; k++)
			checks[n++] = (struct bench_check){.address = edges[k / 3] + k % 3 - 1,
							   .set = UINT32_MAX};
		if (n + 6 > BENCH_CHECKS || i + 1 == nranges) {
			err = check_batch(bench, map, slots, checks, n);
			*checked_ret += n;
			n = 0;
		}
	}
	return err;
}

int bench_lookup_check(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		       size_t *checked_ret)
{
	size_t bytes = BENCH_CHECKS * sizeof(struct bench_check);
	__attribute__((cleanup(kallmod_slots_deinit))) struct kallmod_slots slots = {};
	__attribute__((cleanup(bench_close))) struct bench bench = {};
	int err = bench_open(&bench, ctx, map, false);
	struct bench_check *checks;

	if (err)
		return err;
	err = kallmod_slots_init(&slots, map, kallmod_ctx_live(ctx));
	if (err)
		return kallmod_fail(ctx, err, "no memory");
	checks = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(bench.skel->maps.bench_checks), 0);
	if (checks == MAP_FAILED)
		return kallmod_fail(ctx, -errno, "BPF map: %s", strerror(errno));
	err = check_map(&bench, map, &slots, checks, checked_ret);
	munmap(checks, bytes);
	return err;
}

int bench_random_map(struct kallmod_ctx *ctx, size_t nranges, uint32_t seed,
		     struct kallmod_map **ret)
{
	const uint64_t base = 0xffffffff81000000ull, span = 32ull << 20;
	struct kallmod_map *map;
	int err = kallmod_map_create(&map);

	if (err)
		return kallmod_fail(ctx, err, "no memory");
	srand(seed);
	err = kallmod_map_add_extent(map, base, base + span, KALLMOD_SECTION_TEXT);
	for (size_t i = 0; !err && i < nranges; i++) {
		uint64_t start = base + ((uint64_t)rand() << 16 ^ rand()) % (span - 4096);
		char name[16];
		const char *names[] = {name};
		struct kallmod_range range = {.start = start,
					      .end = start + 1 + rand() % (2 * span / nranges),
					      .confidence = 1};

		snprintf(name, sizeof(name), "m%d", rand() % 500);
		if (range.end > base + span)
			range.end = base + span;
		err = kallmod_map_set(map, KALLMOD_KIND_BUILTIN, names, 1, &range.set);
		if (!err)
			err = kallmod_map_add(map, &range);
	}
	if (!err)
		err = kallmod_map_freeze(map);
	if (err) {
		kallmod_map_destroy(map);
		return kallmod_fail(ctx, err, "the random map cannot be built");
	}
	*ret = map;
	return 0;
}
