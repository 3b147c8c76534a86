// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first byte says what the rest is: a thick module list, what make printed, a top Makefile,
 * or a .config.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "thick_config.h"
#include "thick_lists.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What is written is read back as it was. */
static void check_list(const char *text, size_t size)
{
	cleanup_thick struct kallmod_thick thick = KALLMOD_THICK_EMPTY, again = KALLMOD_THICK_EMPTY;
	cleanup_free char *out = NULL;
	size_t length = 0;
	FILE *file;

	if (kallmod_thick_parse(NULL, "fuzz", text, size, &thick))
		return;
	file = open_memstream(&out, &length);
	if (!file)
		return;
	kallmod_thick_write(&thick, file);
	fclose(file);
	if (kallmod_thick_parse(NULL, "again", out, length, &again) || again.n != thick.n)
		abort();
	kallmod_thick_sort(&again);
}

static void check_lists(const char *text)
{
	struct kallmod_thick_lists lists = {.dirs = NULL};
	cleanup_free char *copy = strdup(text);

	if (!copy)
		return;
	kallmod_thick_lists_take(&lists, "a/b", copy);
	for (size_t i = 0; i < lists.ndirs; i++)
		if (*lists.dirs[i] == '/' || !strncmp(lists.dirs[i], "../", 3))
			abort();
	for (size_t i = 0; i < lists.objects.n; i++)
		kallmod_thick_lists_able(&lists, lists.objects.modules[i].name);
	kallmod_thick_lists_deinit(&lists);
}

/* As a makefile nothing but directories is left of it, whatever it was. */
static void check_extract(const char *text)
{
	cleanup_free char *out = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&out, &length);

	if (!file)
		return;
	kallmod_thick_extract(text, file);
	fclose(file);
	for (const char *at = out; (at = strchr(at, '$')); at++)
		if (strncmp(at, "$(CONFIG_", 9))
			abort();
}

/* No value of a .config means anything to make. */
static void check_make(const char *text)
{
	while ((text = strpbrk(text, "$#"))) {
		if (*text == '$' && text[1] != '$' && strncmp(text, "$()\n", 4))
			abort();
		if (*text == '#' && text[-1] != '\\')
			abort();
		text += 1 + (*text == '$');
	}
}

static void check_config(const char *text, size_t size)
{
	struct kallmod_config *config;
	cleanup_free char *out = NULL;
	cleanup_fd int fd = memfd_create("fuzz", MFD_CLOEXEC);
	size_t length = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size ||
	    kallmod_config_read(NULL, path, &config))
		return;
	file = open_memstream(&out, &length);
	if (file) {
		kallmod_config_write_auto(config, file);
		fclose(file);
		check_make(out);
	}
	kallmod_config_value(config, "A");
	kallmod_config_destroy(config);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	if (*data % 4 == 0)
		check_list((const char *)data + 1, size - 1);
	else if (*data % 4 == 1)
		check_lists(text);
	else if (*data % 4 == 2)
		check_extract(text);
	else
		check_config((const char *)data + 1, size - 1);
	return 0;
}
