// SPDX-License-Identifier: GPL-2.0-only
/*
 * What says which modules objects belong to. The first byte chooses: an object list or a thick
 * list, a modules.builtin, a .cmd file. The modules that come out can stand in a line of
 * modules.builtin.ranges.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objmods_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WHICH = 3 };

static char directory[64], builtin[96], list[96], cmd[96];

static void remove_files(void)
{
	char object[96];

	unlink(builtin);
	unlink(list);
	unlink(cmd);
	snprintf(object, sizeof(object), "%s/fs", directory);
	rmdir(object);
	rmdir(directory);
}

static void set_up(void)
{
	char object[96];

	strcpy(directory, "/dev/shm/fuzz-objmods.XXXXXX");
	if (!mkdtemp(directory))
		abort();
	snprintf(object, sizeof(object), "%s/fs", directory);
	snprintf(builtin, sizeof(builtin), "%s/modules.builtin", directory);
	snprintf(list, sizeof(list), "%s/list", directory);
	snprintf(cmd, sizeof(cmd), "%s/fs/.a.o.cmd", directory);
	if (mkdir(object, 0700))
		abort();
	atexit(remove_files);
}

static void put(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		abort();
}

static void check(const char *modules)
{
	if (strpbrk(modules, "\n\t=/-") || modules[0] == ' ' || strstr(modules, "  ") ||
	    (*modules && modules[strlen(modules) - 1] == ' '))
		abort();
}

static void ask(struct kallmod_objmods *objmods, const char *object)
{
	uint32_t number;

	if (kallmod_objmods_ask(objmods, object, &number) || kallmod_objmods_settle(objmods))
		return;
	check(kallmod_objmods_modules(objmods, number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char modules[] = "kernel/fs/a.ko\nkernel/fs/b-c.ko\n";
	struct kallmod_objmods_paths paths = { builtin, directory, NULL };
	struct kallmod_objmods *objmods;
	unsigned int which;

	if (!*directory)
		set_up();
	if (!size)
		return 0;
	which = *data++ % WHICH;
	size--;
	put(builtin, which == 1 ? (const void *)data : modules,
	    which == 1 ? size : sizeof(modules) - 1);
	put(cmd, which == 2 ? (const void *)data : "-DKBUILD_MODFILE='\"fs/a\"'\n",
	    which == 2 ? size : strlen("-DKBUILD_MODFILE='\"fs/a\"'\n"));
	put(list, data, size);
	paths.list = which ? NULL : list;
	if (kallmod_objmods_open(NULL, &paths, &objmods))
		return 0;
	ask(objmods, "fs/a.o");
	ask(objmods, "fs/none.o");
	for (size_t i = 0; i < objmods->objects.count && i < 64; i++)
		ask(objmods, objmods->objects.strings[i]);
	kallmod_objmods_close(objmods);
	return 0;
}
