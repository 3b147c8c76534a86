#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# build and the source objtree: the kernel's own ranges, byte for byte, and trees that are not whole.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	for fixture in tests/fixtures/objtree/*.tar.xz; do
		tar -C "$BATS_FILE_TMPDIR" -xJf "$fixture"
	done
}

# A tree of its own, with .cmd files: $tree; what the kernel's build made of it is $wanted.
make_tree() {
	tree=$BATS_TEST_TMPDIR/tree wanted=$BATS_FILE_TMPDIR/$1/modules.builtin.ranges
	mkdir "$tree"
	cp "$BATS_FILE_TMPDIR/$1"/vmlinux*.map "$BATS_FILE_TMPDIR/$1/modules.builtin" "$tree"
	tests/kernels/cmd-files.sh "$BATS_FILE_TMPDIR/$1/objmods" "$tree"
}

@test "every kernel's ranges, from a list of objects" {
	[ "$(echo "$BATS_FILE_TMPDIR"/*/)" = "$(for k in gnu ibt lld lldibt shared; do
		printf '%s/%s/ ' "$BATS_FILE_TMPDIR" $k; done | sed 's/ $//')" ]
	for kernel in "$BATS_FILE_TMPDIR"/*/; do
		out=$BATS_TEST_TMPDIR/$(basename "$kernel")
		run -0 --separate-stderr "$KALLMOD" build --objmods "$kernel/objmods" -o "$out" "$kernel"
		[ -z "$stderr" ]
		cmp "$out/modules.builtin.ranges" "$kernel/modules.builtin.ranges"
	done
}

@test "the ranges of a tree with .cmd files, in the tree" {
	make_tree gnu
	run -0 --separate-stderr "$KALLMOD" build "$tree"
	[[ ${lines[0]} == "$tree/modules.builtin.ranges: "*" ranges in "*" sections, from vmlinux.map of GNU ld"* ]]
	cmp "$tree/modules.builtin.ranges" "$wanted"
	# For everybody, as the build's own.
	[ "$(stat -c %a "$tree/modules.builtin.ranges")" = 644 ]
}

@test "the ranges of a kernel whose vmlinux.o.map counts" {
	make_tree ibt
	run -0 --separate-stderr "$KALLMOD" build -o "$BATS_TEST_TMPDIR/out" "$tree"
	[[ ${lines[0]} == *", from vmlinux.o.map of GNU ld"* ]]
	cmp "$BATS_TEST_TMPDIR/out/modules.builtin.ranges" "$wanted"
	[ ! -e "$tree/modules.builtin.ranges" ]
}

@test "objects that several modules share" {
	make_tree shared
	"$KALLMOD" build "$tree"
	cmp "$tree/modules.builtin.ranges" "$wanted"
	[ "$(grep -c '^\.text .* liquidio liquidio_vf$' "$tree/modules.builtin.ranges")" -gt 5 ]
}

@test "a thick list in place of the .cmd files" {
	# The modules of the objects, but for those that only the .cmd files know as several.
	thick=$BATS_TEST_TMPDIR/thick
	gawk 'NR == FNR { sub(/^kernel\//, ""); sub(/\.ko$/, ""); builtin[$0]; next }
		NF == 2 && $2 in builtin { of[$2] = of[$2] " " $1 }
		END { for (m in of) print m ".o:" of[m] }' \
		"$BATS_FILE_TMPDIR/ibt/modules.builtin" "$BATS_FILE_TMPDIR/ibt/objmods" >"$thick"
	"$KALLMOD" build --objmods "$BATS_FILE_TMPDIR/ibt/objmods" -o "$BATS_TEST_TMPDIR/a" \
		"$BATS_FILE_TMPDIR/ibt"
	cp -r "$BATS_FILE_TMPDIR/ibt" "$BATS_TEST_TMPDIR/tree"
	rm "$BATS_TEST_TMPDIR/tree/modules.builtin.ranges"
	# It lists no objects of the core kernel, so most are unknown, and nobody minds.
	cp "$thick" "$BATS_TEST_TMPDIR/tree/modules_thick.builtin"
	run -0 --separate-stderr "$KALLMOD" build -o "$BATS_TEST_TMPDIR/b" "$BATS_TEST_TMPDIR/tree"
	[ -z "$stderr" ]
	cmp "$BATS_TEST_TMPDIR/a/modules.builtin.ranges" "$BATS_TEST_TMPDIR/b/modules.builtin.ranges"
	rm -r "$BATS_TEST_TMPDIR"/[ab]
	sed 's/\([a-z]\)\.o/\1_other.o/g' "$thick" >"$BATS_TEST_TMPDIR/tree/modules_thick.builtin"
	refused_build "the list is of another build" "$KALLMOD" build "$BATS_TEST_TMPDIR/tree"
}

# ---- what is not whole ----------------------------------------------------------------------

# Nothing is written, and one line says why.
refused_build() {
	refused 1 "$@"
	[ -z "$(find "$BATS_TEST_TMPDIR" -name 'modules.builtin.ranges*')" ]
}

@test "a build that did not come to its end" {
	make_tree gnu
	mv "$tree/vmlinux.map" "$BATS_TEST_TMPDIR/kept"
	refused_build "vmlinux.map: not found; build the kernel to its end, with CONFIG_VMLINUX_MAP=y" \
		"$KALLMOD" build "$tree"
	mv "$BATS_TEST_TMPDIR/kept" "$tree/vmlinux.map"
	rm "$tree/modules.builtin"
	refused_build "modules.builtin: not found" "$KALLMOD" build "$tree"
	refused_build "no-such-tree: not found" "$KALLMOD" build "$BATS_TEST_TMPDIR/no-such-tree"
	refused_build "is no directory" "$KALLMOD" build "$tree/vmlinux.map"
}

@test "the map says vmlinux.o, and its map is not there" {
	make_tree ibt
	rm "$tree/vmlinux.o.map"
	refused_build "vmlinux.o.map: not found, but" "$KALLMOD" build "$tree"
}

@test "the two maps are of two builds" {
	make_tree ibt
	sed -i 's/^\.text  *0x0* 0x*[0-9a-f]*$/.text 0x0 0x123/; s/^\.text  *0x0000000000000000  *0x[0-9a-f]*/.text 0x0 0x123/' \
		"$tree/vmlinux.o.map"
	refused_build "is of another build than" "$KALLMOD" build "$tree"
}

