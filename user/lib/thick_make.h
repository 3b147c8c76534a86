/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Runs make over Kbuild files, several at a time, in an empty directory of its own under
 * $TMPDIR, with the source tree as "source" in it. Kbuild files can run programs with
 * $(shell …), and make does so, as in a kernel build; recipes are never run.
 */
#ifndef KALLMOD_THICK_MAKE_H
#define KALLMOD_THICK_MAKE_H

#include "ctx.h"

struct kallmod_make;

/* -ENOMEM, or why there is no temporary directory; srctree is not looked at. */
int kallmod_make_create(struct kallmod_ctx *ctx, const char *srctree,
			struct kallmod_make **ret);
/* Ends what still runs, and removes the directory. NULL is fine. */
void kallmod_make_destroy(struct kallmod_make *make);
/* A file to be written in the directory, "include/config/auto.conf"; NULL: said in ctx. */
FILE *kallmod_make_file(struct kallmod_make *make, const char *name);
/* Closes one, and notices errors of writing. */
int kallmod_make_file_close(struct kallmod_make *make, FILE *file);

/* How many can run at a time, and how many do. */
size_t kallmod_make_slots(const struct kallmod_make *make);
size_t kallmod_make_running(const struct kallmod_make *make);

struct kallmod_make_result {
	size_t tag;	    /* as it was given to start */
	char *output;	    /* NUL-terminated; owned by make until the next call */
	size_t size;
	const char *error;  /* what make said first on standard error, or "" */
};

/* Starts make with these arguments, NULL at the end, behind "make -rRs -f kallmod.mk". */
int kallmod_make_start(struct kallmod_make *make, size_t tag, const char *const *arguments);
/*
 * Waits until one has ended. -EINTR: a signal came; -ETIMEDOUT: one runs for minutes; -EFBIG:
 * one prints without end.
 */
int kallmod_make_wait(struct kallmod_make *make, struct kallmod_make_result *ret);

#endif
