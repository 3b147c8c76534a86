// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Carries the slot table into the maps of a BPF object, and keeps its module area current. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ctx.h"
#include "slots.h"
#include "tables.h"

/* Module names that may come up while a program runs; a name is numbered once. */
enum { SPARE_SETS = 1024 };

struct mapping {
	void *at;
	size_t bytes;
};

struct kallmod_tables {
	struct kallmod_ctx *ctx;
	struct kallmod_slots slots;
	struct kallmod_set_info *sets; /* nsets of set_capacity */
	size_t nsets, set_capacity;
	int sets_fd;			/* the object's */
	struct mapping chunks, far_leaves, bounds, config; /* the object's maps, mapped */
};

static struct kallmod_table_config *shared_config(const struct kallmod_tables *tables)
{
	return tables->config.at;
}

static int add_sets(struct kallmod_tables *tables, const struct kallmod_map *map)
{
	size_t n = kallmod_map_set_count(map);

	if (n > tables->set_capacity)
		return -E2BIG;
	for (size_t i = tables->nsets; i < n; i++) {
		struct kallmod_set_info *info = &tables->sets[i];

		info->kind = kallmod_map_set_kind(map, i);
		strncpy(info->name, kallmod_map_set_name(map, i), sizeof(info->name) - 1);
		if (tables->sets_fd >= 0) {
			__u32 key = i;

			if (bpf_map_update_elem(tables->sets_fd, &key, info, BPF_ANY))
				return -errno;
		}
	}
	tables->nsets = n > tables->nsets ? n : tables->nsets;
	return 0;
}

static int tables_init(struct kallmod_tables *tables, const struct kallmod_map *map)
{
	int err = kallmod_slots_init(&tables->slots, map, kallmod_ctx_live(tables->ctx));

	tables->sets_fd = -1;
	if (err == -EINVAL)
		return kallmod_fail(tables->ctx, err,
				    "the map has no kernel text; look at kallmod sources");
	if (err == -E2BIG)
		return kallmod_fail(tables->ctx, err,
				    "the map has too many modules or boundaries for the BPF table");
	if (err)
		return kallmod_fail(tables->ctx, err, "no memory for the lookup table");
	tables->set_capacity = kallmod_map_set_count(map) + SPARE_SETS;
	if (tables->set_capacity > KALLMOD_SET_RESERVED)
		tables->set_capacity = KALLMOD_SET_RESERVED;
	tables->sets = calloc(tables->set_capacity, sizeof(*tables->sets));
	if (!tables->sets)
		return kallmod_fail(tables->ctx, -ENOMEM, "no memory for the module names");
	return add_sets(tables, map);
}

int kallmod_tables_create(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			  struct kallmod_tables **ret)
{
	struct kallmod_tables *tables = calloc(1, sizeof(*tables));
	int err;

	if (!tables)
		return kallmod_fail(ctx, -ENOMEM, "no memory for the lookup table");
	tables->ctx = ctx;
	err = tables_init(tables, map);
	if (err)
		kallmod_tables_destroy(tables);
	else
		*ret = tables;
	return err;
}

static void mapping_deinit(struct mapping *mapping)
{
	if (mapping->at)
		munmap(mapping->at, mapping->bytes);
	mapping->at = NULL;
}

void kallmod_tables_destroy(struct kallmod_tables *tables)
{
	if (!tables)
		return;
	mapping_deinit(&tables->chunks);
	mapping_deinit(&tables->far_leaves);
	mapping_deinit(&tables->bounds);
	mapping_deinit(&tables->config);
	kallmod_slots_deinit(&tables->slots);
	free(tables->sets);
	free(tables);
}

static int resize(struct kallmod_tables *tables, struct bpf_object *object, const char *name,
		  size_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map)
		return kallmod_fail(tables->ctx, -ENOENT,
				    "the BPF object has no map %s; include kallmod.bpf.h", name);
	return bpf_map__set_max_entries(map, entries ? entries : 1);
}

static size_t far_leaves(const struct kallmod_slots *slots)
{
	return slots->leaf_capacity < KALLMOD_NEAR_LEAVES ?
		       0 : slots->leaf_capacity - KALLMOD_NEAR_LEAVES;
}

int kallmod_tables_prepare(struct kallmod_tables *tables, struct bpf_object *object)
{
	int err = resize(tables, object, "kallmod_table", tables->slots.nchunks);

	if (!err)
		err = resize(tables, object, "kallmod_far_leaves", far_leaves(&tables->slots));
	if (!err)
		err = resize(tables, object, "kallmod_bounds", tables->slots.bound_capacity);
	if (!err)
		err = resize(tables, object, "kallmod_sets", tables->set_capacity);
	return err;
}

