/* SPDX-License-Identifier: GPL-2.0-only */
/* A model of kmodtop with a map and counters to feed it, for unit tests. */
#ifndef MODEL_BENCH_H
#define MODEL_BENCH_H

#include "fake_root.h"
#include "map.h"
#include "model.h"

enum { CORE, EXT4, XFS, VETH, SETS };

#define TEXT 0xffffffff81000000

static inline uint32_t add_module(struct kallmod_map *map, const char *name,
				  enum kallmod_kind kind,
			   uint64_t start, uint64_t end, float confidence)
{
	struct kallmod_range range = {
		.start = start, .end = end, .confidence = confidence,
		.trust = confidence < 1 ? KALLMOD_TRUST_INFERRED : KALLMOD_TRUST_EXACT};

	assert_int_equal(kallmod_map_set(map, kind, &name, 1, &range.set), 0);
	assert_int_equal(kallmod_map_add(map, &range), 0);
	return range.set;
}

/* Inferred: ext4 with .9 (a quarter of its bytes is less sure), xfs .5; veth is loaded. */
static inline struct kallmod_map *make_map(const char *more)
{
	struct kallmod_map *map;

	assert_int_equal(kallmod_map_create(&map), 0);
	kallmod_map_set_source(map, 2, KALLMOD_TRUST_INFERRED);
	assert_int_equal(add_module(map, "ext4", KALLMOD_KIND_BUILTIN, TEXT + 0x1000,
				    TEXT + 0x4000, 1 - 1e-7f), EXT4);
	add_module(map, "ext4", KALLMOD_KIND_BUILTIN, TEXT + 0x8000, TEXT + 0x9000, .6f);
	assert_int_equal(add_module(map, "xfs", KALLMOD_KIND_BUILTIN, TEXT + 0x5000,
				    TEXT + 0x6000, .5f), XFS);
	assert_int_equal(add_module(map, "veth", KALLMOD_KIND_LOADABLE, 0xffffffffc0000000,
				    0xffffffffc0001000, 1), VETH);
	if (more)
		add_module(map, more, KALLMOD_KIND_LOADABLE, 0xffffffffc0002000,
			   0xffffffffc0003000, 1);
	assert_int_equal(kallmod_map_add_extent(map, TEXT, TEXT + 0x10000,
						KALLMOD_SECTION_TEXT), 0);
	assert_int_equal(kallmod_map_freeze(map), 0);
	return map;
}

struct bench {
	struct kmodtop_model *model;
	struct kallmod_map *map;
	struct kallmod_profile_count counts[SETS + 1];
	struct kallmod_sampler_totals totals;
	size_t n;
};

static inline void bench_init(struct bench *bench, bool stacks, const char *more)
{
	*bench = (struct bench){.map = make_map(more), .n = more ? SETS + 1 : SETS};
	bench->model = kmodtop_model_create(stacks);
	assert_non_null(bench->model);
}

static inline void bench_deinit(struct bench *bench)
{
	kmodtop_model_destroy(bench->model);
	kallmod_map_destroy(bench->map);
}

static inline void bench_add(struct bench *bench, uint32_t set, uint64_t self, uint64_t charged,
		      uint64_t total)
{
	bench->counts[set].self += self;
	bench->counts[set].charged += charged;
	bench->counts[set].total += total;
	bench->totals.stats.samples += self;
	bench->totals.stats.kernel += self;
}

static inline void bench_tick(struct bench *bench)
{
	bench->totals.seconds += 2;
	bench->totals.expected += 400;
	assert_int_equal(kmodtop_model_tick(bench->model, bench->map, bench->counts, bench->n,
					    &bench->totals), 0);
}

static inline void bench_hit(struct bench *bench, uint64_t ip, uint32_t set, uint32_t tgid,
		      uint64_t self, uint64_t charged)
{
	struct kallmod_profile_hit hit = {
		.ip = ip, .set = set, .tgid = tgid, .self = self, .charged = charged};

	snprintf(hit.comm, sizeof(hit.comm), "process-%u", tgid);
	kmodtop_model_hit(bench->model, &hit);
}

static inline void add_hits(struct bench *bench)
{
	bench_hit(bench, TEXT + 0x1010, EXT4, 7, 3, 1);
	bench_hit(bench, TEXT + 0x1020, EXT4, 8, 1, 4);
	bench_hit(bench, TEXT + 0x1010, EXT4, 7, 2, 0); /* the same from another CPU */
	bench_hit(bench, TEXT + 0x2000, EXT4, 7, 1, 9);
	bench_hit(bench, TEXT + 0x5000, XFS, 9, 6, 6);
	bench_add(bench, EXT4, 7, 14, 14);
	bench_add(bench, XFS, 6, 6, 6);
}

#endif
