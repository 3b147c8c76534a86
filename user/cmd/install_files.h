/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map and its sidecar in /lib/modules, put there and taken away such that at no moment a map
 * of ours stands there without the sidecar that tells it from the kernel's own.
 */
#ifndef KALLMOD_INSTALL_FILES_H
#define KALLMOD_INSTALL_FILES_H

#include "kallmod.h"

struct kallmod_install {
	struct kallmod_ctx *ctx;
	char *directory, *path, *sidecar; /* owned */
	int lock; /* the directory, while it is ours alone; -1 */
	bool there; /* a map of ours is */
	bool rest; /* a sidecar without its map is: what an end by force left */
};

#define KALLMOD_INSTALL_EMPTY { .lock = -1 }

/* Where the map of the context's kernel goes, and what is there: as kallmod_install_look(). */
int kallmod_install_open(struct kallmod_install *install, struct kallmod_ctx *ctx);
/*
 * Looks again what is there. -EEXIST: the kernel's own map, or something that is no map;
 * -EINVAL: nobody knows whose it is.
 */
int kallmod_install_look(struct kallmod_install *install);
/* Writes both files and gives them their names. What was there of ours is replaced. */
int kallmod_install_put(struct kallmod_install *install, const char *map, size_t map_size,
			const char *sidecar, size_t sidecar_size);
/* Takes both files away, and the directory, where nothing else is in it. */
int kallmod_install_remove(struct kallmod_install *install);
void kallmod_install_close(struct kallmod_install *install);
#define cleanup_install __attribute__((cleanup(kallmod_install_close)))

#endif
