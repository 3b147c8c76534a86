/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands whose only options are the shared ones and, perhaps, --json. */
#ifndef KALLMOD_SIMPLE_H
#define KALLMOD_SIMPLE_H

#include "cmd.h"

struct kallmod_simple {
	const char *name; /* "kallmod addr" */
	const char *doc, *args_doc;
	bool json;	/* has --json */
	bool arguments; /* takes any */
	/* 0 or a negative errno, with its line in kallmod_ctx_error(). */
	int (*fn)(struct kallmod_ctx *ctx, bool json, int n, char **arguments);
};

/* Parses, calls fn, and returns the exit status. */
int kallmod_simple_run(const struct kallmod_simple *simple, int argc, char **argv);

#endif
