#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# kallmod build --thick: the list of a source tree that nothing of was built.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
	tree=tests/fixtures/kbuild
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$TMPDIR"
}

# Whatever happened, nothing is left behind.
teardown() {
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]
	[ ! -e "$KALLMOD_TOP/tests/fixtures/kbuild/was-run" ]
}

@test "to standard output, for the architecture of the configuration or another" {
	golden thick.txt "$KALLMOD" build --thick "$tree" --config "$tree/config"
	golden thick.txt "$KALLMOD" build --thick --arch x86_64 --config "$tree/config" -o - "$tree"
	golden thick-arm64.txt "$KALLMOD" build --thick "$tree" --config "$tree/config" --arch arm64
}

@test "to a file, and into a directory" {
	"$KALLMOD" build --thick "$tree" --config "$tree/config" -o "$BATS_TEST_TMPDIR/list"
	diff tests/golden/thick.txt "$BATS_TEST_TMPDIR/list"
	"$KALLMOD" build --thick "$tree" --config "$tree/config" -o "$BATS_TEST_TMPDIR/new/"
	diff tests/golden/thick.txt "$BATS_TEST_TMPDIR/new/modules_thick.builtin"
	grep -qx CONFIG_BIG=Y "$BATS_TEST_TMPDIR/new/tristate.conf"
	grep -qx CONFIG_LOADABLE=M "$BATS_TEST_TMPDIR/new/tristate.conf"
	run ! grep -q BOOLEAN "$BATS_TEST_TMPDIR/new/tristate.conf"
}

@test "a tree that cannot be written to, in a place with an odd name" {
	odd="$BATS_TEST_TMPDIR/a \$(name): #1"
	cp -r "$tree" "$odd"
	mv "$odd/config" "$odd/.config"
	chmod -R a-w "$odd"
	golden thick.txt "$KALLMOD" build --thick "$odd"
	chmod -R u+w "$odd"
	mv "$odd/.config" "$odd/config"
	diff -r "$tree" "$odd"
}

@test "what a modules.builtin has is listed too, with its objects" {
	cat >"$BATS_TEST_TMPDIR/builtin" <<-END
		kernel/kernel/core.ko
		kernel/net/socket_core.ko
		kernel/fs/big/big.ko
	END
	"$KALLMOD" build --thick "$tree" --config "$tree/config" --builtin "$BATS_TEST_TMPDIR/builtin" \
		-o "$BATS_TEST_TMPDIR/list" 2>"$BATS_TEST_TMPDIR/errors"
	[ ! -s "$BATS_TEST_TMPDIR/errors" ]
	printf '%s\n' kernel/core.o: net/socket-core.o: |
		LC_ALL=C sort - tests/golden/thick.txt | diff - <(LC_ALL=C sort "$BATS_TEST_TMPDIR/list")
}

@test "modules that no Kbuild file has are counted, and five are named" {
	printf 'kernel/%s.ko\n' a b/c d e f g kernel/core lib/string >"$BATS_TEST_TMPDIR/builtin"
	run -0 --separate-stderr "$KALLMOD" build --thick "$tree" --config "$tree/config" \
		--builtin "$BATS_TEST_TMPDIR/builtin" -o "$BATS_TEST_TMPDIR/list"
	[[ $stderr == *"builtin: 7 of 8 modules are in no Kbuild file as configured: a.o, b/c.o, d.o, e.o, f.o, …;"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	grep -qx kernel/core.o: "$BATS_TEST_TMPDIR/list"
}

@test "a modules.builtin that is none or is not there is refused" {
	refused 1 "nowhere: not found" "$KALLMOD" build --thick "$tree" --config "$tree/config" --builtin nowhere
	refused 1 "tests/golden/thick.txt: line 1: is not 'kernel/PLACE/NAME.ko'; give a modules.builtin" \
		"$KALLMOD" build --thick "$tree" --config "$tree/config" --builtin tests/golden/thick.txt
	run -2 "$KALLMOD" build --builtin tests/golden/thick.txt "$tree"
}

# Objects of bool symbols, that only a modules.builtin tells.
@test "the lists that are shipped have every module that Debian builds in" {
	for version in 5.10 6.1 6.12 7.2 7.3; do
		xz -dc "signatures/debian-$version.thick.xz" >"$BATS_TEST_TMPDIR/list"
		LC_ALL=C sort -c "$BATS_TEST_TMPDIR/list"
		for object in drivers/video/console/vgacon drivers/input/serio/i8042 lib/glob \
			drivers/tty/n_null; do
			grep -qx "$object.o:" "$BATS_TEST_TMPDIR/list"
		done
	done
	# Of several objects, of a symbol that is bool in 6.1; 6.12 has it in no modules.builtin.
	xz -dc signatures/debian-6.1.thick.xz |
		grep -qx 'net/unix/unix.o: net/unix/af_unix.o net/unix/garbage.o .*'
}

@test "wrong trees and configurations are refused with one line" {
	refused 1 "/.config: not found; name a configuration with --config" \
		"$KALLMOD" build --thick "$tree"
	refused 1 "nowhere/Kconfig: not found; give a kernel source tree" "$KALLMOD" build --thick nowhere --config "$tree/config"
	refused 1 "machine/Kconfig: not found" \
		"$KALLMOD" build --thick tests/fixtures/machine --config "$tree/config"
	refused 1 "is not 'CONFIG_NAME=value'" \
		"$KALLMOD" build --thick "$tree" --config "$tree/Kconfig"
	refused 1 "arch/vax: not found" \
		"$KALLMOD" build --thick "$tree" --config "$tree/config" --arch vax
	run -2 "$KALLMOD" build --thick
}

@test "a broken Kbuild file is named, and the file is left as it was" {
	cp -r "$tree" "$BATS_TEST_TMPDIR/tree"
	echo 'endif' >>"$BATS_TEST_TMPDIR/tree/fs/big/Makefile"
	echo before >"$BATS_TEST_TMPDIR/list"
	refused 1 "tree/fs/big: make cannot read its Kbuild file: " "$KALLMOD" build \
		--thick "$BATS_TEST_TMPDIR/tree" --config "$tree/config" -o "$BATS_TEST_TMPDIR/list"
	[ "$(cat "$BATS_TEST_TMPDIR/list")" = before ]
}

@test "an interrupt ends it in order" {
	cp -r "$tree" "$BATS_TEST_TMPDIR/tree"
	mkfifo "$BATS_TEST_TMPDIR/ready"
	echo "wait := \$(shell echo >$BATS_TEST_TMPDIR/ready; sleep 100)" \
		>>"$BATS_TEST_TMPDIR/tree/fs/big/Makefile"
	echo before >"$BATS_TEST_TMPDIR/list"
	"$KALLMOD" build --thick "$BATS_TEST_TMPDIR/tree" --config "$tree/config" \
		-o "$BATS_TEST_TMPDIR/list" 2>"$BATS_TEST_TMPDIR/errors" &
	pid=$!
	read -r _ <"$BATS_TEST_TMPDIR/ready"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	cat "$BATS_TEST_TMPDIR/errors"
	[ $status -eq 1 ]
	grep -q 'interrupted; nothing was made' "$BATS_TEST_TMPDIR/errors"
	[ "$(cat "$BATS_TEST_TMPDIR/list")" = before ]
}
