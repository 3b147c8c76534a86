/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Sets of module names: what is loaded, what is built in. */
#ifndef KALLMOD_MODULE_NAMES_H
#define KALLMOD_MODULE_NAMES_H

#include "ctx.h"

struct kallmod_module_names {
	char **names; /* sorted, '_' for '-' */
	size_t count, capacity;
};
#define KALLMOD_MODULE_NAMES_EMPTY { 0 }

/* The modules that are loaded in ROOT. No /proc/modules: no names, and 0. */
int kallmod_module_names_loaded(struct kallmod_ctx *ctx, struct kallmod_module_names *names);
/*
 * The modules that are built in: of the modules.builtin that was set, else of that of the
 * release. *known_ret: is there such a file, with names in it? Symbols alone (--kallsyms) do
 * not say whose it would be. One that was set and is not there is an error.
 */
int kallmod_module_names_builtin(struct kallmod_ctx *ctx, struct kallmod_module_names *names,
				 bool *known_ret);
/*
 * The file that these come from, malloc'ed; NULL: none is known. It need not be there. -ENOMEM.
 */
int kallmod_module_names_builtin_path(struct kallmod_ctx *ctx, char **path_ret);
bool kallmod_module_names_has(const struct kallmod_module_names *names, const char *name);
void kallmod_module_names_free(struct kallmod_module_names *names);

/*
 * The module that a path of modules.builtin or modules_thick.builtin stands for, in place:
 * "kernel/fs/ext4/ext4.ko" and "fs/ext4/ext4.o" are "ext4". NULL where it ends otherwise.
 */
char *kallmod_module_name(char *path);
/* A letter of a module's name or path, where '-' and '_' are equal; for comparing, too. */
static inline unsigned char kallmod_module_letter(char c)
{
	return c == '-' ? '_' : c;
}

/*
 * How many letters the longest run has that two names have in common, '-' and '_' being equal, and
 * suffixes (from a '.' on) left out.
 */
size_t kallmod_module_names_alike(const char *a, const char *b);

#endif
