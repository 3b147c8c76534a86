/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The cache of the running kernel's built-in map, so that the second start needs neither
 * kallsyms nor inference. In /run/kallmod (root) or $XDG_RUNTIME_DIR/kallmod; gone with the
 * boot. A file is believed only if nobody else can have written it, its checksum holds, and
 * its key says that nothing which the map was made from has changed; else it is as if there
 * were none. KALLMOD_NO_CACHE=1 in the environment turns it off.
 */
#ifndef KALLMOD_CACHE_H
#define KALLMOD_CACHE_H

#include "ctx.h"
#include "map.h"

/*
 * Everything that the map depends on, as text, malloc'ed; NULL: cannot be cached. Made before
 * the map is, so that a file that changes meanwhile is noticed the next time.
 */
char *kallmod_cache_key(struct kallmod_ctx *ctx);
/* The frozen built-in map, if there is a good one. -ENOENT: none (the one error). */
int kallmod_cache_load(struct kallmod_ctx *ctx, const char *key, struct kallmod_map **ret);
/* Stores a frozen map; failing to is no error. */
void kallmod_cache_store(struct kallmod_ctx *ctx, const char *key,
			 const struct kallmod_map *map);

/* The map as bytes, and back. key is any text; another key, or damage: -EINVAL. */
int kallmod_cache_encode(const struct kallmod_map *map, const char *key, char **data_ret,
			 size_t *size_ret);
/* Makes the checksum of data good, of which encode makes use and the fuzzer. */
void kallmod_cache_seal(char *data, size_t size);
int kallmod_cache_decode(const void *data, size_t size, const char *key,
			 struct kallmod_map **ret);

#endif
