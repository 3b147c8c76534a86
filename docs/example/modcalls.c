// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* modcalls SECONDS MODULE:FUNCTION…: which functions of a module are called, built in or loaded? */
#include <bpf/bpf.h>
#include <kallmod.h>
#include <linux/types.h>
#include <stdlib.h>
#include <unistd.h>
#include <kallmod/kallmod_tables.h>
#include "modcalls.skel.h"

static struct kallmod_ctx *ctx;

static int fail(const char *what)
{
	fprintf(stderr, "modcalls: %s: %s\n", what, kallmod_ctx_error(ctx));
	return 1;
}

static unsigned long long calls(const struct bpf_map *map, __u32 key)
{
	__u64 value = 0;

	bpf_map__lookup_elem(map, &key, sizeof(key), &value, sizeof(value), 0);
	return value;
}

int main(int argc, char **argv)
{
	struct kallmod_function_query query = {.specs = (const char **)argv + 2, .nspecs = argc - 2};
	struct modcalls *skel = modcalls__open();
	struct kallmod_attachment *attachment;
	const struct kallmod_function *function;
	struct kallmod_functions *found;
	struct kallmod_tables *tables;
	struct kallmod_map *map;

	if (argc < 3 || !skel || kallmod_ctx_create(&ctx))
		return 2;
	struct kallmod_attach_options options = {
		.programs = {.multi = skel->progs.on_multi, .kprobe = skel->progs.on_kprobe}};
	if (kallmod_map_build(ctx, &map) || kallmod_functions_find(ctx, map, &query, &found))
		return fail("functions");
	size_t n = kallmod_functions_count(found), nmodules = kallmod_map_set_count(map);
	function = kallmod_functions_array(found);
	bpf_map__set_max_entries(skel->maps.functions, n);
	bpf_map__set_max_entries(skel->maps.modules, nmodules);
	if (kallmod_tables_create(ctx, map, &tables) || kallmod_tables_prepare(tables, skel->obj) ||
	    kallmod_attach_prepare(ctx, function, n, &options))
		return fail("BPF");
	if (modcalls__load(skel) || kallmod_tables_fill(tables, skel->obj) ||
	    kallmod_attach(ctx, function, n, &options, &attachment))
		return fail("attaching");
	sleep(atoi(argv[1]));
	kallmod_attachment_destroy(attachment);
	for (size_t i = 0; i < n; i++)
		if (calls(skel->maps.functions, i))
			printf("%10llu %s [%s]\n", calls(skel->maps.functions, i), function[i].name,
			       kallmod_map_set_name(map, function[i].set));
	for (size_t i = 0; i < nmodules; i++)
		if (calls(skel->maps.modules, i))
			printf("%10llu [%s] in all\n", calls(skel->maps.modules, i),
			       kallmod_map_set_name(map, i));
	return 0; /* all else goes with the process */
}