static int mapping_init(struct kallmod_tables *tables, struct mapping *mapping,
			struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t page = sysconf(_SC_PAGESIZE);
	void *at;

	if (!map)
		return kallmod_fail(tables->ctx, -ENOENT,
				    "the BPF object has no map %s; include kallmod.bpf.h", name);
	mapping->bytes = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	mapping->bytes = (mapping->bytes + page - 1) & ~(page - 1);
	at = mmap(NULL, mapping->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return kallmod_fail(tables->ctx, -errno, "BPF map %s cannot be mapped: %s", name,
				    strerror(errno));
	mapping->at = at;
	return 0;
}

static int map_all(struct kallmod_tables *tables, struct bpf_object *object)
{
	int err = mapping_init(tables, &tables->chunks, object, "kallmod_table");

	if (!err)
		err = mapping_init(tables, &tables->far_leaves, object, "kallmod_far_leaves");
	if (!err)
		err = mapping_init(tables, &tables->bounds, object, "kallmod_bounds");
	if (!err)
		err = mapping_init(tables, &tables->config, object, ".data.kallmod");
	return err;
}

static void copy_chunks(struct kallmod_tables *tables)
{
	memcpy(tables->chunks.at, tables->slots.chunks,
	       tables->slots.nchunks * sizeof(struct kallmod_chunk));
}

static void copy_leaves(struct kallmod_tables *tables, size_t from, size_t to)
{
	struct kallmod_leaf *near = shared_config(tables)->near_leaves;
	struct kallmod_leaf *far = tables->far_leaves.at;

	for (size_t i = from; i < to; i++)
		*(i < KALLMOD_NEAR_LEAVES ? &near[i] : &far[i - KALLMOD_NEAR_LEAVES]) =
			tables->slots.leaves[i];
}

static void copy_bounds(struct kallmod_tables *tables, size_t from, size_t to)
{
	if (from < to)
		memcpy((struct kallmod_bound *)tables->bounds.at + from,
		       &tables->slots.bounds[from],
		       (to - from) * sizeof(struct kallmod_bound));
}

/* Areas and bounds; not the gate, which the kernel side writes as well. */
static void copy_config(struct kallmod_tables *tables)
{
	memcpy(shared_config(tables), tables->slots.config,
	       offsetof(struct kallmod_table_config, gate));
}

int kallmod_tables_fill(struct kallmod_tables *tables, struct bpf_object *object)
{
	size_t n = tables->nsets;
	int err = map_all(tables, object);

	if (err)
		return err;
	copy_chunks(tables);
	copy_leaves(tables, 0, tables->slots.nleaves);
	copy_bounds(tables, 0, tables->slots.nbounds);
	copy_config(tables);
	memcpy(shared_config(tables)->text_pages, tables->slots.config->text_pages,
	       sizeof(tables->slots.config->text_pages));
	tables->sets_fd = bpf_object__find_map_fd_by_name(object, "kallmod_sets");
	for (__u32 i = 0; i < n; i++)
		if (bpf_map_update_elem(tables->sets_fd, &i, &tables->sets[i], BPF_ANY))
			return kallmod_fail(tables->ctx, -errno, "BPF map kallmod_sets: %s",
					    strerror(errno));
	return 0;
}

uint32_t kallmod_tables_gate(const struct kallmod_tables *tables)
{
	return __atomic_load_n(&shared_config(tables)->gate, __ATOMIC_ACQUIRE);
}

bool kallmod_tables_stale(const struct kallmod_tables *tables)
{
	return kallmod_tables_gate(tables) != shared_config(tables)->gate_seen;
}

void kallmod_tables_wait(void)
{
	/* Refused on nohz_full: a millisecond does, as a program takes microseconds. */
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(1000);
}

static void rewrite_modules(struct kallmod_tables *tables)
{
	const struct kallmod_slots *slots = &tables->slots;

	copy_chunks(tables);
	copy_leaves(tables, slots->first_module_leaf, slots->nleaves);
	copy_bounds(tables, slots->first_module_bound, slots->nbounds);
	copy_config(tables);
}

int kallmod_tables_update(struct kallmod_tables *tables, const struct kallmod_map *map,
			  uint32_t since)
{
	struct kallmod_table_config *config = shared_config(tables);
	int err = add_sets(tables, map);

	if (!err)
		err = kallmod_slots_update(&tables->slots, map);
	if (err)
		return kallmod_fail(tables->ctx, err,
				    "modules have changed and the table has no room; start again");
	if (tables->slots.overflow_pages)
		kallmod_log(tables->ctx, KALLMOD_LOG_WARN,
			    "%zu pages of new code have no room in the table: they show as unresolved",
			    tables->slots.overflow_pages);
	/* Closed for anyone: gate moves on by events only, never back to since - 1. */
	__atomic_store_n(&config->gate_seen, since - 1, __ATOMIC_SEQ_CST);
	kallmod_tables_wait();
	rewrite_modules(tables);
	__atomic_store_n(&config->gate_seen, since, __ATOMIC_SEQ_CST);
	return 0;
}

void kallmod_tables_bytes(const struct kallmod_tables *tables, size_t *text_ret,
			  size_t *modules_ret)
{
	*text_ret = kallmod_slots_text_bytes(&tables->slots);
	*modules_ret = kallmod_slots_module_bytes(&tables->slots);
}