@test "the map is of another build than the tree" {
	make_tree gnu
	cp "$BATS_FILE_TMPDIR/ibt"/vmlinux*.map "$tree"
	refused_build "the map is of another build" "$KALLMOD" build "$tree"
}

@test "the .cmd files are gone: of all objects, and of a few" {
	make_tree gnu
	rm "$tree"/fs/ext4/.inode.o.cmd
	run -0 --separate-stderr "$KALLMOD" build "$tree"
	[[ $stderr == "kallmod build: warning: $tree: knows nothing of 1 of the "*"fs/ext4/inode.o"* ]]
	rm "$tree/modules.builtin.ranges" "$tree/modules_thick.builtin"
	find "$tree" -name '*.cmd' -delete
	refused_build "or the build was cleaned; build again" "$KALLMOD" build "$tree"
}

@test "maps that are torn" {
	make_tree gnu
	cp "$tree/vmlinux.map" "$BATS_TEST_TMPDIR/whole"
	head -c 100001 "$BATS_TEST_TMPDIR/whole" >"$tree/vmlinux.map"
	refused_build "the file is torn" "$KALLMOD" build "$tree"
	head -n 1000 "$BATS_TEST_TMPDIR/whole" >"$tree/vmlinux.map"
	refused_build "a whole linker map ends with OUTPUT" "$KALLMOD" build "$tree"
	: >"$tree/vmlinux.map"
	refused_build "no linker map of a kernel" "$KALLMOD" build "$tree"
	head -c 100000 /dev/zero >"$tree/vmlinux.map"
	refused_build "vmlinux.map: line 1: " "$KALLMOD" build "$tree"
	{
		head -n 3000 "$BATS_TEST_TMPDIR/whole"
		head -c 5000 /dev/zero
		tail -n +3001 "$BATS_TEST_TMPDIR/whole"
	} >"$tree/vmlinux.map"
	refused_build "has a NUL byte" "$KALLMOD" build "$tree"
}

