/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * /proc/kallmodsyms: /proc/kallsyms with the modules of built-in symbols, in all the forms
 * that were published:
 *	UEK6, UEK7, v1, v2	ADDR SIZE TYPE NAME[<tab>[MOD]]
 *	v3 to v8		ADDR TYPE NAME[<tab>[MOD1] [MOD2]…]
 *	v9, v10			as v8, then " {OBJECT.o}", or "<tab>{OBJECT.o}" without a module
 */
#ifndef KALLMOD_KALLMODSYMS_H
#define KALLMOD_KALLMODSYMS_H

#include "file.h"

#define KALLMOD_KALLMODSYMS_MODULES_MAX 255

struct kallmod_kallmodsyms_line {
	uint64_t addr, size; /* size 0: the form has none, or it is 0 */
	bool sized;	     /* the form has sizes */
	char type;
	const char *name;
	const char *modules[KALLMOD_KALLMODSYMS_MODULES_MAX];
	size_t module_count;
};

/* fn's strings live for the call; a non-zero return of fn ends the stream with it. -EINVAL. */
int kallmod_kallmodsyms_stream(struct kallmod_reader *reader,
			       int (*fn)(void *arg, const struct kallmod_kallmodsyms_line *line),
			       void *arg);

#endif
