# SPDX-License-Identifier: GPL-2.0-only
# Shared by the tests of the commands: the made-up machine, and golden files.

# What is in --root: no signatures, so that only the fixture speaks.
machine=(--root tests/fixtures/machine --signatures tests/fixtures/machine)

# golden NAME COMMAND…: what it prints is tests/golden/NAME, and it ends with 0 and no word
# on standard error. UPDATE_GOLDEN=1 rewrites the file instead.
golden() {
	local file=tests/golden/$1
	shift
	"$@" >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/errors"
	if [ -s "$BATS_TEST_TMPDIR/errors" ]; then
		cat "$BATS_TEST_TMPDIR/errors"
		return 1
	fi
	if [ -n "${UPDATE_GOLDEN:-}" ]; then
		mkdir -p "$(dirname "$file")"
		cp "$BATS_TEST_TMPDIR/output" "$file"
	fi
	diff -u "$file" "$BATS_TEST_TMPDIR/output"
}

# A copy of the made-up machine that a test may spoil: $root.
copy_machine() {
	root=$BATS_TEST_TMPDIR/root
	cp -r tests/fixtures/machine "$root"
	ranges=$root/lib/modules/6.12.0-machine/modules.builtin.ranges
}

# refused STATUS TEXT COMMAND…: ends with STATUS, nothing on standard output, and on standard
# error one line "COMMAND: …", with TEXT in it.
refused() {
	local status_wanted=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	# shellcheck disable=SC2154 # set by run
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr"
	[ "$status" -eq "$status_wanted" ]
	[ -z "$output" ]
	[ "$(grep -c '' <<<"$stderr")" -eq 1 ]
	[[ $stderr == kallmod* || $stderr == kmodtop* ]]
	[[ $stderr == *"$text"* ]]
}
