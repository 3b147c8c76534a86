// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Where the kernel's BPF programs are: asked for one by one, since kallsyms has no ends. */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "map_priv.h"
#include "modules.h"

/* The verifier's own limit on functions of a program (BPF_MAX_SUBPROGS). */
#define FUNCTIONS_MAX 256

struct functions {
	__u64 addresses[FUNCTIONS_MAX];
	__u32 lengths[FUNCTIONS_MAX];
	__u32 count;
};

static bool read_functions(int fd, struct functions *ret)
{
	struct bpf_prog_info info;
	__u32 size = sizeof(info);

	memset(ret, 0, sizeof(*ret));
	memset(&info, 0, sizeof(info));
	info.nr_jited_ksyms = FUNCTIONS_MAX;
	info.jited_ksyms = (uintptr_t)ret->addresses;
	info.nr_jited_func_lens = FUNCTIONS_MAX;
	info.jited_func_lens = (uintptr_t)ret->lengths;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	ret->count = info.nr_jited_ksyms < info.nr_jited_func_lens ? info.nr_jited_ksyms :
								     info.nr_jited_func_lens;
	if (ret->count > FUNCTIONS_MAX)
		ret->count = FUNCTIONS_MAX;
	return true;
}

static int add_functions(struct kallmod_map *map, uint8_t id, const struct functions *functions)
{
	static const char *const name = "bpf";
	struct kallmod_range range = { 0, 0, 0, 1, KALLMOD_TRUST_EXACT, KALLMOD_SECTION_TEXT, id };
	int err = kallmod_map_set(map, KALLMOD_KIND_PSEUDO, &name, 1, &range.set);

	for (__u32 i = 0; !err && i < functions->count; i++) {
		range.start = functions->addresses[i];
		range.end = range.start + functions->lengths[i];
		/* Zero where kptr_restrict hides it. */
		if (range.start && range.end > range.start)
			err = kallmod_map_add(map, &range);
	}
	return err;
}

int kallmod_bpf_merge(struct kallmod_map *map, uint8_t id)
{
	struct functions *functions = malloc(sizeof(*functions));
	__u32 program = 0;
	int err = functions ? 0 : -ENOMEM;

	while (!err && !bpf_prog_get_next_id(program, &program)) {
		cleanup_fd int fd = bpf_prog_get_fd_by_id(program);

		/* It may have gone in between. */
		if (fd >= 0 && read_functions(fd, functions))
			err = add_functions(map, id, functions);
	}
	free(functions);
	return err;
}
