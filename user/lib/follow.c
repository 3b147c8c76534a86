// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_log.h"
#include "clock.h"
#include "follow.h"
#include "grow.h"
#include "modules.h"
#include "source.h"

/* A piece of JIT-compiled code or a trampoline: [start, end) of a pseudo-module. */
struct jit_code {
	uint64_t start, end;
	char module[16];
};

struct kallmod_follow {
	struct kallmod_ctx *ctx;
	int map_fd; /* that perf_buffer wants to keep its events in */
	struct perf_buffer *records;
	struct jit_code *code; /* that records told of; unsorted, the map sorts */
	size_t n, capacity;
	bool changed; /* a record has come since the last rebuild */
	uint64_t rebuilt_ns;
};

/* PERF_RECORD_KSYMBOL as the kernel writes it (5.1, commit 76193a94522f). */
struct ksymbol_record {
	struct perf_event_header header;
	uint64_t addr;
	uint32_t len;
	uint16_t ksym_type;
	uint16_t flags;
	char name[];
};

/* Without memory the code stays unknown, and its samples unresolved. */
static void code_add(struct kallmod_follow *follow, uint64_t start, uint64_t end,
		     const char *module)
{
	struct jit_code *code;

	if (kallmod_grow(&follow->code, &follow->capacity, follow->n, sizeof(*code)))
		return;
	code = &follow->code[follow->n++];
	*code = (struct jit_code){.start = start, .end = end};
	strncpy(code->module, module, sizeof(code->module) - 1);
}

static void code_remove(struct kallmod_follow *follow, uint64_t start)
{
	for (size_t i = 0; i < follow->n; i++)
		if (follow->code[i].start == start)
			follow->code[i--] = follow->code[--follow->n];
}

/* The pseudo-module of a KSYMBOL record: the same names as kallsyms gives. */
static const char *pseudo_module(const char *name)
{
	if (!strncmp(name, "ftrace_", 7))
		return "ftrace";
	if (!strncmp(name, "kprobe_", 7))
		return "kprobes";
	return "bpf";
}

static enum bpf_perf_event_ret on_record(void *arg, int cpu, struct perf_event_header *header)
{
	const struct ksymbol_record *record = (const void *)header;
	struct kallmod_follow *follow = arg;

	(void)cpu;
	follow->changed = true;
	/* What was lost may have removed any of the code; programs are asked for by themselves. */
	if (header->type == PERF_RECORD_LOST)
		follow->n = 0;
	if (header->type != PERF_RECORD_KSYMBOL || header->size <= sizeof(*record))
		return LIBBPF_PERF_EVENT_CONT;
	code_remove(follow, record->addr);
	if (!(record->flags & PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER))
		code_add(follow, record->addr, record->addr + record->len,
			 pseudo_module(record->name));
	return LIBBPF_PERF_EVENT_CONT;
}

static int open_records(struct kallmod_follow *follow)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.ksymbol = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};

	follow->map_fd = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, NULL, 4, 4,
					libbpf_num_possible_cpus(), NULL);
	if (follow->map_fd < 0)
		return -errno;
	follow->records = perf_buffer__new_raw(follow->map_fd, 8, &attr, on_record, follow, NULL);
	return follow->records ? 0 : -errno;
}

int kallmod_follow_create(struct kallmod_ctx *ctx, struct kallmod_follow **ret)
{
	struct kallmod_follow *follow = calloc(1, sizeof(*follow));
	int err;

	if (!follow)
		return kallmod_fail(ctx, -ENOMEM, "no memory");
	follow->ctx = ctx;
	follow->map_fd = -1;
	err = open_records(follow);
	if (err)
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "new BPF programs cannot be followed (PERF_RECORD_KSYMBOL: %s): their samples show as unresolved",
			    strerror(-err));
	*ret = follow;
	return 0;
}

void kallmod_follow_destroy(struct kallmod_follow *follow)
{
	if (!follow)
		return;
	perf_buffer__free(follow->records);
	if (follow->map_fd >= 0)
		close(follow->map_fd);
	free(follow->code);
	free(follow);
}

int kallmod_follow_fd(const struct kallmod_follow *follow)
{
	return follow->records ? perf_buffer__epoll_fd(follow->records) : -1;
}

bool kallmod_follow_drain(struct kallmod_follow *follow)
{
	if (follow->records)
		perf_buffer__consume(follow->records);
	/* A machine that loads BPF programs all the time is not allowed to keep us busy. */
	return follow->changed && kallmod_now_ns() - follow->rebuilt_ns >= 1000000000ull;
}

/* Adds the code that is known to the map. */
static int add_code(struct kallmod_follow *follow, struct kallmod_map *map, uint8_t source)
{
	int err = 0;

	for (size_t i = 0; !err && i < follow->n; i++) {
		const struct jit_code *code = &follow->code[i];
		const char *name = code->module;
		struct kallmod_range range = {.start = code->start,
					      .end = code->end,
					      .confidence = 1,
					      .trust = KALLMOD_TRUST_EXACT,
					      .source = source};

		err = kallmod_map_set(map, KALLMOD_KIND_PSEUDO, &name, 1, &range.set);
		if (!err && range.start < range.end)
			err = kallmod_map_add(map, &range);
	}
	return err;
}

static uint8_t modules_source(void)
{
	uint8_t id = 0;

	while (kallmod_sources[id] != &kallmod_source_modules)
		id++;
	return id;
}

static int fill(struct kallmod_follow *follow, struct kallmod_map *map)
{
	uint8_t source = modules_source();
	int err = kallmod_modules_merge(follow->ctx, map, source);

	/* -ENOENT: a kernel without loadable modules, and no BPF program. */
	if (!err || err == -ENOENT || err == -ENODATA)
		err = add_code(follow, map, source);
	return err ? err : kallmod_map_freeze(map);
}

int kallmod_follow_rebuild(struct kallmod_follow *follow, const struct kallmod_map *map,
			   struct kallmod_map **ret)
{
	unsigned int keep = 1u << KALLMOD_KIND_CORE | 1u << KALLMOD_KIND_BUILTIN;
	struct kallmod_map *next;
	int err = kallmod_map_derive(map, keep, &next);

	if (err)
		return kallmod_fail(follow->ctx, err, "no memory for the map");
	follow->changed = false;
	follow->rebuilt_ns = kallmod_now_ns();
	err = fill(follow, next);
	if (err)
		kallmod_map_destroy(next);
	else
		*ret = next;
	return err;
}

void kallmod_follow_attach_gate(struct kallmod_ctx *ctx, const struct bpf_program *on_load,
				const struct bpf_program *on_free, struct bpf_link **load_ret,
				struct bpf_link **free_ret)
{
	libbpf_print_fn_t print = kallmod_bpf_log_begin();

	*load_ret = bpf_program__attach(on_load);
	*free_ret = bpf_program__attach(on_free);
	libbpf_set_print(print);
	if ((!*load_ret || !*free_ret) && !access("/proc/modules", F_OK))
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "module loads cannot be followed (no module tracepoints): loadable modules are those of now");
}
