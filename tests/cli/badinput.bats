#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Bad input of every command: one line that names the file and says what to do, status 1.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
	copy_machine
	here=(--root "$root" --signatures "$root")
}

# each TEXT OPTION…: every command that reads a map says TEXT.
each() {
	local text=$1 command
	shift
	for command in modules map syms "addr ffffffff9a001010" annotate; do
		echo "kallmod $command $*"
		# shellcheck disable=SC2086 # words
		refused 1 "$text" "$KALLMOD" $command "$@" </dev/null
	done
}

@test "symbols: missing, a directory, empty, no symbols" {
	each "no/such/file: " --kallsyms "$root/no/such/file" --signatures signatures
	each "is a directory" --kallsyms "$root" --signatures signatures
	: >"$root/empty"
	each "empty: " --kallsyms "$root/empty" --signatures signatures
	echo "Hello, world" >"$root/text"
	each "text: line 1: " --kallsyms "$root/text" --signatures signatures
	echo "ffffffff9a000000 D data_only" >"$root/data"
	each "no text symbols" --kallsyms "$root/data" --signatures signatures
}

@test "symbols: torn, a huge line, a NUL, binary" {
	head -c -9 "$root/proc/kallsyms" >"$root/torn"
	each "torn: line 38: " --kallsyms "$root/torn" --signatures signatures
	{ cat "$root/proc/kallsyms"; head -c 200000 /dev/zero | tr '\0' a; } >"$root/huge"
	each "huge: line 39: too long" --kallsyms "$root/huge" --signatures signatures
	printf 'ffffffff9a000000 T _st\0ext\n' >"$root/nul"
	each "nul: line 1: has a NUL byte" --kallsyms "$root/nul" --signatures signatures
	head -c 100000 "$KALLMOD" >"$root/binary"
	each "binary: line " --kallsyms "$root/binary" --signatures signatures
}

@test "all addresses hidden: no empty map, but what to do" {
	sed -i 's/^[0-9a-f]*/0000000000000000/' "$root/proc/kallsyms"
	each "all addresses are hidden (zero); run as root" "${here[@]}"
	run -0 "$KALLMOD" sources --json "${here[@]}"
	jq -e '.used == null and
		(.sources[] | select(.name == "ranges") | .state == "denied" and .advice != "")' <<<"$output"
}

@test "ranges of another kernel are refused" {
	awk '/^.text .* = / { print; next } /^.text/ { printf ".text %08x-%08x m%d\n", NR * 4099, NR * 4099 + 64, NR }' \
		tests/fixtures/machine/lib/modules/6.12.0-machine/modules.builtin.ranges >"$ranges"
	each "belongs to another kernel" "${here[@]}"
	run -0 "$KALLMOD" sources --json "${here[@]}"
	jq -e '.sources[] | select(.name == "ranges") | .state == "broken" and .ranges == 0' \
		<<<"$output"
}

@test "ranges: the anchor of .text missing, of another section missing" {
	sed -i 's/= _text/= _no_text/' "$ranges"
	each "anchor _no_text of .text is not among the symbols; get the file of this kernel" \
		"${here[@]}"
	each "anchor _no_text of .text is not among the symbols" "${here[@]}" --source ranges
	copy_machine_again
	sed -i 's/= _sinittext/= no_such_anchor/' "$ranges"
	"$KALLMOD" map "${here[@]}" >"$BATS_TEST_TMPDIR/map"
	# The section is left out, and the others stand.
	diff <(grep -v ffffffff9a2 tests/golden/map.txt) <(grep -v ffffffff9a2 "$BATS_TEST_TMPDIR/map")
	run ! grep -q $'^ffffffff9a2.*ext4' "$BATS_TEST_TMPDIR/map"
	run -0 "$KALLMOD" sources "${here[@]}"
	grep -qF '2 sections left out: .bss (anchor no_such_symbol is not among the symbols), .init.text (anchor no_such_anchor is not among the symbols)' <<<"$output"
	copy_machine_again
	# One of another section, and none at all.
	sed -i 's/= no_such_symbol/= _text/; /= _sinittext/d' "$ranges"
	run -0 "$KALLMOD" sources "${here[@]}"
	grep -qF '2 sections left out: .bss (anchor _text disagrees with the others), .init.text (no anchor)' <<<"$output"
	copy_machine_again
	for i in {1..20}; do
		printf '.rodata%d 0-0 = gone_%d\n.rodata%d 00000100-00000200 ext4\n' "$i" "$i" "$i"
	done >>"$ranges"
	run -0 "$KALLMOD" sources "${here[@]}"
	grep -q '21 sections left out: .*, …$' <<<"$output"
	sed -i '/no_such_symbol/d; /^.bss/d; /^.rodata/d' "$ranges"
	run -0 "$KALLMOD" sources "${here[@]}"
	grep -q ' 9 ranges, 0 sections left out$' <<<"$output"
}

