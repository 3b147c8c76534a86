/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Where a loadable module's code is. Before 6.4 a module is one area: text, then data. Since
 * then each type of memory is an allocation of its own (ac3b43283923), and /proc/modules
 * shows only where the text begins and how large all of it is together. So its text is taken
 * to end, at the latest, where any other section of any module begins.
 */
#ifndef KALLMOD_MODULE_AREAS_H
#define KALLMOD_MODULE_AREAS_H

#include "modules.h"

struct kallmod_area {
	char *module;	       /* owned */
	uint64_t base, size;   /* as /proc/modules has them */
	uint64_t text_last;    /* where its last text section begins; base where not known */
	uint64_t init, init_size; /* .init.text while it is loading; 0: none */
};

struct kallmod_areas {
	struct kallmod_area *areas;
	size_t count, capacity;
	uint64_t *starts; /* of everything that is not a module's own core text, sorted */
	size_t start_count, start_capacity;
	size_t hidden; /* modules whose address is hidden (zero) */
};

/* Reads ROOT/proc/modules and ROOT/sys/module. -ENOENT: a kernel without loadable modules. */
int kallmod_areas_read(struct kallmod_ctx *ctx, struct kallmod_areas *areas);
void kallmod_areas_deinit(struct kallmod_areas *areas);
/* Where the area that begins at start and takes size ends, with last inside it. */
uint64_t kallmod_areas_end(const struct kallmod_areas *areas, uint64_t start, uint64_t size,
			   uint64_t last);

#endif
