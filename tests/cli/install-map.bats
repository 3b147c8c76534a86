#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# install-map: what it writes, what reads it, and what it leaves alone.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	xz -dc tests/fixtures/inference/System.map.xz >"$BATS_FILE_TMPDIR/System.map"
	"$KALLMOD" map --kallsyms "$BATS_FILE_TMPDIR/System.map" --source signatures \
		--release 6.12.0-x | cut -f1,2,4 >"$BATS_FILE_TMPDIR/inferred"
}

# A kernel without ranges: $root; where its map goes: $map and $sidecar.
setup() {
	root=$BATS_TEST_TMPDIR/root
	map=$root/lib/modules/6.12.0-x/modules.builtin.ranges
	sidecar=$map.kallmod
	mkdir -p "$root/proc/sys/kernel"
	echo 6.12.0-x >"$root/proc/sys/kernel/osrelease"
	ln -s "$BATS_FILE_TMPDIR/System.map" "$root/proc/kallsyms"
}

install_map() {
	"$KALLMOD" install-map --root "$root" "$@"
}

# source_is NAME FILTER: what jq says of that source's report is true.
source_is() {
	"$KALLMOD" sources --json --root "$root" >"$BATS_TEST_TMPDIR/sources"
	jq -e ".sources[] | select(.name == \"$1\") | $2" "$BATS_TEST_TMPDIR/sources" >/dev/null ||
		{ jq -c '.sources[]' "$BATS_TEST_TMPDIR/sources"; return 1; }
}

@test "an installed map says what inference does, confidences and init text included" {
	run -0 --separate-stderr install_map
	[ -z "$stderr" ]
	[[ ${lines[0]} == "$map: installed, "*" ranges, inferred (source signatures)" ]]
	[ "${lines[1]}" = "$sidecar: installed" ]
	[ "$(stat -c %a "$map" "$sidecar" | sort -u)" = 644 ]
	grep -q '^\.init\.text ' "$map"
	source_is ranges '.state == "used" and .trust == "inferred" and (.why | test("installed by kallmod"))'
	source_is signatures '.state == "usable"'
	"$KALLMOD" map --root "$root" >"$BATS_TEST_TMPDIR/map"
	cut -f1,2,4 "$BATS_TEST_TMPDIR/map" | diff "$BATS_FILE_TMPDIR/inferred" -
	cut -f3 "$BATS_TEST_TMPDIR/map" | sort -u | diff - <(echo ranges)
	run -0 "$KALLMOD" verify --json --min-precision 1 --min-recall 1 --root "$root" \
		"$BATS_TEST_TMPDIR/map" "$map"
	run -0 "$KALLMOD" modules --json --root "$root"
	jq -e 'all(.modules[]; .trust == "inferred")' <<<"$output"
	# The same file, named.
	run -0 "$KALLMOD" map --kallsyms "$BATS_FILE_TMPDIR/System.map" --ranges "$map"
	diff "$BATS_TEST_TMPDIR/map" - <<<"$output"
}

@test "the sidecar is as it is documented" {
	install_map
	sha256=$(sha256sum <"$map" | cut -d ' ' -f 1)
	head -n 1 "$sidecar" | grep -qx 'kallmod modules.builtin.ranges 1'
	for line in "sha256 $sha256" 'release 6.12.0-x' 'source signatures' 'trust inferred'; do
		grep -qx "$line" "$sidecar"
	done
	grep -qx "date $(date -u +%Y)-..-..T..:..:..Z" "$sidecar"
	diff <(grep -v ' = ' "$map" | cut -d ' ' -f 1,2) <(grep '^\.' "$sidecar" | cut -d ' ' -f 1,2)
}

@test "all sections and sets of several modules go both ways" {
	rm -r "$root"
	copy_machine
	"$KALLMOD" map --data "${machine[@]}" >"$BATS_TEST_TMPDIR/before"
	"$KALLMOD" map --data --format ranges "${machine[@]}" >"$ranges"
	cmp "$ranges" tests/fixtures/machine/lib/modules/6.12.0-machine/modules.builtin.ranges ||
		"$KALLMOD" map --data --root "$root" | diff "$BATS_TEST_TMPDIR/before" -
	[ "$(grep -c ' liquidio_vf liquidio$\| liquidio liquidio_vf$' "$ranges")" -eq 2 ]
}

