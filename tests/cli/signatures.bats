#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Signature files, from made-up modules to a map; and files that are none.

bats_require_minimum_version 1.5.0

# module NAME FILE: 12 functions NAME_1 … in an object file.
module() {
	local name=$1 i
	for i in {1..12}; do
		echo "int ${name}_$i(int x) { return x + $i; }"
	done | gcc -x c -O0 -c -o "$2" -
}

setup_file() {
	cd "$KALLMOD_TOP" || return
	export SETS=$BATS_FILE_TMPDIR/signatures
	mkdir -p "$BATS_FILE_TMPDIR"/{old,new/deep} "$SETS"
	module alpha "$BATS_FILE_TMPDIR/old/alpha.ko"
	module alpha "$BATS_FILE_TMPDIR/new/deep/alpha.ko"
	module beta_two "$BATS_FILE_TMPDIR/new/beta-two.ko"
	xz -q "$BATS_FILE_TMPDIR/new/deep/alpha.ko"
	zstd -q --rm "$BATS_FILE_TMPDIR/new/beta-two.ko"
	gzip "$BATS_FILE_TMPDIR/old/alpha.ko"
	"$KALLMOD" signatures build -o "$SETS/made.sig" \
		"6.1.0-old=$BATS_FILE_TMPDIR/old" "6.12.0-new=$BATS_FILE_TMPDIR/new"
}

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
	# A kernel with both modules between functions of its own.
	{
		echo "ffffffff81000000 T _stext"
		awk 'function emit(name, n,  i) {
			for (i = 1; i <= n; i++)
				printf "ffffffff81%06x t %s_%d\n", at += 256, name, i
			}
			BEGIN {
				emit("vfs", 20); emit("alpha", 12); emit("mm", 20)
				emit("beta_two", 12); emit("net", 20)
				printf "ffffffff81%06x T _etext\n", at + 256
			}'
	} >"$BATS_TEST_TMPDIR/System.map"
	kernel=(--kallsyms "$BATS_TEST_TMPDIR/System.map" --signatures "$SETS")
}

@test "build and list" {
	run -0 "$KALLMOD" signatures list "$SETS/made.sig"
	echo "$output"
	grep -q $'made.sig\t.* bytes\t2 modules\t24 names' <<<"$output"
	grep -q $'\t6.1.0-old\t12 functions' <<<"$output"
	grep -q $'\t6.12.0-new\t24 functions' <<<"$output"
	run -0 "$KALLMOD" signatures list --signatures "$SETS"
	grep -q '6.12.0-new' <<<"$output"
}

@test "the same packages give the same file" {
	"$KALLMOD" signatures build -o "$BATS_TEST_TMPDIR/again.sig" \
		"6.1.0-old=$BATS_FILE_TMPDIR/old" "6.12.0-new=$BATS_FILE_TMPDIR/new"
	cmp "$SETS/made.sig" "$BATS_TEST_TMPDIR/again.sig"
}

