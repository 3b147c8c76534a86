/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A kernel's .config, and the forms of it that make reads. */
#ifndef KALLMOD_THICK_CONFIG_H
#define KALLMOD_THICK_CONFIG_H

#include "ctx.h"
#include "tristate.h"

struct kallmod_config;

/* Owned by the caller. -EINVAL: not a .config; -ENOENT, -ENOMEM. */
int kallmod_config_read(struct kallmod_ctx *ctx, const char *path,
			struct kallmod_config **ret);
void kallmod_config_destroy(struct kallmod_config *config);
/* The value of a symbol, without CONFIG_ and quotes; NULL: not set. Owned by config. */
const char *kallmod_config_value(const struct kallmod_config *config, const char *name);
/*
 * The directory below SRCTREE/arch of the architecture arch ("x86_64": "x86"), or with NULL of
 * the one that the configuration is for. malloc'ed. -ENOENT: the tree has none.
 */
int kallmod_config_srcarch(struct kallmod_ctx *ctx, const struct kallmod_config *config,
			   const char *srctree, const char *arch, char **ret);

/* Write errors stay in the file. */
/* As make is to see it: what Kbuild calls auto.conf. */
void kallmod_config_write_auto(const struct kallmod_config *config, FILE *file);
/* What differs where all that could be a module is one: tristate symbols at m. */
void kallmod_config_write_modular(const struct kallmod_config *config,
				  const struct kallmod_tristate *tristate, FILE *file);
/* tristate.conf as kernels before 5.6 had it: the tristate symbols, with Y or M. */
void kallmod_config_write_tristate(const struct kallmod_config *config,
				   const struct kallmod_tristate *tristate, FILE *file);

#endif
