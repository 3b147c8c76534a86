#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Two maps compared: figures by hand, both formats, and the golden files.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
	truth=$BATS_TEST_TMPDIR/truth map=$BATS_TEST_TMPDIR/map
	# A column of spaces is written here for each tab.
	sed 's/ /\t/g' >"$truth" <<-'END'
		0000000000001000-0000000000002000 - ranges exact
		0000000000002000-0000000000003000 ext4 ranges exact
		0000000000003000-0000000000003400 xfs ranges exact
		0000000000003400-0000000000004000 - ranges exact
	END
	sed 's/ /\t/g' >"$map" <<-'END'
		0000000000001000-0000000000001f00 - signatures inferred
		0000000000001f00-0000000000002800 ext4 signatures inferred:0.990
		0000000000002800-0000000000002900 btrfs signatures inferred:0.700
		0000000000002900-0000000000003100 - signatures inferred
		0000000000003100-0000000000003500 xfs signatures inferred:0.950
		0000000000003500-0000000000004000 - signatures inferred
	END
}

@test "text and JSON" {
	golden verify.txt "$KALLMOD" verify "$truth" "$map"
	golden verify.json "$KALLMOD" verify --json "$truth" "$map"
}

@test "the figures are those of the contract" {
	"$KALLMOD" verify --json "$truth" "$map" >"$BATS_TEST_TMPDIR/json"
	jq -e '.agreed_bytes == 2816 and .wrong_bytes == 256 and .missed_bytes == 2048 and
		.extra_bytes == 512 and .core_bytes == 6656' "$BATS_TEST_TMPDIR/json"
	jq -e '(.precision - .agreed_bytes / (.agreed_bytes + .wrong_bytes + .extra_bytes) | fabs < 1e-5)
		and (.recall - .agreed_bytes / (.agreed_bytes + .wrong_bytes + .missed_bytes) | fabs < 1e-5)' \
		"$BATS_TEST_TMPDIR/json"
	jq -e '(.modules | map({(.module): .}) | add) as $m |
		$m.ext4.agreed_bytes == 2048 and $m.ext4.wrong_bytes == 256 and
		$m.ext4.missed_bytes == 1792 and $m.ext4.extra_bytes == 256 and
		$m.ext4.wrong_as == "btrfs" and $m.xfs.missed_bytes == 256' "$BATS_TEST_TMPDIR/json"
}

@test "a map and itself agree in all, in either format" {
	"$KALLMOD" map "${machine[@]}" >"$map"
	"$KALLMOD" map --format ranges "${machine[@]}" >"$BATS_TEST_TMPDIR/ranges"
	original=tests/fixtures/machine/lib/modules/6.12.0-machine/modules.builtin.ranges
	all='.precision == 1 and .recall == 1 and .wrong_bytes == 0 and .missed_bytes == 0 and .extra_bytes == 0'
	"$KALLMOD" verify --json "$map" "$map" | jq -e "$all and .agreed_bytes > 6000"
	"$KALLMOD" verify --json "$original" "$original" | jq -e "$all and .agreed_bytes == 6655"
	"$KALLMOD" verify --json "$original" "$BATS_TEST_TMPDIR/ranges" | jq -e "$all"
	# Beside a text map a ranges file is placed by the symbols.
	"$KALLMOD" map --kallsyms tests/fixtures/machine/proc/kallsyms --ranges "$original" >"$map"
	"$KALLMOD" verify --json --kallsyms tests/fixtures/machine/proc/kallsyms "$original" "$map" |
		jq -e "$all and .agreed_bytes == 6655"
}

@test "what is below the wanted figures is a failure" {
	run -0 "$KALLMOD" verify --min-precision 0.78 --min-recall 0.54 "$truth" "$map"
	run -1 --separate-stderr "$KALLMOD" verify --min-precision 0.79 "$truth" "$map"
	[[ $stderr == *"precision 0.78"* ]]
	run -1 "$KALLMOD" verify --min-recall 0.56 "$truth" "$map"
	run -2 "$KALLMOD" verify --min-recall 56 "$truth" "$map"
}

@test "bad maps are named, with the line" {
	refused 1 "missing: " "$KALLMOD" verify "$truth" "$BATS_TEST_TMPDIR/missing"
	refused 1 "is a directory" "$KALLMOD" verify "$BATS_TEST_TMPDIR" "$map"
	: >"$BATS_TEST_TMPDIR/empty"
	refused 1 "empty: is empty" "$KALLMOD" verify "$BATS_TEST_TMPDIR/empty" "$map"
	head -c -7 "$map" >"$BATS_TEST_TMPDIR/torn"
	refused 1 "torn: line 6: " "$KALLMOD" verify "$truth" "$BATS_TEST_TMPDIR/torn"
	sed 's/xfs/x fs/' "$map" >"$BATS_TEST_TMPDIR/bad"
	refused 1 "bad: line 5: " "$KALLMOD" verify "$truth" "$BATS_TEST_TMPDIR/bad"
	head -c 200000 /dev/zero | tr '\0' a >"$BATS_TEST_TMPDIR/huge"
	refused 1 "huge: line 1: " "$KALLMOD" verify "$truth" "$BATS_TEST_TMPDIR/huge"
	head -c 5000 "$KALLMOD" >"$BATS_TEST_TMPDIR/binary"
	refused 1 "binary: " "$KALLMOD" verify "$truth" "$BATS_TEST_TMPDIR/binary"
	printf '.text 00000000-00000000 = _text\n.text 00000000-00000010 a,b\n' >"$BATS_TEST_TMPDIR/names"
	refused 1 "names: line 2: " "$KALLMOD" verify "$BATS_TEST_TMPDIR/names" \
		"$BATS_TEST_TMPDIR/names"
}

@test "one map or three are wrong usage" {
	run -2 "$KALLMOD" verify "$truth"
	run -2 "$KALLMOD" verify "$truth" "$map" "$map"
}