@test "lists that are none" {
	make_tree gnu
	printf 'kernel/fs/ext4/ext4.ko\nno module\n' >"$tree/modules.builtin"
	refused_build "modules.builtin: line 2: is not the path of a module" "$KALLMOD" build "$tree"
	cp "$BATS_FILE_TMPDIR/gnu/modules.builtin" "$tree"
	printf ' fs/a.o fs/a\n' >"$BATS_TEST_TMPDIR/list"
	refused_build "line 1: is not 'OBJECT KBUILD_MODFILE'" \
		"$KALLMOD" build --objmods "$BATS_TEST_TMPDIR/list" "$tree"
	printf 'fs/a.o fs/a fs/b\tc\n' >"$BATS_TEST_TMPDIR/list"
	refused_build "line 1: is not 'OBJECT KBUILD_MODFILE'" \
		"$KALLMOD" build --objmods "$BATS_TEST_TMPDIR/list" "$tree"
	refused_build "no-list: not found" "$KALLMOD" build --objmods "$tree/no-list" "$tree"
}

@test "a place that nothing can be written to leaves nothing" {
	make_tree gnu
	refused_build "cannot be" "$KALLMOD" build -o /proc/no/such "$tree"
	refused_build "cannot be" "$KALLMOD" build -o "$tree/vmlinux.map" "$tree"
}

@test "wrong usage" {
	run -2 --separate-stderr "$KALLMOD" build
	[ -z "$output" ]
	[[ $stderr == *"name the tree that a kernel was built in"* ]]
	run -2 --separate-stderr "$KALLMOD" build a b
	[[ $stderr == *"one kernel build tree is wanted"* ]]
}

# ---- the source -----------------------------------------------------------------------------

# The kernel of the fixture's symbols: its anchors, and a function where each range begins.
make_symbols() {
	gawk '
		{ offset = strtonum("0x" substr($2, 1, 8)) }
		$3 == "=" { base[$1] = 0x81000000 + 0x4000000 * n++ - offset; name = $4 }
		$3 != "=" { name = "f" FNR }
		$1 in base { printf "ffffffff%08x T %s\n", base[$1] + offset, name }' "$1" | sort
}

@test "the source objtree is the source ranges" {
	make_tree gnu
	make_symbols "$wanted" >"$BATS_TEST_TMPDIR/System.map"
	run -0 "$KALLMOD" map --ranges "$wanted" --kallsyms "$BATS_TEST_TMPDIR/System.map"
	echo "$output" | sed 's/\tranges\t/\tobjtree\t/' >"$BATS_TEST_TMPDIR/wanted"
	run -0 "$KALLMOD" map --objtree "$tree" --kallsyms "$BATS_TEST_TMPDIR/System.map"
	[ "$(wc -l <<<"$output")" -gt 100 ]
	diff <(echo "$output") "$BATS_TEST_TMPDIR/wanted"
	[[ $output == *"objtree	exact"* ]]
}

@test "the source objtree refuses the tree of another kernel, and one that is not whole" {
	make_tree gnu
	make_symbols "$BATS_FILE_TMPDIR/ibt/modules.builtin.ranges" >"$BATS_TEST_TMPDIR/System.map"
	run -1 --separate-stderr "$KALLMOD" map --objtree "$tree" --kallsyms "$BATS_TEST_TMPDIR/System.map"
	[ -z "$output" ]
	[[ $stderr == *"vmlinux.map: belongs to another kernel: "* ]]
	rm "$tree/vmlinux.map"
	refused 1 "vmlinux.map: not found" \
		"$KALLMOD" map --objtree "$tree" --kallsyms "$BATS_TEST_TMPDIR/System.map"
}

@test "the tree that /lib/modules/RELEASE/build is" {
	copy_machine
	rm "$ranges"
	make_tree gnu
	ln -s "$tree" "$root/lib/modules/6.12.0-machine/build"
	make_symbols "$wanted" >"$root/proc/kallsyms"
	run -0 "$KALLMOD" sources --root "$root" --signatures "$root"
	grep -E '^objtree +used +exact ' <<<"$output"
}