copy_machine_again() {
	rm -r "$root"
	copy_machine
}

@test "ranges: torn, empty, bad lines, a huge line" {
	truncate -s -3 "$ranges"
	each "modules.builtin.ranges: line 14: " "${here[@]}"
	: >"$ranges"
	each "modules.builtin.ranges: " "${here[@]}"
	echo ".text 00000000-zzz ext4" >"$ranges"
	each "modules.builtin.ranges: line 1: is not" "${here[@]}"
	head -c 200000 /dev/zero | tr '\0' a >"$ranges"
	each "modules.builtin.ranges: line 1: too long" "${here[@]}"
	rm "$ranges"
	mkdir "$ranges"
	each "modules.builtin.ranges: is a directory" "${here[@]}"
	rmdir "$ranges"
	each "no source knows the modules of kernel 6.12.0-machine" "${here[@]}"
}

@test "a broken source beside a good one is a warning" {
	echo "torn" >"$root/proc/kallmodsyms"
	run -0 --separate-stderr "$KALLMOD" map "${here[@]}"
	diff tests/golden/map.txt - <<<"$output"
	[[ $stderr == "kallmod map: warning: "*"/proc/kallmodsyms: line 1: "*"source ranges is used instead"* ]]
	run -0 "$KALLMOD" sources --json "${here[@]}"
	jq -e '.used == "ranges" and (.sources[0] | .state == "broken" and (.why | test("line 1")))' \
		<<<"$output"
}

@test "kallmodsyms: torn, empty, hidden, when it is asked for" {
	kallmodsyms=("${here[@]}" --source kallmodsyms)
	each "proc/kallmodsyms: not found" "${kallmodsyms[@]}"
	: >"$root/proc/kallmodsyms"
	each "proc/kallmodsyms: empty" "${kallmodsyms[@]}"
	head -c -5 tests/golden/syms.txt >"$root/proc/kallmodsyms"
	each "proc/kallmodsyms: line 38: " "${kallmodsyms[@]}"
	sed 's/^[0-9a-f]*/0000000000000000/' tests/golden/syms.txt >"$root/proc/kallmodsyms"
	each "all addresses are hidden (zero); run as root" "${kallmodsyms[@]}"
}

@test "/proc/modules: torn lines are told, and built-in modules stay" {
	echo "veth what is this" >"$root/proc/modules"
	run -0 --separate-stderr "$KALLMOD" map "${here[@]}"
	grep -q ext4 <<<"$output"
	[[ $stderr == "kallmod map: warning: "*"/proc/modules: line 1: "* ]]
}

@test "modules.builtin: what is none" {
	refused 1 "README: line 1: " "$KALLMOD" map --source signatures --signatures signatures \
		--kallsyms "$root/proc/kallsyms" --modules-builtin "$root/README"
	refused 1 "missing: " "$KALLMOD" map --source signatures --signatures signatures \
		--kallsyms "$root/proc/kallsyms" --modules-builtin "$root/missing"
}

@test "options: unknown sources, formats and releases" {
	each "source magic: unknown; 'kallmod sources' lists them" --source magic
	refused 1 "source magic: unknown" "$KALLMOD" sources --source magic
	refused 1 "no source knows the modules of kernel 9.9.9" "$KALLMOD" syms --release 9.9.9 \
		--signatures signatures
	run -2 "$KALLMOD" map --format yaml
	run -2 "$KALLMOD" syms surplus
	run -2 "$KALLMOD" nonsense
	run -2 "$KALLMOD"
}

