// SPDX-License-Identifier: GPL-2.0-only
/* Ranges from linker maps: the odd corners of the kernel's script, one by one. */
#include <errno.h>
#include <fcntl.h>

#include "fake_root.h"
#include "objtree.h"

static const char builtin[] = "kernel/fs/a/a.ko\nkernel/fs/b-c.ko\n";

/* A tree of these maps (o_map may be NULL) and a few .cmd files. */
static void write_tree(const struct fake_root *root, const char *map, const char *o_map)
{
	fake_root_write(root, "tree/vmlinux.map", map);
	if (o_map)
		fake_root_write(root, "tree/vmlinux.o.map", o_map);
	fake_root_write(root, "tree/modules.builtin", builtin);
	fake_root_write(root, "tree/fs/a/.x.o.cmd", "cmd := cc -DKBUILD_MODFILE='\"fs/a/a\"' x\nrest\n");
	fake_root_write(root, "tree/fs/a/.y.o.cmd", "cmd := RUST_MODFILE=fs/a/a rustc\n");
	fake_root_write(root, "tree/fs/.b-c.o.cmd", "cmd := cc -DKBUILD_MODFILE='\"fs/b-c\"'\n");
	fake_root_write(root, "tree/fs/.s.o.cmd", "cmd := cc -DKBUILD_MODFILE='\"fs/b-c fs/a/a\"'\n");
	fake_root_write(root, "tree/fs/.core.o.cmd", "cmd := cc -DKBUILD_MODFILE='\"fs/core\"'\n");
}

/* What is made of the tree; free() it. NULL: an error, in the context. */
static char *make(const struct fake_root *root, const char *list)
{
	cleanup_objtree struct kallmod_objtree tree = KALLMOD_OBJTREE_EMPTY;
	struct kallmod_ranges_report report;
	struct kallmod_ranges_input input;
	char path[128], *text = NULL;
	size_t size;
	FILE *to;
	int err;

	snprintf(path, sizeof(path), "%s/tree", root->path);
	if (kallmod_objtree_open(&tree, root->ctx, path, list))
		return NULL;
	to = open_memstream(&text, &size);
	assert_non_null(to);
	input = kallmod_objtree_input(&tree);
	err = kallmod_ranges_make(root->ctx, &input, to, &report);
	assert_int_equal(fclose(to), 0);
	if (!err)
		return text;
	free(text);
	return NULL;
}

static void assert_ranges(const struct fake_root *root, const char *wanted)
{
	char *text = make(root, NULL);

	if (!text)
		print_message("%s\n", kallmod_ctx_error(root->ctx));
	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
}

static void pieces_of_a_module_are_one_range(void **state)
{
	write_tree(*state,
		   ".text           0xffffffff81000000     0x1000\n"
		   "                0xffffffff81000000                _text = .\n"
		   " .text          0xffffffff81000000      0x100 fs/core.o\n"
		   " .text          0xffffffff81000100      0x100 fs/a/x.o\n"
		   " *fill*         0xffffffff81000200       0x10 \n"
		   " .text          0xffffffff81000210        0x0 fs/core.o\n"
		   " .text          0xffffffff81000210      0x100 fs/a/y.o\n"
		   " *fill*         0xffffffff81000310       0x10 90\n"
		   " .text          0xffffffff81000320      0x100 fs/a/x.o\n"
		   " .text.a_name_that_is_too_long\n"
		   "                0xffffffff81000420      0x100 fs/b-c.o\n"
		   " .text          0xffffffff81000500      0x100 fs/s.o\n",
		   NULL);
	assert_ranges(*state, ".text 00000000-00000000 = _text\n"
			      ".text 00000100-00000310 a\n"
			      ".text 00000320-00000420 a\n"
			      /* Cut where the next one begins. */
			      ".text 00000420-00000500 b_c\n"
			      ".text 00000500-00000600 b_c a\n");
}

