// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "grow.h"
#include "map_priv.h"
#include "module_areas.h"
#include "parse.h"

#define PAGE_SIZE_MIN 4096

void kallmod_areas_deinit(struct kallmod_areas *areas)
{
	for (size_t i = 0; i < areas->count; i++)
		free(areas->areas[i].module);
	free(areas->areas);
	free(areas->starts);
}

static int add_start(struct kallmod_areas *areas, uint64_t start)
{
	int err = kallmod_grow(&areas->starts, &areas->start_capacity, areas->start_count,
			       sizeof(*areas->starts));

	if (!err)
		areas->starts[areas->start_count++] = start;
	return err;
}

/* A number in a small file of sysfs: hex after 0x, else decimal. */
static bool read_number(int dir, const char *name, uint64_t *ret)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	const char *at;
	char text[32];
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	if (got <= 0)
		return false;
	text[got] = '\0';
	at = text + 2;
	if (!strncmp(text, "0x", 2))
		return kallmod_parse_hex(&at, ret);
	*ret = strtoull(text, NULL, 10);
	return true;
}

/* Does the kernel put the section into the module's lasting text? (.init.text goes apart.) */
static bool is_core_text(const char *section)
{
	static const char *const names[] = { ".text", ".exit.text", ".noinstr.text",
					     ".static_call.text", ".spinlock.text", ".plt",
					     ".kprobes.text", ".sched.text", ".irqentry.text",
					     ".softirqentry.text", ".cpuidle.text",
					     ".text.ftrace_trampoline", ".ref.text" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(section, names[i]))
			return true;
	return !strncmp(section, ".text.", 6);
}

/*
 * Memory that is given back once the module is loaded. sysfs goes on showing where it was,
 * and by then another module may be there.
 */
static bool is_init(const char *section)
{
	return !strncmp(section, ".init", 5) || !strcmp(section, ".symtab") ||
	       !strcmp(section, ".strtab");
}

static int add_section(struct kallmod_areas *areas, struct kallmod_area *area, const char *name,
		       uint64_t addr)
{
	if (!addr)
		return 0;
	if (!strncmp(name, ".init.text", 10)) {
		area->init = addr;
		return add_start(areas, addr);
	}
	if (!is_core_text(name) || addr < area->base || addr - area->base >= area->size)
		return add_start(areas, addr);
	if (addr > area->text_last)
		area->text_last = addr;
	return 0;
}

static int read_sections(struct kallmod_areas *areas, struct kallmod_area *area, int module_dir,
			 bool loading)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int err = 0, fd = openat(module_dir, "sections", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (entry = readdir(dir))) {
		uint64_t addr;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    (!loading && is_init(entry->d_name)))
			continue;
		if (read_number(fd, entry->d_name, &addr))
			err = add_section(areas, area, entry->d_name, addr);
	}
	return err;
}

/* Sections are for root alone; without them the base and the size must do. */
static int read_sysfs(struct kallmod_ctx *ctx, struct kallmod_areas *areas,
		      struct kallmod_area *area, bool loading)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/module/%s", area->module);
	cleanup_fd int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int err;

	if (dir < 0)
		return path ? 0 : -ENOMEM;
	err = read_sections(areas, area, dir, loading);
	if (!area->init || !read_number(dir, "initsize", &area->init_size))
		area->init = 0;
	return err;
}

struct reading {
	struct kallmod_ctx *ctx;
	struct kallmod_areas *areas;
};

static int add_module(void *arg, const struct kallmod_module_line *line)
{
	struct reading *reading = arg;
	struct kallmod_areas *areas = reading->areas;
	struct kallmod_area area = { .base = line->base, .size = line->size,
				     .text_last = line->base };
	int err;

	if (!line->base) {
		areas->hidden++;
		return 0;
	}
	/* The name becomes part of a path. */
	if (strchr(line->name, '/') || line->name[0] == '.')
		return kallmod_fail(reading->ctx, -EINVAL,
				    "/proc/modules: '%s' is no module name; give the right root",
				    line->name);
	err = kallmod_grow(&areas->areas, &areas->capacity, areas->count,
			   sizeof(*areas->areas));
	if (!err)
		err = add_start(areas, line->base);
	if (err)
		return err;
	area.module = strdup(line->name);
	if (!area.module)
		return -ENOMEM;
	areas->areas[areas->count++] = area;
	return read_sysfs(reading->ctx, areas, &areas->areas[areas->count - 1], line->loading);
}

static int compare_starts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int kallmod_areas_read(struct kallmod_ctx *ctx, struct kallmod_areas *areas)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	cleanup_free char *path = kallmod_path(ctx, "/proc/modules");
	struct reading reading = { ctx, areas };
	int err = path ? kallmod_reader_open(&reader, ctx, path) : -ENOMEM;

	if (!err)
		err = kallmod_modules_stream(&reader, add_module, &reading);
	if (!err && areas->start_count)
		qsort(areas->starts, areas->start_count, sizeof(*areas->starts), compare_starts);
	return err;
}

uint64_t kallmod_areas_end(const struct kallmod_areas *areas, uint64_t start, uint64_t size,
			   uint64_t last)
{
	size_t low = 0, high = areas->start_count;
	uint64_t next, floor, limit;

	if (__builtin_add_overflow(start, size, &limit) ||
	    __builtin_add_overflow(limit, PAGE_SIZE_MIN - 1, &limit))
		limit = UINT64_MAX;
	else
		limit &= -(uint64_t)PAGE_SIZE_MIN;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (areas->starts[middle] <= last)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == areas->start_count || areas->starts[low] >= limit)
		return limit;
	/* Other memory begins with a page, of which the first section may leave a part free. */
	next = areas->starts[low];
	floor = next & -(uint64_t)PAGE_SIZE_MIN;
	return floor > last ? floor : next;
}