@test "modules that there are not: the nearest names, and no table" {
	for command in modules "modules --json" map "map --format json" "map --format ranges"; do
		# shellcheck disable=SC2086 # words
		for wrong in exf4 "ext4 exf4 veth"; do
			refused 1 "no module matches exf4; nearest: ext4" \
				"$KALLMOD" $command "${here[@]}" $wrong
		done
		# shellcheck disable=SC2086 # words
		refused 1 "no module matches xyzzy*; 'kallmod modules' lists them" \
			"$KALLMOD" $command "${here[@]}" 'xyzzy*'
	done
	refused 1 "nearest: liquidio_vf, liquidio" "$KALLMOD" map "${here[@]}" liquidio_v
	refused 1 "no module matches ;" "$KALLMOD" map "${here[@]}" ''
	refused 1 "no module matches EXT4" "$KALLMOD" map "${here[@]}" EXT4
}

@test "another kernel cannot be sampled" {
	for other in "--root $root" "--kallsyms $root/proc/kallsyms" "--release 6.12.0-machine" \
		"--vmlinux /boot/vmlinuz"; do
		# shellcheck disable=SC2086 # words
		refused 2 "kallmod record: --root, --release, --kallsyms and --vmlinux name another kernel" \
			"$KALLMOD" record $other -d 0.1 -o "$BATS_TEST_TMPDIR/recording"
		[ ! -e "$BATS_TEST_TMPDIR/recording" ]
		# shellcheck disable=SC2086 # words
		refused 2 "kmodtop: --root, --release, --kallsyms and --vmlinux name another kernel" \
			"$KMODTOP" --once -d 0.1 $other
	done
}

@test "addr: what is no address is told, the rest is answered" {
	run -1 --separate-stderr "$KALLMOD" addr "${here[@]}" ffffffff9a001010 hello ffffffff9a002000
	[ "$(wc -l <<<"$output")" -eq 2 ]
	[ "$stderr" = "kallmod addr: hello: is no address; write it in hex, with or without 0x" ]
	run -1 "$KALLMOD" addr "${here[@]}" 11112222333344445 0x ''
}

@test "a full disk is a failure" {
	for command in sources modules map "map --json" "map --format ranges" syms \
		"addr ffffffff9a001010" annotate; do
		echo "$command"
		# shellcheck disable=SC2086,SC2016 # words; expanded by sh
		run -1 --separate-stderr sh -c '"$@" >/dev/full <tests/fixtures/oops.txt' sh \
			"$KALLMOD" $command "${here[@]}"
		echo "$stderr"
		[ "$stderr" = "kallmod ${command%% *}: standard output: No space left on device" ]
	done
}

@test "a reader that goes away early is no error to speak of" {
	for _ in {1..3000}; do cat "$root/proc/kallsyms"; done >"$BATS_TEST_TMPDIR/large"
	for command in syms "syms --size" map annotate; do
		# shellcheck disable=SC2086 # words
		"$KALLMOD" $command "${here[@]}" --kallsyms "$BATS_TEST_TMPDIR/large" \
			--ranges "$ranges" <"$BATS_TEST_TMPDIR/large" 2>"$BATS_TEST_TMPDIR/errors" |
			head -n 1 >"$BATS_TEST_TMPDIR/line"
		cat "$BATS_TEST_TMPDIR/errors"
		[ ! -s "$BATS_TEST_TMPDIR/errors" ]
		[ -s "$BATS_TEST_TMPDIR/line" ]
	done
}

# nobody COMMAND…: without any privilege, from a place that everybody may read.
nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

@test "without privilege: one line that says what to do" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to give it up"
	[ "$(cat /proc/sys/kernel/kptr_restrict)" -ge 1 ] ||
		[ "$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null || echo 2)" -ge 2 ] ||
		skip "this kernel shows its addresses to everybody"
	place=$(mktemp -d /tmp/kallmod-nobody.XXXXXX)
	cp "$KALLMOD" "$place/kallmod"
	cp -r signatures "$place/signatures"
	ln -s kallmod "$place/kmodtop"
	chmod -R a+rX "$place"
	status_of=0
	(
		cd / || exit
		refused 1 "run as root" nobody "$place/kallmod" map --signatures "$place/signatures"
		refused 1 "run as root" nobody "$place/kallmod" syms --signatures "$place/signatures"
		run nobody "$place/kallmod" sources --json --signatures "$place/signatures"
		[ "$status" -eq 0 ]
		jq -e '.used == null and any(.sources[]; .state == "denied" and (.advice | length > 0))' \
			<<<"$output"
		refused 1 "run as root" nobody "$place/kmodtop" --once -d 0.2 \
			--signatures "$place/signatures"
	) || status_of=$?
	rm -rf "$place"
	[ "$status_of" -eq 0 ]
}
