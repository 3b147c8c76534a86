// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of perf probe, "--add=NAME"; a name that several functions have is an event with an
 * address instead: "--add=NAME_ADDR=0xADDR". Addresses are those of this boot.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "probe_list_names.h"

/* An event's name is at most 63 characters, of which the address takes some. */
enum { EVENT_NAME_MAX = 40 };

static bool print(void *arg, const struct kallmod_function *function, bool unique)
{
	(void)arg;
	/* perf probe has kprobes and nothing else. */
	if (function->mechanism == KALLMOD_MECHANISM_FENTRY)
		return false;
	if (unique) {
		printf("--add=%s\n", function->name);
		return true;
	}
	fputs("--add=", stdout);
	for (size_t i = 0; i < EVENT_NAME_MAX && function->name[i]; i++)
		putchar(isalnum((unsigned char)function->name[i]) ? function->name[i] : '_');
	printf("_%" PRIx64 "=0x%" PRIx64 "\n", function->addr, function->addr);
	return true;
}

static int write_list(const struct kallmod_probe_list *list, size_t *left_ret)
{
	return kallmod_probe_list_each(list, print, NULL, left_ret);
}

const struct kallmod_out_probe_list kallmod_out_probe_list_perf = {
	.name = "perf", .left = "no kprobe can be in them", .write = write_list};
