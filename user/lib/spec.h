/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What to probe: "MODULE:FUNCTION", both of them globs or regular expressions between slashes.
 * "MODULE:" is all functions of the module, "FUNCTION" that function of any module, "core:" the
 * kernel proper. A backslash takes a character's meaning away.
 */
#ifndef KALLMOD_SPEC_H
#define KALLMOD_SPEC_H

#include "ctx.h"
#include "pattern.h"

struct kallmod_spec {
	char *text; /* as it was given; owned */
	bool any_module;
	struct kallmod_pattern module, function;
};

/* -EINVAL: the error line names the spec and the place in it; -ENOMEM. */
int kallmod_spec_parse(struct kallmod_ctx *ctx, const char *text, struct kallmod_spec *spec);
/* Frees what the spec holds. One that is all zero is fine. */
void kallmod_spec_deinit(struct kallmod_spec *spec);

/*
 * Does it name this set of the map: by a module of it, or by its name? Code that the kernel
 * made at run time (KALLMOD_KIND_PSEUDO) has to be called by its name; no pattern means that.
 */
bool kallmod_spec_has_set(struct kallmod_spec *spec, const struct kallmod_map *map,
			  uint32_t set);
/* Does it name this function, of whatever module? */
bool kallmod_spec_has_function(struct kallmod_spec *spec, const char *name);
/* -ETIME, -ENOMEM where matching gave up since it was parsed; records the error line. */
int kallmod_spec_check(struct kallmod_ctx *ctx, const struct kallmod_spec *spec);

#endif