@test "x86's .exit.text and .init.data go both ways, though no symbols bound them" {
	tests=$BATS_TEST_TMPDIR
	printf '%s\n' 'ffffffff81000000 T _text' 'ffffffff81000000 T _stext' \
		'ffffffff81001000 T a_one' 'ffffffff81003000 T _etext' \
		'ffffffff82000000 D __init_begin' 'ffffffff82000000 T _sinittext' \
		'ffffffff82000100 t a_init' 'ffffffff82001000 T _einittext' \
		'ffffffff82001000 d a_init_data' 'ffffffff82002000 t a_exit' \
		'ffffffff82003000 D __init_end' >"$tests/symbols"
	printf '%s\n' '.text 00000000-00000000 = _text' '.text 00001000-00001100 a' \
		'.init.text 00000000-00000000 = _sinittext' '.init.text 00000100-00000200 a' \
		'.init.data 00000000-00000000 = a_init_data' '.init.data 00000010-00000020 a b' \
		'.exit.text 00000000-00000000 = a_exit' '.exit.text 00000000-00000040 a' >"$tests/ranges"
	run -0 --separate-stderr "$KALLMOD" map --data --format ranges --kallsyms "$tests/symbols" \
		--ranges "$tests/ranges"
	[ -z "$stderr" ]
	diff "$tests/ranges" - <<<"$output"
}

@test "-n writes nothing; weak ranges can be left out" {
	run -0 install_map -n
	[[ ${lines[0]} == "$map: would be installed, "* ]]
	[ ! -e "$root/lib" ]
	run -0 install_map --min-confidence 0.99
	awk '/^\./ && $3 < 0.99 { bad = 1 } /^\./ { n++ } END { exit bad || n < 100 }' "$sidecar"
	source_is ranges ".state == \"used\" and .ranges <= $(grep -vc ' = ' "$map")"
	[ "$(grep -vc ' = ' "$map")" -le "$(wc -l <"$BATS_FILE_TMPDIR/inferred")" ]
	run -2 install_map --min-confidence 2
}

@test "a map of ours is replaced and made anew, and taken away" {
	install_map
	cp "$map" "$BATS_TEST_TMPDIR/first"
	run -0 install_map
	[[ ${lines[0]} == "$map: replaced, "*"inferred (source signatures)" ]]
	cmp "$map" "$BATS_TEST_TMPDIR/first"
	run -0 install_map --uninstall -n
	[ -e "$map" ]
	run -0 install_map --uninstall
	[ "$output" = "$map: removed"$'\n'"$sidecar: removed" ]
	[ -z "$(ls -A "$(dirname "$map")")" ]
	refused 1 "nothing to uninstall" install_map --uninstall
}

@test "what an end by force leaves is taken over, and away" {
	install_map
	rm "$map"
	source_is ranges '.state == "absent"'
	run -0 install_map
	source_is ranges '.state == "used" and .trust == "inferred"'
	rm "$map"
	run -0 install_map --uninstall
	[ ! -e "$sidecar" ]
}

@test "the kernel's own file is left as it is" {
	rm -r "$root"
	copy_machine
	cp "$ranges" "$BATS_TEST_TMPDIR/own"
	refused 1 "the kernel's own" install_map
	refused 1 "the kernel's own" install_map --uninstall
	cmp "$ranges" "$BATS_TEST_TMPDIR/own"
	[ ! -e "$ranges.kallmod" ]
}

@test "a file that replaced ours is the kernel's own, and the old sidecar is named" {
	install_map
	sed -i '$d' "$map"
	cp "$map" "$BATS_TEST_TMPDIR/own"
	source_is ranges '.state == "used" and .trust == "exact" and
		(.why | test("of another file")) and (.advice | test("remove the old"))'
	refused 1 "the kernel's own" install_map
	refused 1 "the kernel's own" install_map --uninstall
	cmp "$map" "$BATS_TEST_TMPDIR/own"
}

@test "no better source is hidden by an installed map" {
	install_map
	tar -C "$BATS_TEST_TMPDIR" -xJf tests/fixtures/objtree/ibt.tar.xz
	tree=$root/lib/modules/6.12.0-x/build
	mkdir "$tree"
	cp "$BATS_TEST_TMPDIR"/ibt/vmlinux*.map "$BATS_TEST_TMPDIR/ibt/modules.builtin" "$tree"
	tests/kernels/cmd-files.sh "$BATS_TEST_TMPDIR/ibt/objmods" "$tree"
	source_is objtree '.state == "used" and .trust == "exact"'
	source_is ranges '.state == "usable" and .trust == "inferred"'
	"$KALLMOD" map --root "$root" | cut -f3,4 | sort -u | diff - <(printf 'objtree\texact\n')
	# Nor is it what install-map goes by.
	run -0 install_map
	[[ ${lines[0]} == *", exact (source objtree)" ]]
	source_is ranges '.state == "used" and .trust == "exact"'
	! grep -q '^\.' "$sidecar"
}