static void sections_and_anchors(void **state)
{
	write_tree(*state,
		   /* No anchor at its start: the first symbol is it. */
		   ".data           0xffffffff82000000     0x1000\n"
		   "                0xffffffff82000000                . = ALIGN (0x1000)\n"
		   " .data          0xffffffff82000000       0x20 fs/a/x.o\n"
		   "                0xffffffff82000010                first\n"
		   "                0xffffffff82000018                second\n"
		   /* None at all. */
		   ".bss            0xffffffff82002000      0x100\n"
		   " .bss           0xffffffff82002000       0x20 fs/b-c.o\n"
		   /* These do not count. */
		   ".orc_unwind     0xffffffff82003000      0x100\n"
		   " .orc_unwind    0xffffffff82003000       0x20 fs/a/x.o\n"
		   ".data..percpu   0x0000000000000000      0x100\n"
		   " .data..percpu  0x0000000000000000       0x20 fs/a/x.o\n"
		   ".rodata         0xffffffff82004000     0x1000\n"
		   "                0xffffffff82004000                __start_rodata = .\n"
		   " .rodata.str1.1 0xffffffff82004000      0x100 fs/a/x.o\n"
		   " .rodata.cst16  0xffffffff82004100      0x100 fs/a/x.o\n"
		   " .rodata.name   0xffffffff82004200      0x100 fs/a/x.o\n",
		   NULL);
	assert_ranges(*state, ".data 00000010-00000010 = first\n"
			      ".data 00000000-00000020 a\n"
			      ".bss 00000000-00000020 b_c\n"
			      ".rodata 00000000-00000000 = __start_rodata\n"
			      ".rodata 00000200-00000300 a\n");
}

static const char o_linked[] = ".text           0xffffffff81000000     0x1000\n"
			       "                0xffffffff81000000                _text = .\n"
			       " .head.text     0xffffffff81000000      0x100 vmlinux.o\n"
			       " .text          0xffffffff81000100      0x400 vmlinux.o\n";

static void objects_of_vmlinux_o(void **state)
{
	write_tree(*state, o_linked,
		   ".text           0x0000000000000000      0x400\n"
		   " .text          0x0000000000000000      0x100 fs/a/x.o\n"
		   " *fill*         0x0000000000000100       0x10 90\n"
		   " .text          0x0000000000000110       0xf0 fs/a/y.o\n"
		   " .text          0x0000000000000200      0x200 fs/core.o\n"
		   ".debug_info     0x0000000000000000      0x400\n"
		   " .debug_info    0x0000000000000000      0x400 fs/a/x.o\n"
		   " .head.text     0x0000000000000010       0x10 fs/b-c.o\n");
	assert_ranges(*state, ".text 00000000-00000000 = _text\n"
			      ".text 00000010-00000020 b_c\n"
			      ".text 00000100-00000300 a\n");
}

static void two_maps_of_two_builds(void **state)
{
	const struct fake_root *root = *state;

	write_tree(root, o_linked,
		   ".text           0x0000000000000000      0x500\n"
		   " .text          0x0000000000000000      0x500 fs/a/x.o\n");
	assert_null(make(root, NULL));
	assert_error(root->ctx, "vmlinux.o.map: is of another build than ");
}

static void a_map_of_lld(void **state)
{
	write_tree(*state,
		   "             VMA              LMA     Size Align Out     In      Symbol\n"
		   "               0                0 ffffffff81000000     1 . = 0x1000\n"
		   "ffffffff81000000          1000000     1000  4096 .text\n"
		   "ffffffff81000000          1000000        0     1         _text = .\n"
		   "ffffffff81000000          1000000      100    16         vmlinux.a(fs/core.o):(.text)\n"
		   "ffffffff81000000          1000000       40     1                 core_function\n"
		   "ffffffff81000100          1000100      100    16         vmlinux.a(fs/a/x.o):(.text)\n"
		   "ffffffff81000200          1000200      100    16         fs/a/y.o:(.text)\n"
		   "               0                0      100     1 .debug_info\n"
		   "               0                0      100     1         fs/a/x.o:(.debug_info)\n",
		   NULL);
	assert_ranges(*state, ".text 00000000-00000000 = _text\n"
			      ".text 00000100-00000300 a\n");
}

