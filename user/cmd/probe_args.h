/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments and return values by the kernel's own types: /sys/kernel/btf says what a function
 * takes and gives. Where it does not, values are raw.
 */
#ifndef KALLMOD_PROBE_ARGS_H
#define KALLMOD_PROBE_ARGS_H

#include <linux/types.h>

#include "event.h"
#include "kallmod.h"
#include "probe.h"

enum { KALLMOD_PROBE_VALUE = 160 };

struct kallmod_probe_value {
	char name[64];			/* of the parameter; "" where it is not known */
	char type[96];			/* "struct inode *"; "" where it is not known */
	char text[KALLMOD_PROBE_VALUE]; /* "true", "-2", "ENUM_NAME", "0xffff…" */
	bool pointer;
};

struct kallmod_probe_values {
	struct kallmod_probe_value args[KALLMOD_PROBE_ARGS];
	size_t nargs;
	struct kallmod_probe_value value; /* what it returned */
	bool has_value;			  /* false: it returns nothing */
};

struct btf;
struct kallmod_probe_args;

/* btf_path: a BTF file in place of the kernel's; NULL: the kernel's, if it has any. -ENOMEM. */
int kallmod_probe_args_create(const char *btf_path, struct kallmod_probe_args **ret);
void kallmod_probe_args_destroy(struct kallmod_probe_args *args);
/*
 * The values of a call of a function, of a loadable module if module is not NULL. index is the
 * same whenever the function is: what was found of it is kept by that.
 */
void kallmod_probe_args_format(struct kallmod_probe_args *args, size_t index,
			       const char *function, const char *module,
			       const struct kallmod_call_record *record,
			       struct kallmod_probe_values *ret);

#endif
