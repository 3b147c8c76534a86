#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What the commands print of a made-up machine, as text and as JSON.
# UPDATE_GOLDEN=1 tests/run cli rewrites tests/golden/.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
}

@test "sources" {
	golden sources.txt "$KALLMOD" sources "${machine[@]}"
	golden sources.json "$KALLMOD" sources --json "${machine[@]}"
}

@test "sources --json has the contract's fields" {
	"$KALLMOD" sources --json "${machine[@]}" | jq -e '
		.release == "6.12.0-machine" and .used == "ranges" and
		(.sources | map(.name)) == ["kallmodsyms", "ranges", "tables", "objtree", "dwarf", "signatures", "modules"] and
		all(.sources[]; (.state | IN("used", "usable", "absent", "broken", "denied")) and
			(.trust | IN("exact", "derived", "inferred")) and
			(.ranges | type) == "number" and (.why | length) > 0 and
			(.advice | type) == "string" and
			(.state != "absent" or (.advice | length) > 0))'
}

@test "modules" {
	golden modules.txt "$KALLMOD" modules "${machine[@]}"
	golden modules.json "$KALLMOD" modules --json "${machine[@]}"
}

@test "modules --json has the contract's fields" {
	"$KALLMOD" modules --json "${machine[@]}" | jq -e '
		all(.modules[]; (.module | length) > 0 and
			(.kind | IN("builtin", "loadable", "core", "pseudo")) and
			.functions >= 0 and .bytes > 0 and (.source | length) > 0 and
			(.trust | IN("exact", "derived", "inferred")) and
			.confidence >= 0 and .confidence <= 1) and
		([.modules[].bytes] | . == (sort | reverse)) and
		(.modules[] | select(.module == "ext4") | .functions == 4 and .bytes == 1520)'
}

@test "map" {
	golden map.txt "$KALLMOD" map "${machine[@]}"
	golden map-data.txt "$KALLMOD" map --data "${machine[@]}"
	golden map.json "$KALLMOD" map --format json "${machine[@]}"
	golden map.ranges "$KALLMOD" map --format ranges "${machine[@]}"
}

@test "map: --json is --format json" {
	"$KALLMOD" map --json "${machine[@]}" | diff - tests/golden/map.json
}

@test "modules and map of the modules that are named" {
	golden chosen-modules.txt "$KALLMOD" modules "${machine[@]}" veth 'ext*' liquidio
	golden chosen-modules.json "$KALLMOD" modules --json "${machine[@]}" crc-itu-t
	golden chosen-map.txt "$KALLMOD" map "${machine[@]}" veth 'ext*' liquidio
	golden chosen-map.json "$KALLMOD" map --json "${machine[@]}" 'bp[e-g]' 'crc?itu_t'
	golden chosen-map.ranges "$KALLMOD" map --format ranges "${machine[@]}" liquidio_vf veth
	# They are the lines of the whole, and all of them are the whole.
	[ -z "$(comm -13 <(sort tests/golden/map.txt) <(sort tests/golden/chosen-map.txt))" ]
	"$KALLMOD" map "${machine[@]}" '*' | diff tests/golden/map.txt -
	"$KALLMOD" modules "${machine[@]}" '*' | diff tests/golden/modules.txt -
	diff <(grep -P '\t-\t' tests/golden/map.txt) <("$KALLMOD" map "${machine[@]}" core)
	diff <(grep -E '^(core|MODULE) ' tests/golden/modules.txt) \
		<("$KALLMOD" modules "${machine[@]}" core)
	diff <(grep -P '\text4\t' tests/golden/map-data.txt) \
		<("$KALLMOD" map ext4 --data "${machine[@]}")
}

@test "map: lines are START-END, modules or -, source, trust" {
	"$KALLMOD" map "${machine[@]}" | awk -F'\t' '
		NF != 4 || $1 !~ /^[0-9a-f]{16}-[0-9a-f]{16}$/ || $2 !~ /^(-|[a-z0-9_,]+)$/ ||
			$4 !~ /^(exact|derived|inferred:[01]\.[0-9]+)$/ { print; bad = 1 }
		{ split($1, at, "-") }
		at[1] < end || at[1] >= at[2] { print "out of order: " $0; bad = 1 }
		{ end = at[2] }
		END { exit bad || NR < 10 }'
}

@test "map: ranges read back as the same map" {
	copy_machine
	"$KALLMOD" map --format ranges --root "$root" >"$BATS_TEST_TMPDIR/again"
	cp "$BATS_TEST_TMPDIR/again" "$ranges"
	"$KALLMOD" map --root "$root" | diff tests/golden/map.txt -
	"$KALLMOD" map --format ranges --root "$root" | diff "$BATS_TEST_TMPDIR/again" -
	# And with the file named, of the same kernel's symbols.
	"$KALLMOD" map --kallsyms "$root/proc/kallsyms" --ranges "$ranges" |
		diff <(grep -v 'modules' tests/golden/map.txt) -
}

@test "syms" {
	golden syms.txt "$KALLMOD" syms "${machine[@]}"
	golden syms-size.txt "$KALLMOD" syms --size "${machine[@]}"
}

