// SPDX-License-Identifier: GPL-2.0-only
/* modules.builtin: what is read of it is sorted, each once, and is found again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builtin_paths.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_paths(struct kallmod_builtin_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		const char *object = paths->paths[i].object;
		size_t length = strlen(object);

		if (paths->paths[i].met || length < 3 || strcmp(object + length - 2, ".o"))
			abort();
		if (!kallmod_builtin_paths_meet(paths, object) || !paths->paths[i].met)
			abort();
	}
	if (kallmod_builtin_paths_meet(paths, "") || kallmod_builtin_paths_meet(paths, ".o"))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_builtin_paths struct kallmod_builtin_paths paths = {.paths = NULL};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char name[64];

	if (fd < 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size &&
	    !kallmod_builtin_paths_read(NULL, name, &paths))
		check_paths(&paths);
	close(fd);
	return 0;
}