@test "signatures that have changed come before an installed map, and none do not" {
	install_map
	mkdir "$BATS_TEST_TMPDIR/sig"
	export KALLMOD_SIGNATURES=$BATS_TEST_TMPDIR/sig
	source_is ranges '.state == "used" and .trust == "inferred" and .advice == ""'
	for file in "$KALLMOD_TOP"/signatures/*.sig; do
		cp "$file" "$BATS_TEST_TMPDIR/sig/newer-$(basename "$file")"
	done
	source_is signatures '.state == "used"'
	source_is ranges '.state == "usable" and .trust == "inferred" and (.advice | test("install-map"))'
	install_map
	source_is ranges '.state == "used" and .advice == ""'
	run -0 "$KALLMOD" map --root "$root" --modules-builtin /dev/null --source ranges
	run "$KALLMOD" sources --json --root "$root" --modules-builtin /dev/null
	jq -e '.used != "ranges"' <<<"$output"
}

@test "what is no file, or whose nobody knows, is neither read nor touched" {
	directory=$(dirname "$map")
	mkdir -p "$map"
	refused 1 "is no file" install_map
	rmdir "$map"
	ln -s /nonexistent/map "$map"
	refused 1 "is no file" install_map
	refused 1 "is no file" install_map --uninstall
	rm "$map"
	mkdir "$sidecar"
	refused 1 "is no file" install_map
	rmdir "$sidecar"
	echo "my notes" >"$sidecar"
	refused 1 "is not what this kallmod writes" install_map
	refused 1 "is not what this kallmod writes" install_map --uninstall
	[ "$(ls "$directory")" = modules.builtin.ranges.kallmod ]
	rm "$sidecar"
	mkfifo "$sidecar"
	refused 1 "is no file" timeout 10 "$KALLMOD" install-map --root "$root"
	printf '.text 00000000-00000000 = _text\n.text 00001000-00002000 a\n' >"$map"
	source_is ranges '.state == "broken" and (.why | test("is no file"))'
}

# With this sidecar the map is refused, for a reason that says TEXT, and inference is used.
spoiled() {
	source_is ranges ".state == \"broken\" and (.why | test(\"$1\"))"
	source_is signatures '.state == "used"'
	refused 1 "$1" "$KALLMOD" map --root "$root" --source ranges
}

@test "hostile sidecars: the map beside them is never taken for exact" {
	install_map
	cp "$sidecar" "$BATS_TEST_TMPDIR/good"
	: >"$sidecar"
	spoiled "is not what this kallmod writes"
	sed '1s/1$/2/' "$BATS_TEST_TMPDIR/good" >"$sidecar"
	spoiled "is not what this kallmod writes"
	head -c -5 "$BATS_TEST_TMPDIR/good" >"$sidecar"
	spoiled "torn"
	sed '$d' "$BATS_TEST_TMPDIR/good" >"$sidecar"
	spoiled "other ranges"
	{ cat "$BATS_TEST_TMPDIR/good"; echo '.text 00000000-00000010 1.0'; } >"$sidecar"
	spoiled "other ranges"
	for key in sha256 release source trust date version; do
		sed "/^$key /d" "$BATS_TEST_TMPDIR/good" >"$sidecar"
		spoiled "does not say all"
		sed "/^$key /p" "$BATS_TEST_TMPDIR/good" >"$sidecar"
		[ $key = trust ] || spoiled "is not as kallmod writes it"
	done
	for line in 'sha256 ABC' 'trust sure' 'trust' 'signatures x' '.text 0-1' '.text 0-1 nan' \
		'.text 0-1 1.5' '.text 0-1 -0.5' '.text 0-1 0.12345678901' ''; do
		{ sed "/^${line%% *} /d" "$BATS_TEST_TMPDIR/good"; echo "$line"; } >"$sidecar"
		spoiled "is not as kallmod writes it"
	done
	printf 'kallmod modules.builtin.ranges 1\nsha\0\n' >"$sidecar"
	spoiled "NUL"
	{ cat "$BATS_TEST_TMPDIR/good"; head -c 200000 /dev/zero | tr '\0' a; } >"$sidecar"
	spoiled "too long"
	truncate -s 4G "$sidecar"
	spoiled "too large"
	refused 1 "too large" install_map
}

@test "wrong usage, and releases that are none" {
	run -2 "$KALLMOD" install-map --kallsyms "$root/proc/kallsyms"
	[[ $output == *"with --release"* ]]
	run -2 install_map ext4
	refused 1 "is none" install_map --release ../../etc
	refused 1 "is none" install_map --release ..
	refused 1 "no source knows" "$KALLMOD" install-map --root /no/such/place --release 1
	refused 1 "no source knows" install_map --signatures "$root"
	[ ! -e "$root/lib" ]
}

@test "without privilege: one line, nothing written" {
	place=$(mktemp -d /tmp/kallmod-nobody.XXXXXX)
	cp "$KALLMOD" "$place/kallmod"
	cp -rL "$root" "$place/root"
	cp -r signatures "$place/signatures"
	chmod -R a+rX "$place"
	refused 1 "run as root" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$place/kallmod" install-map --root "$place/root" --signatures "$place/signatures"
	[ ! -e "$place/root/lib" ]
	rm -r "$place"
}