@test "the signatures that are committed can be listed" {
	run -0 "$KALLMOD" signatures list signatures/*.sig
	[ "$(grep -c 'functions$' <<<"$output")" -ge 3 ]
	[ "$(du -cb signatures | tail -n 1 | cut -f 1)" -le $((8 << 20)) ]
}

@test "inference with them" {
	run -0 "$KALLMOD" map "${kernel[@]}"
	echo "$output"
	grep -qE $'^ffffffff81001500-ffffffff81002100\talpha\tsignatures\tinferred:0\.9[0-9]+$' <<<"$output"
	grep -qE $'^ffffffff81003500-ffffffff81004100\tbeta_two\tsignatures\tinferred:0' <<<"$output"
	run -0 "$KALLMOD" map "${kernel[@]}" --exclude-release 6.12
	grep -q alpha <<<"$output"
	run ! grep -q beta_two <<<"$output"
	run -0 "$KALLMOD" modules --json "${kernel[@]}"
	jq -e '.modules[] | select(.module == "alpha") | .trust == "inferred" and
		.kind == "builtin" and .functions == 12 and .bytes == 3072 and
		.confidence > 0.9 and .confidence < 1' <<<"$output"
}

@test "any number of files is read" {
	mkdir "$BATS_TEST_TMPDIR/many" "$BATS_TEST_TMPDIR/one"
	module gamma "$BATS_TEST_TMPDIR/one/gamma.ko"
	for i in {10..40}; do
		"$KALLMOD" signatures build -o "$BATS_TEST_TMPDIR/many/$i.sig" \
			"5.$i.0-gamma=$BATS_TEST_TMPDIR/one"
	done
	# The last one is the one that knows.
	cp "$SETS/made.sig" "$BATS_TEST_TMPDIR/many/z.sig"
	run -0 --separate-stderr "$KALLMOD" map --kallsyms "$BATS_TEST_TMPDIR/System.map" \
		--signatures "$BATS_TEST_TMPDIR/many"
	[ -z "$stderr" ]
	grep -q alpha <<<"$output"
	grep -q beta_two <<<"$output"
	run -0 "$KALLMOD" sources --kallsyms "$BATS_TEST_TMPDIR/System.map" \
		--signatures "$BATS_TEST_TMPDIR/many"
	grep -q 'inferred with 3[23] releases' <<<"$output"
}

@test "an inferred map can be installed, and is then exact ranges to read" {
	"$KALLMOD" map --format ranges "${kernel[@]}" >"$BATS_TEST_TMPDIR/ranges"
	"$KALLMOD" map --kallsyms "$BATS_TEST_TMPDIR/System.map" \
		--ranges "$BATS_TEST_TMPDIR/ranges" | cut -f 1,2 >"$BATS_TEST_TMPDIR/installed"
	"$KALLMOD" map "${kernel[@]}" | cut -f 1,2 | diff - "$BATS_TEST_TMPDIR/installed"
}

@test "ranges without the anchor of .text: inferred instead, never all core" {
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/proc/sys/kernel" "$root/lib/modules/6.12.0-made"
	echo 6.12.0-made >"$root/proc/sys/kernel/osrelease"
	cp "$BATS_TEST_TMPDIR/System.map" "$root/proc/kallsyms"
	printf '.text 00000000-00000000 = %s\n.text 00001500-00002100 alpha\n' _gone \
		>"$root/lib/modules/6.12.0-made/modules.builtin.ranges"
	run -0 --separate-stderr "$KALLMOD" map --root "$root" --signatures "$SETS"
	echo "$output$stderr"
	[[ $stderr == "kallmod map: warning: "*"anchor _gone of .text is not among the symbols"*"source signatures is used instead"* ]]
	grep -q $'^ffffffff81001500.*\talpha\tsignatures\tinferred' <<<"$output"
}

@test "all releases left out: nothing is left, and it is said" {
	refused 1 "left out" "$KALLMOD" map "${kernel[@]}" --source signatures --exclude-release 6
}

@test "broken signature files are refused by name" {
	for kind in torn checksum newer empty text; do
		mkdir "$BATS_TEST_TMPDIR/$kind"
		cp "$SETS/made.sig" "$BATS_TEST_TMPDIR/$kind/$kind.sig"
	done
	truncate -s -5 "$BATS_TEST_TMPDIR/torn/torn.sig"
	printf 'x' | dd of="$BATS_TEST_TMPDIR/checksum/checksum.sig" bs=1 seek=300 conv=notrunc status=none
	printf '\003' | dd of="$BATS_TEST_TMPDIR/newer/newer.sig" bs=1 seek=8 conv=notrunc status=none
	: >"$BATS_TEST_TMPDIR/empty/empty.sig"
	echo "alpha_1" >"$BATS_TEST_TMPDIR/text/text.sig"
	for kind in torn:torn checksum:checksum "newer:update kallmod" "empty:no signature file" \
		"text:no signature file"; do
		name=${kind%%:*}
		refused 1 "$name.sig: " "$KALLMOD" map --kallsyms "$BATS_TEST_TMPDIR/System.map" \
			--source signatures --signatures "$BATS_TEST_TMPDIR/$name"
		[[ $stderr == *"${kind#*:}"* ]]
		refused 1 "$name.sig: " "$KALLMOD" signatures list "$BATS_TEST_TMPDIR/$name/$name.sig"
	done
}

# named NAME FILE: an object file whose .modinfo says it is NAME (as printf has it).
named() {
	printf 'int f(void) { return 1; }\n' | gcc -x c -c -o "$2" -
	printf "name=$1\\0" >"$BATS_TEST_TMPDIR/modinfo"
	objcopy --add-section .modinfo="$BATS_TEST_TMPDIR/modinfo" "$2"
}

@test "build: odd names of modules and releases are refused" {
	out=$BATS_TEST_TMPDIR/out.sig dir=$BATS_TEST_TMPDIR/odd
	mkdir "$dir"
	for name in '' 'two words' 'a,b' 'a[b]' '\033[31mred' 'a/b' "$(printf 'n%.0s' {1..256})"; do
		named "$name" "$dir/odd.ko"
		refused 1 "odd.ko: its name (.modinfo) is empty, too long or has an odd character" \
			"$KALLMOD" signatures build -o "$out" "6.1=$dir"
	done
	named "$(printf 'n%.0s' {1..255})" "$dir/odd.ko"
	"$KALLMOD" signatures build -o "$out" "6.1=$dir"
	run -0 "$KALLMOD" signatures list "$out"
	rm "$out"
	for release in 'two words' $'6.1\033' 6,1 "$(printf '6%.0s' {1..256})"; do
		refused 1 "a release is 1 to 255" "$KALLMOD" signatures build -o "$out" \
			"$release=$dir"
	done
	[ ! -e "$out" ]
	# The file's name, when it has no other.
	rm "$dir/odd.ko"
	module alpha "$dir/a b.ko"
	refused 1 "a b.ko: its name" "$KALLMOD" signatures build -o "$out" "6.1=$dir"
}

@test "build: a link to the directory is as good as the directory" {
	ln -s "$BATS_FILE_TMPDIR/new" "$BATS_TEST_TMPDIR/link"
	"$KALLMOD" signatures build -o "$BATS_TEST_TMPDIR/linked.sig" \
		"6.1.0-old=$BATS_FILE_TMPDIR/old" "6.12.0-new=$BATS_TEST_TMPDIR/link"
	cmp "$SETS/made.sig" "$BATS_TEST_TMPDIR/linked.sig"
}

@test "build: places count from the directory, and not from any kernel/ above it" {
	local dir build=("$KALLMOD" signatures build -o)
	for dir in plain kernel/deep; do
		mkdir -p "$BATS_TEST_TMPDIR/$dir/kernel/fs/kernel"
		cp "$BATS_FILE_TMPDIR"/new/beta-two.ko.zst "$BATS_TEST_TMPDIR/$dir/kernel/fs/kernel/"
		printf 'kernel/%s.ko\n' kernel/x fs/kernel/x net/x |
			tee "$BATS_TEST_TMPDIR/$dir/"{,kernel/,kernel/fs/}modules.order
	done
	cd "$BATS_TEST_TMPDIR"
	"${build[@]}" plain.sig 6.1=plain
	"${build[@]}" deep.sig 6.1=kernel/deep
	"${build[@]}" itself.sig 6.1=plain/kernel
	"${build[@]}" below.sig 6.1=plain/kernel/fs
	cmp plain.sig deep.sig
	cmp plain.sig itself.sig
	# Nothing says where this one is.
	run ! cmp plain.sig below.sig
}

@test "build: lists of modules that are bad, or cannot be read" {
	out=$BATS_TEST_TMPDIR/out.sig dir=$BATS_TEST_TMPDIR/lists
	mkdir "$dir"
	module alpha "$dir/alpha.ko"
	for list in modules.order modules.builtin; do
		mkdir "$dir/$list"
		refused 1 "lists/$list: " "$KALLMOD" signatures build -o "$out" "6.1=$dir"
		rmdir "$dir/$list"
		printf 'kernel/fs/a.ko\nkernel/fs/b' >"$dir/$list"
		refused 1 "lists/$list: line 2: the file is torn" \
			"$KALLMOD" signatures build -o "$out" "6.1=$dir"
		[ ! -e "$out" ]
		# As a build tree has them.
		printf 'kernel/fs/a.ko\nfs/b.o\n' >"$dir/$list"
		"$KALLMOD" signatures build -o "$out" "6.1=$dir"
		rm "$out" "$dir/$list"
	done
}

@test "build: bad input leaves no file" {
	out=$BATS_TEST_TMPDIR/out.sig
	mkdir "$BATS_TEST_TMPDIR/empty" "$BATS_TEST_TMPDIR/bad" "$BATS_TEST_TMPDIR/packed"
	refused 1 "no .ko" "$KALLMOD" signatures build -o "$out" "6.1=$BATS_TEST_TMPDIR/empty"
	refused 1 "missing" "$KALLMOD" signatures build -o "$out" "6.1=$BATS_TEST_TMPDIR/missing"
	refused 1 "RELEASE=DIR" "$KALLMOD" signatures build -o "$out" "$BATS_TEST_TMPDIR/empty"
	echo "no ELF" >"$BATS_TEST_TMPDIR/bad/bad.ko"
	refused 1 "bad.ko: " "$KALLMOD" signatures build -o "$out" "6.1=$BATS_TEST_TMPDIR/bad"
	head -c 200 "$BATS_FILE_TMPDIR/new/deep/alpha.ko.xz" >"$BATS_TEST_TMPDIR/packed/cut.ko.xz"
	refused 1 "cut.ko.xz: " "$KALLMOD" signatures build -o "$out" "6.1=$BATS_TEST_TMPDIR/packed"
	[ ! -e "$out" ]
	run -1 "$KALLMOD" signatures build -o /nonexistent/out.sig "6.1=$BATS_FILE_TMPDIR/old"
	[[ $output == *"/nonexistent/out.sig: cannot be written"* ]]
	run -2 "$KALLMOD" signatures
	run -2 "$KALLMOD" signatures dance
}
