/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for unit tests: a temporary directory as --root, and contexts on it. */
#ifndef FAKE_ROOT_H
#define FAKE_ROOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctx.h"

#define RELEASE "6.12.0-test"

struct fake_root {
	char path[64];
	char log[4096]; /* what the context logged, but for KALLMOD_LOG_DEBUG */
	struct kallmod_ctx *ctx;
};

static inline void fake_root_log(void *arg, enum kallmod_log_level level, const char *line)
{
	struct fake_root *root = arg;
	size_t length = strlen(root->log);

	if (level == KALLMOD_LOG_DEBUG)
		return;
	snprintf(root->log + length, sizeof(root->log) - length, "%d %s\n", (int)level, line);
}

/* Writes ROOT/path, with the directories above it. */
static inline void fake_root_write(const struct fake_root *root, const char *path,
				   const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", root->path, path);
	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_not_equal(fputs(text, file), EOF);
	assert_int_equal(fclose(file), 0);
}

/* A root of its own, release RELEASE, and a context on it. */
static inline int fake_root_setup(void **state)
{
	struct fake_root *root = calloc(1, sizeof(*root));

	assert_non_null(root);
	strcpy(root->path, "/tmp/kallmod-unit.XXXXXX");
	assert_non_null(mkdtemp(root->path));
	fake_root_write(root, "proc/sys/kernel/osrelease", RELEASE "\n");
	assert_int_equal(kallmod_ctx_create(&root->ctx), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_ROOT, root->path), 0);
	kallmod_ctx_set_log(root->ctx, fake_root_log, root);
	*state = root;
	return 0;
}

static inline int fake_root_remove(const struct fake_root *root)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root->path);
	return system(command);
}

static inline int fake_root_teardown(void **state)
{
	struct fake_root *root = *state;

	kallmod_ctx_destroy(root->ctx);
	assert_int_equal(fake_root_remove(root), 0);
	free(root);
	return 0;
}

#define rooted_test(function) \
	cmocka_unit_test_setup_teardown(function, fake_root_setup, fake_root_teardown)

/* The module at addr, "-" for core, NULL where the map has nothing. */
static inline const char *module_at(const struct kallmod_map *map, uint64_t addr)
{
	const struct kallmod_range *range = kallmod_map_find(map, addr);

	if (!range)
		return NULL;
	return range->set ? kallmod_map_set_name(map, range->set) : "-";
}

#define assert_module(map, addr, name)                           \
	do {                                                     \
		const char *found_ = module_at(map, addr);       \
		assert_non_null(found_);                         \
		assert_string_equal(found_, name);               \
	} while (0)

#define assert_error(ctx, text) assert_non_null(strstr(kallmod_ctx_error(ctx), text))

#endif
