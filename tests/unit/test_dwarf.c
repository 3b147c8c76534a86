// SPDX-License-Identifier: GPL-2.0-only
/* Compile units: this program's own, and how source files become objects. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dwarf_units.h"

/* Non-inlined, so that it has an address in this file's unit. */
__attribute__((noinline)) static int known_function(int x)
{
	return x * 3 + getpid();
}

static struct kallmod_ctx *new_ctx(void)
{
	struct kallmod_ctx *ctx;

	assert_int_equal(kallmod_ctx_create(&ctx), 0);
	return ctx;
}

/* Where this program is loaded: the linker's name for its first byte. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static void own_units(void **state)
{
	uint64_t addr = (uintptr_t)known_function - (uintptr_t)__ehdr_start;
	struct kallmod_dwarf_units units;
	struct kallmod_ctx *ctx = new_ctx();
	bool found = false;

	(void)state;
	assert_int_equal(kallmod_dwarf_units_read(ctx, "/proc/self/exe", &units), 0);
	for (size_t i = 0; i < units.range_count; i++) {
		const struct kallmod_dwarf_range *range = &units.ranges[i];

		assert_true(range->start < range->end && range->unit < units.count);
		assert_true(!i || range[-1].start <= range->start);
		if (addr < range->start || addr >= range->end)
			continue;
		found = true;
		assert_non_null(strstr(units.names[range->unit], "tests/unit/test_dwarf.c"));
	}
	assert_true(found);
	kallmod_dwarf_units_deinit(&units);
	kallmod_ctx_destroy(ctx);
}

static void assert_object(const char *name, size_t prefix, const char *wanted)
{
	char object[64];

	assert_int_equal(kallmod_dwarf_object(name, prefix, object, sizeof(object)), !!wanted);
	if (wanted)
		assert_string_equal(object, wanted);
}

static void source_files_become_objects(void **state)
{
	char *names[] = {"lib/a.c", "/build/linux-6.1/init/main.c"};
	struct kallmod_dwarf_units units = {.names = names, .count = 2};
	size_t prefix = kallmod_dwarf_units_prefix(&units);
	char longer[80];

	(void)state;
	assert_int_equal(prefix, strlen("/build/linux-6.1/"));
	assert_object("fs/ext4/inode.c", 0, "fs/ext4/inode.o");
	assert_object("./fs/ext4/inode.c", prefix, "fs/ext4/inode.o");
	assert_object("/build/linux-6.1/arch/x86/crypto/a-x86_64.S", prefix,
		      "arch/x86/crypto/a-x86_64.o");
	assert_object("arch/x86/kvm/../../../virt/kvm/eventfd.c", 0, "virt/kvm/eventfd.o");
	assert_object("/build/linux-6.1/lib/../../x.c", prefix, NULL);
	assert_object("/build/linux-6.1/x", prefix, NULL);
	assert_object("/x", prefix, NULL);
	assert_object("/usr/include/x.c", 0, NULL);
	assert_object("net.old/core", 0, NULL);
	memset(longer, 'a', sizeof(longer));
	strcpy(longer + 62, ".c");
	assert_object(longer, 0, NULL);
	strcpy(longer + 61, ".c");
	assert_int_equal(kallmod_dwarf_object(longer, 0, (char[64]){}, 64), true);
	units.count = 1;
	assert_int_equal(kallmod_dwarf_units_prefix(&units), 0);
}

static void assert_fails(const char *path, int wanted, const char *says)
{
	struct kallmod_ctx *ctx = new_ctx();
	struct kallmod_dwarf_units units;

	assert_int_equal(kallmod_dwarf_units_read(ctx, path, &units), wanted);
	assert_non_null(strstr(kallmod_ctx_error(ctx), says));
	kallmod_ctx_destroy(ctx);
}

static void bad_files_are_refused(void **state)
{
	char path[] = "/tmp/kallmod-dwarf-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_fails("/nonexistent/vmlinux", -ENOENT, "/nonexistent/vmlinux: not found");
	assert_fails(path, -ENODATA, "has no debug information");
	assert_int_equal(write(fd, "\177ELF\2\1\1", 7), 7);
	assert_fails(path, -ENODATA, "has no debug information");
	close(fd);
	unlink(path);
}

/* Cut anywhere, it is refused or read, and nothing else. */
static void torn_files_do_no_harm(void **state)
{
	char path[] = "/tmp/kallmod-dwarf-XXXXXX", *data;
	struct kallmod_ctx *ctx = new_ctx();
	int fd = mkstemp(path), exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t size = lseek(exe, 0, SEEK_END);

	(void)state;
	assert_true(fd >= 0 && exe >= 0 && size > 0);
	data = malloc(size);
	assert_non_null(data);
	assert_int_equal(pread(exe, data, size, 0), size);
	assert_int_equal(pwrite(fd, data, size, 0), size);
	for (int i = 40; i > 0; i--) {
		struct kallmod_dwarf_units units;

		assert_int_equal(ftruncate(fd, size / 41 * i), 0);
		if (!kallmod_dwarf_units_read(ctx, path, &units))
			kallmod_dwarf_units_deinit(&units);
		else
			assert_non_null(strstr(kallmod_ctx_error(ctx), path));
	}
	free(data);
	close(exe);
	close(fd);
	unlink(path);
	kallmod_ctx_destroy(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_units),
		cmocka_unit_test(source_files_become_objects),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(torn_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
