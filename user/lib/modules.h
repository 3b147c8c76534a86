/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Loadable modules and pseudo-modules, as they are now. */
#ifndef KALLMOD_MODULES_H
#define KALLMOD_MODULES_H

#include "file.h"
#include "map.h"

/*
 * Adds the loadable modules of ROOT/proc/modules, and on the running kernel BPF code and
 * trampolines, to an unfrozen map; ranges carry source id. Reads no kallsyms, so it can be
 * called again whenever modules come or go, on a map derived without LOADABLE and PSEUDO.
 * -ENOENT: a kernel without modules, and nothing else was found; -EPERM: addresses hidden.
 */
int kallmod_modules_merge(struct kallmod_ctx *ctx, struct kallmod_map *map, uint8_t id);

/* One line of /proc/modules. */
struct kallmod_module_line {
	const char *name;
	uint64_t size; /* of all its memory, bytes */
	uint64_t base; /* of its text; 0: hidden */
	bool loading;
};

/*
 * Streams /proc/modules. fn's strings live for the call; it returns 0 to go on, or what the
 * call shall return. -EINVAL: not a module list.
 */
int kallmod_modules_stream(struct kallmod_reader *reader,
			   int (*fn)(void *arg, const struct kallmod_module_line *line),
			   void *arg);

/* The pseudo-module that kallsyms' tag stands for: "bpf", "ftrace", "kprobes"; or NULL. */
const char *kallmod_pseudo_module(const char *tag);
/* Adds the BPF programs of the running kernel; without privilege there are none. -ENOMEM. */
int kallmod_bpf_merge(struct kallmod_map *map, uint8_t id);

#endif