/* The script's offsets are wrong there; ours are not. */
static void addresses_of_32_bits(void **state)
{
	write_tree(*state,
		   ".text           0xc1000000    0x20000\n"
		   "                0xc1000000                _text = .\n"
		   " .text          0xc1000000    0x10000 fs/core.o\n"
		   " .text          0xc1010000      0x100 fs/a/x.o\n",
		   NULL);
	assert_ranges(*state, ".text 00000000-00000000 = _text\n"
			      ".text 00010000-00010100 a\n");
}

static void lists_in_place_of_cmd_files(void **state)
{
	const struct fake_root *root = *state;
	char list[128], *text;

	write_tree(root,
		   ".text           0xffffffff81000000     0x1000\n"
		   " .text          0xffffffff81000000      0x100 fs/p.o\n"
		   " .text          0xffffffff81000100      0x100 fs/q.o\n",
		   NULL);
	snprintf(list, sizeof(list), "%s/list", root->path);
	fake_root_write(root, "list", "fs/p.o fs/a/a fs/b-c\nfs/q.o fs/core\n");
	text = make(root, list);
	assert_non_null(text);
	assert_string_equal(text, ".text 00000000-00000100 a b_c\n");
	free(text);
	/* As Kbuild sorts the modules of an object. */
	fake_root_write(root, "list", "fs/b-c.o: fs/p.o\nfs/a/a.o: fs/q.o fs/p.o\n");
	text = make(root, list);
	assert_non_null(text);
	assert_string_equal(text, ".text 00000000-00000100 a b_c\n.text 00000100-00000200 a\n");
	free(text);
}

