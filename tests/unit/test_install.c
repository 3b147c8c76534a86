// SPDX-License-Identifier: GPL-2.0-only
/* Installed maps: the sidecar, and an installation that is ended by force, wherever it is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "fake_root.h"
#include "install_files.h"
#include "map.h"
#include "ranges_file.h"

#define DIRECTORY "lib/modules/" RELEASE
#define RANGES DIRECTORY "/modules.builtin.ranges"

static const char *const kallsyms = "ffffffff81000000 T _stext\n"
				    "ffffffff81000000 T _text\n"
				    "ffffffff81001000 t a_one\n"
				    "ffffffff81002000 t b_one\n"
				    "ffffffff81003000 T _etext\n";

/* Two maps, and what a sidecar says of their ranges. */
static const char *const maps[] = {
	".text 00000000-00000000 = _text\n.text 00001000-00002000 a\n",
	".text 00000000-00000000 = _text\n.text 00001000-00002000 a\n.text 00002000-00002800 b\n",
};
static const char *const confidences[] = {
	".text 00001000-00002000 0.75\n",
	".text 00001000-00002000 0.875000000\n.text 00002000-00002800 0.123456790\n",
};

/* The sidecar's text, malloc'ed. */
static char *sidecar_of(size_t which)
{
	char sha256[KALLMOD_SHA256_HEX], *text;

	assert_int_equal(kallmod_sha256(maps[which], strlen(maps[which]), sha256), 0);
	assert_true(asprintf(&text,
			     KALLMOD_SIDECAR_MAGIC "\nsha256 %s\nrelease " RELEASE
			     "\nsource signatures\ntrust inferred\ndate today\nversion 0\nlater x\n%s",
			     sha256, confidences[which]) > 0);
	return text;
}

static int put(struct fake_root *root, size_t which)
{
	cleanup_install struct kallmod_install install = KALLMOD_INSTALL_EMPTY;
	char *sidecar = sidecar_of(which);
	int err = kallmod_install_open(&install, root->ctx);

	if (!err)
		err = kallmod_install_put(&install, maps[which], strlen(maps[which]), sidecar,
					  strlen(sidecar));
	free(sidecar);
	return err;
}

static int take_away(struct fake_root *root)
{
	cleanup_install struct kallmod_install install = KALLMOD_INSTALL_EMPTY;
	int err = kallmod_install_open(&install, root->ctx);

	return err ? err : kallmod_install_remove(&install);
}

static void hashes_are_those_of_sha256sum(void **state)
{
	char sha256[KALLMOD_SHA256_HEX];

	(void)state;
	assert_int_equal(kallmod_sha256("", 0, sha256), 0);
	assert_string_equal(sha256,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(kallmod_sha256("abc", 3, sha256), 0);
	assert_string_equal(sha256,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void a_sidecar_gives_its_map_trust_and_confidence(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_map *map;

	fake_root_write(root, "proc/kallsyms", kallsyms);
	assert_int_equal(put(root, 1), 0);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_SOURCE, "ranges"), 0);
	assert_int_equal(kallmod_map_build(root->ctx, &map), 0);
	assert_int_equal(kallmod_map_trust(map), KALLMOD_TRUST_INFERRED);
	assert_module(map, 0xffffffff81001800, "a");
	assert_true(kallmod_map_find(map, 0xffffffff81001800)->confidence == .875f);
	assert_int_equal(kallmod_map_find(map, 0xffffffff81001800)->trust, KALLMOD_TRUST_INFERRED);
	assert_true(kallmod_map_find(map, 0xffffffff81002000)->confidence == .12345679f);
	assert_int_equal(kallmod_map_find(map, 0xffffffff81000000)->trust, KALLMOD_TRUST_INFERRED);
	kallmod_map_destroy(map);
	/* What is written down is not made of what was written down. */
	kallmod_ctx_set_export(root->ctx);
	assert_int_equal(kallmod_map_build(root->ctx, &map), -ENODATA);
}

static void any_confidence_is_read_as_it_was_written(void **state)
{
	char path[128], line[128], *name = ".text";

	(void)state;
	for (unsigned int i = 0; i <= 1000; i++) {
		cleanup_sidecar struct kallmod_sidecar sidecar = KALLMOD_SIDECAR_EMPTY;
		cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
		float confidence = i / 1000.f * .5f + .5f;
		FILE *to = fmemopen(line, sizeof(line), "w");
		char *text;

		kallmod_sidecar_write_range(to, name, 16, 32, confidence);
		fclose(to);
		assert_true(asprintf(&text,
				     KALLMOD_SIDECAR_MAGIC "\nsha256 %064d\nrelease r\nsource s\n"
				     "trust inferred\ndate d\nversion v\n%s", 0, line) > 0);
		snprintf(path, sizeof(path), "confidence %u", i);
		assert_int_equal(kallmod_reader_memory(&reader, NULL, path, text, strlen(text)), 0);
		assert_int_equal(kallmod_sidecar_parse(&reader, &sidecar), 0);
		assert_int_equal(sidecar.count, 1);
		assert_true(sidecar.ranges[0].confidence == confidence);
		free(text);
	}
}

/* ---- the end by force -------------------------------------------------------------------- */

enum step { STEP_INSTALL, STEP_REPLACE, STEP_REMOVE };

static void do_step(struct fake_root *root, enum step step)
{
	_exit(step == STEP_REMOVE ? take_away(root) != 0 : put(root, 1) != 0);
}

/* Begins as step wants it: with a map, or with nothing. */
static void prepare(struct fake_root *root, enum step step)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s/lib'", root->path);
	assert_int_equal(system(command), 0);
	if (step != STEP_INSTALL)
		assert_int_equal(put(root, 0), 0);
}