@test "syms is a kallmodsyms that reads back as the same modules" {
	copy_machine
	"$KALLMOD" syms --root "$root" >"$root/proc/kallmodsyms"
	"$KALLMOD" sources --json --root "$root" | jq -e '.used == "kallmodsyms"'
	"$KALLMOD" addr --root "$root" ffffffff9a001400 ffffffff9a001800 ffffffff9a003800 \
		ffffffff9a002000 ffffffffc0100010 | cut -f 3 >"$BATS_TEST_TMPDIR/modules"
	diff - "$BATS_TEST_TMPDIR/modules" <<-'END'
		liquidio
		liquidio_vf,liquidio
		crc_itu_t
		-
		veth
	END
}

addresses=(ffffffff9a001010 0xFFFFFFFF9A00380E ffffffff9a00380f ffffffff9a001bff
	ffffffff9a001c00 ffffffff9a002010 ffffffffc0100010 ffffffffc0102000 ffffffffc0300008
	ffffffffc0400020 ffffffff9a003910 0 00007fff00001234 ffffffffffffffff)

@test "addr" {
	golden addr.txt "$KALLMOD" addr "${machine[@]}" "${addresses[@]}"
	golden addr.json "$KALLMOD" addr --json "${machine[@]}" "${addresses[@]}"
}

@test "addr: standard input is the same as arguments" {
	printf '  %s\t\n\n' "${addresses[@]}" | "$KALLMOD" addr "${machine[@]}" |
		diff tests/golden/addr.txt -
}

@test "addr: text has the contract's three fields" {
	"$KALLMOD" addr "${machine[@]}" "${addresses[@]}" | awk -F'\t' '
		NF != 3 || $1 !~ /^[0-9a-f]{16}$/ || $3 !~ /^(-|[a-z0-9_,]+)$/ ||
			$2 !~ /^(-|[^ +]+\+0x[0-9a-f]+\/0x[0-9a-f]+)$/ { print; bad = 1 }
		END { exit bad || NR != 14 }'
}

@test "addr answers each line at once" {
	coproc "$KALLMOD" addr "${machine[@]}"
	echo ffffffff9a001010 >&"${COPROC[1]}"
	read -r -t 10 answer <&"${COPROC[0]}"
	[[ $answer == *ext4 ]]
	exec {COPROC[1]}>&-
	wait "$COPROC_PID" || true
}

@test "annotate: an oops, stacks, and text that stays as it is" {
	golden oops.txt "$KALLMOD" annotate "${machine[@]}" <tests/fixtures/oops.txt
}

@test "annotate has text alone: --json is wrong usage" {
	run -2 --separate-stderr "$KALLMOD" annotate --json "${machine[@]}" </dev/null
	[ -z "$output" ]
	[[ $stderr == *json* ]]
}

@test "annotate twice is annotate once" {
	"$KALLMOD" annotate "${machine[@]}" <tests/golden/oops.txt | diff tests/golden/oops.txt -
}

@test "annotate copies bytes that are no text" {
	head -c 100000 "$KALLMOD" >"$BATS_TEST_TMPDIR/binary"
	"$KALLMOD" annotate "${machine[@]}" <"$BATS_TEST_TMPDIR/binary" >"$BATS_TEST_TMPDIR/copy"
	cmp "$BATS_TEST_TMPDIR/binary" "$BATS_TEST_TMPDIR/copy"
	"$KALLMOD" annotate "${machine[@]}" </dev/null | cmp - /dev/null
}

@test "ranges of several modules" {
	shared=(--root tests/fixtures/shared --signatures tests/fixtures/shared)
	golden shared-map.txt "$KALLMOD" map "${shared[@]}"
	golden shared-syms.txt "$KALLMOD" syms "${shared[@]}"
	"$KALLMOD" map --json "${shared[@]}" |
		jq -e '[.ranges[].modules | select(length == 2) | sort] | length == 2 and
			all(.[]; . == ["liquidio", "liquidio_vf"])'
}

@test "a release that is not the machine's has no loadable modules" {
	copy_machine
	mv "$root/lib/modules/6.12.0-machine" "$root/lib/modules/6.12.0-other"
	cp "$root/proc/kallsyms" "$BATS_TEST_TMPDIR/System.map"
	"$KALLMOD" map --root "$root" --release 6.12.0-other \
		--kallsyms "$BATS_TEST_TMPDIR/System.map" >"$BATS_TEST_TMPDIR/map"
	grep -q ext4 "$BATS_TEST_TMPDIR/map"
	run ! grep -q veth "$BATS_TEST_TMPDIR/map"
}

@test "the source that is asked for" {
	"$KALLMOD" map "${machine[@]}" --source ranges | grep -q ext4
	"$KALLMOD" map "${machine[@]}" --source modules >"$BATS_TEST_TMPDIR/map"
	grep -q veth "$BATS_TEST_TMPDIR/map"
	run ! grep -q ext4 "$BATS_TEST_TMPDIR/map"
}