/* Sets the time of a file in the tree. */
static void set_time(const struct fake_root *root, const char *name, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
	char path[128];

	snprintf(path, sizeof(path), "%s/tree/%s", root->path, name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The tree has lost its .cmd files; all in it is of one time but for newer, if not NULL. */
static void make_aged(struct fake_root *root, const char *list, const char *newer)
{
	fake_root_write(root, "tree/modules_thick.builtin", list);
	fake_root_write(root, "tree/.config", "");
	set_time(root, "vmlinux.map", 1000);
	set_time(root, "modules.builtin", 1000);
	set_time(root, "modules_thick.builtin", 1000);
	set_time(root, ".config", 1000);
	if (newer)
		set_time(root, newer, 2000);
	root->log[0] = '\0';
	free(make(root, NULL));
}

static void a_list_of_an_earlier_build_is_told(void **state)
{
	static const char *const newer[] = {"vmlinux.map", "modules.builtin", ".config"};
	static const char whole[] = "fs/a/a.o: fs/a/x.o fs/a/y.o\nfs/b-c.o:\n";
	static const char lacking[] = "fs/b-c.o:\n";
	struct fake_root *root = *state;

	write_tree(root, "", NULL);
	make_aged(root, lacking, NULL);
	assert_string_equal(root->log, "");
	make_aged(root, lacking, "modules_thick.builtin");
	assert_string_equal(root->log, "");
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
		make_aged(root, whole, newer[i]);
		assert_string_equal(root->log, "");
		make_aged(root, lacking, newer[i]);
		assert_non_null(strstr(root->log, "/tree/modules_thick.builtin: is older than the build, and lacks 1 of the 2 modules in modules.builtin (fs/a/a.o, for one)"));
	}
	/* With .cmd files the list is not looked at. */
	fake_root_write(root, "tree/init/.main.o.cmd", "");
	make_aged(root, lacking, "vmlinux.map");
	assert_string_equal(root->log, "");
}

static void cmd_files_that_are_none(void **state)
{
	const struct fake_root *root = *state;

	write_tree(root,
		   ".text           0xffffffff81000000     0x1000\n"
		   " .text          0xffffffff81000000      0x100 fs/a/x.o\n"
		   " .text          0xffffffff81000100      0x100 fs/s.o\n",
		   NULL);
	/* The first one is not a value, the second is; and no end of line. */
	fake_root_write(root, "tree/fs/a/.x.o.cmd", "-DKBUILD_MODFILE= -DKBUILD_MODFILE='\"fs/a/a\"'");
	fake_root_write(root, "tree/fs/.s.o.cmd", "");
	assert_ranges(root, ".text 00000000-00000100 a\n");
	fake_root_write(root, "tree/fs/.s.o.cmd", "-DKBUILD_MODFILE='\"fs/a\tb fs/c\"'\n");
	assert_null(make(root, NULL));
	assert_error(root->ctx, "fs/.s.o.cmd: KBUILD_MODFILE has a name that no module can have");
}

/* What is linked is named before it is placed; nothing of that counts until it is. */
static void members_at_the_head_of_a_map(void **state)
{
	static const char head[] = "Archive member included to satisfy reference by file (symbol)\n"
				   "\n"
				   "fs/core.o                     (--whole-archive)\n"
				   "fs/a/x.o                      (--whole-archive)\n"
				   "fs/gone.o                     (--whole-archive)\n"
				   "fs/.o\n"
				   "x.o                           (--whole-archive)\n"
				   "fs/bad.o\n"
				   "                              (--whole-archive)\n"
				   "Memory Configuration\n"
				   "fs/b-c.o                      (--whole-archive)\n";
	static const char sections[] = ".text           0x0000000000000000      0x400\n"
				       " .text          0x0000000000000000      0x100 fs/core.o\n"
				       " .text          0x0000000000000100      0x100 fs/a/x.o\n"
				       " .text          0x0000000000000200      0x200 fs/b-c.o\n";
	static const char wanted[] = ".text 00000000-00000000 = _text\n"
				     ".text 00000200-00000300 a\n"
				     ".text 00000300-00000500 b_c\n";
	const struct fake_root *root = *state;
	char map[2048];

	snprintf(map, sizeof(map), "%s%s", head, sections);
	write_tree(root, o_linked, map);
	fake_root_write(root, "tree/fs/.bad.o.cmd", "-DKBUILD_MODFILE='\"fs/a\tb fs/c\"'\n");
	assert_ranges(root, wanted);
	assert_string_equal(root->log, "");
	/* The objects of a map that is left over are no matter either. */
	write_tree(root,
		   ".text           0xffffffff81000000     0x1000\n"
		   " .text          0xffffffff81000000      0x100 fs/a/x.o\n",
		   head);
	assert_ranges(root, ".text 00000000-00000100 a\n");
	/* Once it is placed it counts. */
	snprintf(map, sizeof(map), "%s%s .text 0x0000000000000400 0x100 fs/bad.o\n", head,
		 sections);
	write_tree(root, o_linked, map);
	assert_null(make(root, NULL));
	assert_error(root->ctx, "fs/.bad.o.cmd: KBUILD_MODFILE has a name that no module can have");
}

static void what_is_no_map(void **state)
{
	const struct fake_root *root = *state;

	write_tree(root, "", NULL);
	assert_null(make(root, NULL));
	assert_error(root->ctx, "no linker map of a kernel");
	write_tree(root, ".text 0xffffffff81000000 0x1000\n .text 0xffff", NULL);
	assert_null(make(root, NULL));
	assert_error(root->ctx, "the file is torn");
	write_tree(root, "Linker script and memory map\n.text 0xffffffff81000000 0x1000\n", NULL);
	assert_null(make(root, NULL));
	assert_error(root->ctx, "is torn: a whole linker map ends with OUTPUT");
	write_tree(root, ".text 0xffffffff81000000 0x1000\n .text 0xffffffff81000000 0x10 vmlinux.o\n",
		   NULL);
	assert_null(make(root, NULL));
	assert_error(root->ctx, "vmlinux.o.map: not found, but ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(pieces_of_a_module_are_one_range),
		rooted_test(sections_and_anchors),
		rooted_test(objects_of_vmlinux_o),
		rooted_test(two_maps_of_two_builds),
		rooted_test(a_map_of_lld),
		rooted_test(addresses_of_32_bits),
		rooted_test(lists_in_place_of_cmd_files),
		rooted_test(a_list_of_an_earlier_build_is_told),
		rooted_test(cmd_files_that_are_none),
		rooted_test(members_at_the_head_of_a_map),
		rooted_test(what_is_no_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
