/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The thick module list: for each module that is built into a kernel the objects that it is
 * made of. docs/formats/modules_thick.builtin.md has the format.
 */
#ifndef KALLMOD_THICK_H
#define KALLMOD_THICK_H

#include "ctx.h"

struct kallmod_thick_module {
	char *name;	/* owned; "crypto/crypto.o" */
	char **objects; /* owned, each; none: the module is one object of its own name */
	size_t n, capacity;
};

struct kallmod_thick {
	struct kallmod_thick_module *modules;
	size_t n, capacity;
};

#define KALLMOD_THICK_EMPTY { .modules = NULL }

/* Releases what it holds and empties it. */
void kallmod_thick_deinit(struct kallmod_thick *thick);
#define cleanup_thick __attribute__((cleanup(kallmod_thick_deinit)))

/* Adds a module at the end, without objects; objects go to the module added last. -ENOMEM. */
int kallmod_thick_add(struct kallmod_thick *thick, const char *name, size_t length);
int kallmod_thick_add_object(struct kallmod_thick *thick, const char *object, size_t length);
/* By name; of several with the same name one stays. */
void kallmod_thick_sort(struct kallmod_thick *thick);

/* Reads a list into thick, which is empty. name is for messages. -EINVAL, -ENOMEM. */
int kallmod_thick_parse(struct kallmod_ctx *ctx, const char *name, const char *text,
			size_t size, struct kallmod_thick *thick);
int kallmod_thick_read(struct kallmod_ctx *ctx, const char *path, struct kallmod_thick *thick);
/* Write errors stay in the file. */
void kallmod_thick_write(const struct kallmod_thick *thick, FILE *file);

#endif
