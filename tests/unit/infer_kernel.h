/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for unit tests of inference: made-up kernels, and made-up signatures. */
#ifndef INFER_KERNEL_H
#define INFER_KERNEL_H

#include "fake_root.h"
#include "map.h"
#include "sigfile.h"

#define TEXT 0xffffffff81000000
#define STEP 0x100

struct kernel {
	char kallsyms[65536];
	size_t length;
	uint64_t at; /* where the next function begins */
};

static inline void kernel_add(struct kernel *kernel, uint64_t addr, const char *name)
{
	kernel->length += snprintf(kernel->kallsyms + kernel->length,
				   sizeof(kernel->kallsyms) - kernel->length,
				   "%016llx t %s\n", (unsigned long long)addr, name);
	assert_true(kernel->length < sizeof(kernel->kallsyms));
}

static inline void kernel_begin(struct kernel *kernel)
{
	*kernel = (struct kernel){.at = TEXT};
	kernel_add(kernel, TEXT, "_stext");
}

/* The functions PREFIX_first … before PREFIX_end, of STEP bytes each; where they begin. */
static inline uint64_t kernel_part(struct kernel *kernel, const char *prefix, int first, int end)
{
	uint64_t start = kernel->at;
	char name[64];

	for (int i = first; i < end; i++, kernel->at += STEP) {
		snprintf(name, sizeof(name), "%s_%d", prefix, i);
		kernel_add(kernel, kernel->at, name);
	}
	return start;
}

/* n functions PREFIX_0 … */
static inline uint64_t kernel_functions(struct kernel *kernel, const char *prefix, int n)
{
	return kernel_part(kernel, prefix, 0, n);
}

static inline void kernel_end(struct kernel *kernel, struct fake_root *root)
{
	kernel_add(kernel, kernel->at, "_etext");
	fake_root_write(root, "proc/kallsyms", kernel->kallsyms);
	/* What was read of the kernel before is forgotten. */
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "signatures"), 0);
}

static inline struct kallmod_map *infer(struct fake_root *root)
{
	struct kallmod_map *map = NULL;
	int err = kallmod_map_build(root->ctx, &map);

	if (err)
		print_message("%s\n", kallmod_ctx_error(root->ctx));
	assert_int_equal(err, 0);
	assert_int_equal(kallmod_map_trust(map), KALLMOD_TRUST_INFERRED);
	return map;
}

/* The whole of [start, end) has that module; what is around it does not. */
static inline void assert_stretch(const struct kallmod_map *map, uint64_t start, uint64_t end,
				  const char *name)
{
	assert_module(map, start, name);
	assert_module(map, end - 1, name);
	assert_ptr_equal(kallmod_map_find(map, start), kallmod_map_find(map, end - 1));
	assert_int_equal(kallmod_map_find(map, start)->start, start);
	assert_int_equal(kallmod_map_find(map, start)->end, end);
}

/*
 * A line of made-up signatures: n functions PREFIX_0 … of a module, or NULL: of the core. Where
 * lines have a directory, they are in the order of linking.
 */
struct signature {
	const char *release, *module, *prefix;
	int n;
	const char *directory;
};

static inline void write_lines(struct fake_root *root, const struct signature *lines, size_t n)
{
	struct kallmod_sigbuilder *builder;
	char path[128], name[64];

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	for (size_t i = 0; i < n; i++) {
		const struct signature *line = &lines[i];
		const char *directory = line->directory ? line->directory : "";
		int release = kallmod_sigbuilder_release(builder, line->release);
		int owner = line->module ?
				    kallmod_sigbuilder_module(builder, line->module, directory) :
				    kallmod_sigbuilder_object(builder, "kernel/exit.o");

		if (line->module)
			kallmod_sigbuilder_exists(builder, release, owner);
		if (*directory)
			assert_int_equal(kallmod_sigorder_add(kallmod_sigbuilder_order(builder),
							      directory),
					 0);
		for (int k = 0; k < line->n; k++) {
			snprintf(name, sizeof(name), "%s_%d", line->prefix, k);
			assert_int_equal(kallmod_sigbuilder_add(builder, release, owner, name), 0);
		}
	}
	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SIGNATURES, root->path), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "signatures"), 0);
}
#define WRITE_LINES(root, lines) write_lines(root, lines, sizeof(lines) / sizeof((lines)[0]))

#endif
