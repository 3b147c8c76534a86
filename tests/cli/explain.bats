#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What inferred ranges rest on; and signatures learnt from a kernel image.

bats_require_minimum_version 1.5.0
load lib
load tiny

setup_file() {
	cd "$KALLMOD_TOP" || return
	xz -dc tests/fixtures/inference/System.map.xz >"$BATS_FILE_TMPDIR/System.map"
	xz -dc tests/fixtures/inference/modules.builtin.ranges.xz >"$BATS_FILE_TMPDIR/ranges"
	export TINY=$BATS_FILE_TMPDIR/tiny
	mkdir "$TINY" && cd "$TINY" || return
	make_kernel
}

setup() {
	cd "$KALLMOD_TOP" || return
	map=$BATS_FILE_TMPDIR/System.map
	inferred=(--kallsyms "$map" --source signatures --exclude-release 6.12.)
	out=$BATS_TEST_TMPDIR/out
}

# The line of sums must say what the marks below it say, in every range.
sums_agree() {
	awk '
		function check() {
			if (seen && (functions != n || matched != own || unique != star ||
				     against != minus || unknown != query)) {
				if (++bad < 5) print "sums differ: " range
			}
			n = own = star = minus = query = 0
		}
		/^[0-9a-f]/ { check(); range = $0; ranges++ }
		/^  [0-9]+ functions: / {
			seen = 1; functions = $1; matched = $3
			unique = $11; against = $17; unknown = $21
		}
		/^  [*+?-] / { n++; own += $1 ~ /[*+]/; star += $1 == "*"; minus += $1 == "-"; query += $1 == "?" }
		END { check(); exit bad > 0 || !ranges || !seen }' "$1"
}

@test "map --explain: a module's ranges, function by function" {
	"$KALLMOD" map "${inferred[@]}" --explain ext4 >"$out"
	head -3 "$out"
	grep -Eq '^ffffffff814df7a0-[0-9a-f]{16}	ext4	signatures	inferred:0\.[0-9]{3}$' "$out"
	grep -Eq '^  \* [0-9a-f]{16} ext4_fill_super	ext4 \(5\.10\.0…[0-9.]+\)$' "$out"
	grep -Eq '^  \+ [0-9a-f]{16} __read_end_io	.*f2fs \(' "$out"
	grep -Eq '^  \? [0-9a-f]{16} ext4_chksum.*	not in any signature$' "$out"
	# No other module's range, and no other kind of line.
	[ -z "$(grep '^[0-9a-f]' "$out" | grep -v '	ext4	')" ]
	run ! grep -Ev '^[0-9a-f]{16}-|^  [*+?-] |^  [0-9]+ functions: |^  module before: ' "$out"
	# What is left out was not looked at.
	run ! grep -q '6\.12\.[0-9]*)' "$out"
	sums_agree "$out"
}

@test "map --explain: as many ranges as map prints, all four marks, sums and neighbours" {
	"$KALLMOD" map "${inferred[@]}" >"$BATS_TEST_TMPDIR/map"
	"$KALLMOD" map "${inferred[@]}" --explain >"$out"
	diff <(grep -v '	-	' "$BATS_TEST_TMPDIR/map" | cut -f1,2) \
		<(grep '^[0-9a-f]' "$out" | grep -v '	-	' | cut -f1,2)
	for mark in '*' '+' '-' '?'; do
		grep -qF "  $mark ffffffff" "$out"
	done
	sums_agree "$out"
	# The module behind a range is that of the next one.
	awk -F'\t' '
		BEGIN { last = "-" }
		/^[0-9a-f]/ && $2 != "-" {
			if (behind != "" && behind != $2) { print behind " is said, " $2 " comes"; bad = 1 }
			if (before != "" && before != last) { print "before: " before ", not " last; bad = 1 }
			if (now != "") last = now
			now = $2; before = ""
		}
		/^  module before: / && now != "" {
			text = $0; sub(/^  module before: /, "", text)
			split(text, part, ", behind: "); before = part[1]; behind = part[2]; n++
		}
		END { exit bad || n < 400 }' "$out"
}

@test "addr --explain: the range of the address alone" {
	at=$(awk '$3 == "ext4_fill_super" { print $1 }' "$map")
	"$KALLMOD" addr "${inferred[@]}" --explain "$at" >"$out"
	head -3 "$out"
	[ "$(grep -c '^[0-9a-f]' "$out")" -eq 1 ]
	grep -q '^ffffffff814df7a0-.*	ext4	signatures	inferred:' "$out"
	grep -q "^  \\* $at ext4_fill_super	" "$out"
	grep -q '^  module before: netfs, behind: jbd2$' "$out"
	sums_agree "$out"
}

