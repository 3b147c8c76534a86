// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpftrace's attach points, "kprobe:NAME,…", to be followed by a filter and an action; kfunc is
 * what it calls fentry. It knows names alone: of several functions with one name it takes any.
 */
#include <stdio.h>

#include "probe_list_names.h"

static bool print(void *printed, const struct kallmod_function *function, bool unique)
{
	if (!unique)
		return false;
	printf("%s%s:%s", *(size_t *)printed ? ",\n" : "",
	       function->mechanism == KALLMOD_MECHANISM_FENTRY ? "kfunc" : "kprobe",
	       function->name);
	++*(size_t *)printed;
	return true;
}

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	size_t printed = 0;
	int err = kallmod_probe_list_each(list, print, &printed, left_ret);

	if (printed)
		putchar('\n');
	return err;
}

const struct kallmod_out_probe_list kallmod_out_probe_list_bpftrace = {
	.name = "bpftrace", .left = KALLMOD_PROBE_LIST_LEFT, .write = write_list};