/* Does the step and kills it at its nth stop at a system call; false: it ended before. */
static bool killed_at(struct fake_root *root, enum step step, unsigned int n)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		do_step(root, step);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (n-- && WIFSTOPPED(status)) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	if (!WIFSTOPPED(status)) {
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
		return false;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return true;
}

/* Whatever happened: there is no map, or one that is known for ours; and the next step works. */
static void check(struct fake_root *root, unsigned int *there)
{
	cleanup_ranges_file struct kallmod_ranges_file file = KALLMOD_RANGES_FILE_EMPTY;
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/" RANGES, root->path);
	err = kallmod_ranges_file_read(root->ctx, path, &file);
	if (err) {
		assert_int_equal(err, -ENOENT);
	} else {
		assert_int_equal(file.owner, KALLMOD_RANGES_OURS);
		++*there;
	}
	assert_int_equal(put(root, 1), 0);
	assert_int_equal(take_away(root), 0);
	/* Nor is anything left of what was being written. */
	snprintf(path, sizeof(path), "%s/" DIRECTORY, root->path);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* In memory, where there is such a place: a disk is asked four times for each end. */
static int shm_setup(void **state)
{
	char path[] = "/dev/shm/kallmod-unit.XXXXXX";
	struct fake_root *root;
	int err = fake_root_setup(state);

	if (err || !mkdtemp(path))
		return err;
	root = *state;
	assert_int_equal(fake_root_remove(root), 0);
	strcpy(root->path, path);
	fake_root_write(root, "proc/sys/kernel/osrelease", RELEASE "\n");
	return kallmod_ctx_set(root->ctx, KALLMOD_OPT_ROOT, root->path);
}

static void an_end_by_force_leaves_no_map_without_its_sidecar(void **state)
{
	struct fake_root *root = *state;

	for (enum step step = STEP_INSTALL; step <= STEP_REMOVE; step++) {
		unsigned int there = 0, n = 0;
		bool killed;

		do {
			prepare(root, step);
			killed = killed_at(root, step, ++n);
			check(root, &there);
			assert_true(n < 2000);
		} while (killed);
		/* It was killed before and after the map came or went. */
		assert_true(n > 20 && there > 0 && there < n);
	}
}

static void others_do_not_come_between(void **state)
{
	struct fake_root *root = *state;
	char path[256];
	int fd;

	assert_int_equal(put(root, 0), 0);
	/* A file that the kernel's package put over ours. */
	fake_root_write(root, RANGES, maps[1]);
	assert_int_equal(put(root, 0), -EEXIST);
	assert_error(root->ctx, "the kernel's own");
	assert_int_equal(take_away(root), -EEXIST);
	snprintf(path, sizeof(path), "%s/" RANGES, root->path);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
}

static void the_files_of_others_stay(void **state)
{
	static const char *const names[] = {
		RANGES ".backup", RANGES ".kallmod-12345", RANGES ".kallmod-1234567",
		RANGES ".kallmod.kallmod-", DIRECTORY "/modules.builtin.kallmod-123456"};
	struct fake_root *root = *state;
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fake_root_write(root, names[i], "mine\n");
	fake_root_write(root, RANGES ".kallmod-123456", "");
	fake_root_write(root, RANGES ".kallmod.kallmod-abcDEF", "");
	assert_int_equal(put(root, 1), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root->path, names[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	snprintf(path, sizeof(path), "%s/" RANGES ".kallmod-123456", root->path);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/" RANGES ".kallmod.kallmod-abcDEF", root->path);
	assert_int_not_equal(access(path, F_OK), 0);
	/* And so does the directory that they are in. */
	assert_int_equal(take_away(root), 0);
	snprintf(path, sizeof(path), "%s/%s", root->path, names[0]);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_sha256sum),
		rooted_test(a_sidecar_gives_its_map_trust_and_confidence),
		cmocka_unit_test(any_confidence_is_read_as_it_was_written),
		cmocka_unit_test_setup_teardown(an_end_by_force_leaves_no_map_without_its_sidecar,
						shm_setup, fake_root_teardown),
		rooted_test(others_do_not_come_between),
		rooted_test(the_files_of_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