@test "what a file says was not inferred" {
	at=$(awk '$3 == "ext4_fill_super" { print $1 }' "$map")
	exact=(--kallsyms "$map" --ranges "$BATS_FILE_TMPDIR/ranges")
	"$KALLMOD" map "${exact[@]}" --explain ext4 >"$out"
	[ "$(grep -c '	ext4	ranges	exact$' "$out")" -ge 1 ]
	[ "$(grep -c '^[0-9a-f]' "$out")" -eq "$(grep -c '^  the source says so; nothing was inferred$' "$out")" ]
	[ "$(wc -l <"$out")" -eq "$((2 * $(grep -c '^[0-9a-f]' "$out")))" ]
	"$KALLMOD" addr "${exact[@]}" --explain "$at" | grep -qx '  the source says so; nothing was inferred'
	at=$(awk '$3 == "schedule" { print $1 }' "$map")
	"$KALLMOD" addr "${exact[@]}" --explain "$at" | grep -qx '  of no module; nothing was inferred'
}

@test "--explain is text alone" {
	for command in "addr --explain --json 0" "map --explain --json" \
		"map --explain --format json" "map --explain --format ranges"; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr "$KALLMOD" $command
		[ -z "$output" ]
		# shellcheck disable=SC2154 # set by run
		[[ $stderr == "kallmod "*"--explain is text for people"* ]]
	done
}

# A vmlinux, and what says which objects are modules'.
make_image() {
	mkdir "$BATS_TEST_TMPDIR/image"
	cp "$TINY/vmlinux" "$BATS_TEST_TMPDIR/image/vmlinux"
	echo kernel/fs/ext4/ext4.ko >"$BATS_TEST_TMPDIR/image/modules.builtin"
	echo 'fs/ext4/ext4.o: fs/ext4/inode.o fs/ext4/super.o fs/ext4/init.o' \
		>"$BATS_TEST_TMPDIR/image/linux-6.12.thick"
	build=("$KALLMOD" signatures build --signatures "$BATS_TEST_TMPDIR/image"
		-o "$BATS_TEST_TMPDIR/image/made.sig" "$RELEASE=$BATS_TEST_TMPDIR/image/vmlinux")
}

@test "signatures build: from a vmlinux, of modules and of the kernel proper" {
	make_image
	"${build[@]}"
	"$KALLMOD" signatures list "$BATS_TEST_TMPDIR/image/made.sig" | tee "$out"
	grep -q '	1 modules	' "$out"
	grep -Eq "	$RELEASE	[0-9]+ functions" "$out"
	# And who has which name, as the explanation has it.
	nm "$TINY/vmlinux" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/tiny.map"
	"$KALLMOD" addr --kallsyms "$BATS_TEST_TMPDIR/tiny.map" --source signatures \
		--signatures "$BATS_TEST_TMPDIR/image" \
		--explain "$(awk '$3 == "ext4_iget" { print $1 }' "$BATS_TEST_TMPDIR/tiny.map")" >"$out"
	cat "$out"
	grep -q '	ext4	signatures	inferred:' "$out"
	for function in ext4_iget ext4_evict_inode ext4_fill_super ext4_put_super; do
		grep -q "^  \* [0-9a-f]* $function	ext4 (6.12.0)$" "$out"
	done
	"$KALLMOD" addr --kallsyms "$BATS_TEST_TMPDIR/tiny.map" --source signatures \
		--signatures "$BATS_TEST_TMPDIR/image" \
		--explain "$(awk '$3 == "copy_process" { print $1 }' "$BATS_TEST_TMPDIR/tiny.map")" >"$out"
	cat "$out"
	grep -q ' copy_process	core kernel/fork.o (6.12.0)$' "$out"
	# What is left over has no confidence, as in the map.
	grep -q '	-	signatures	inferred$' "$out"
}

@test "signatures build: an image without debug information is refused, nothing is written" {
	make_image
	strip -g "$BATS_TEST_TMPDIR/image/vmlinux"
	refused 1 "vmlinux: has no debug information" "${build[@]}" --signatures signatures
	[ ! -e "$BATS_TEST_TMPDIR/image/made.sig" ]
}
