#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The tables source, on a small kernel that carries kallmodsyms tables made by hand.

bats_require_minimum_version 1.5.0
load lib
load tiny

# link_tables OUTPUT OFFSET BASE: a kernel whose tables have addresses as OFFSET says, an
# expression of the linker with @ for the address.
link_tables() {
	local output=$1 offset=$2 base=$3 lines=() name
	lines+=('.rodata : {' "$base")
	for name in _stext ext4_iget copy_process lio_setup not_built_in _sinittext _einittext; do
		lines+=("${offset//@/$name}")
	done
	lines+=('kallsyms_modules = .;')
	for name in 0 14 0 1 0 14 0; do
		lines+=("LONG($name)")
	done
	lines+=('kallsyms_module_names = .; BYTE(0)')
	# shellcheck disable=SC2046 # a number each
	lines+=("$(printf 'BYTE(%d) ' $(printf '\0\2lio\0lio_vf\0ext4\0' | od -An -v -tu1))")
	lines+=('. = ALIGN(4); kallsyms_num_modules = .; LONG(7)')
	lines+=('kallsyms_module_names_len = .; LONG(19) }')
	link_kernel "$output" "${lines[@]}"
}

setup_file() {
	cd "$KALLMOD_TOP" || return
	export TINY=$BATS_FILE_TMPDIR/tiny
	mkdir "$TINY" && cd "$TINY"
	make_kernel
	link_tables relative 'LONG(@ - _text)' \
		'kallsyms_relative_base = .; QUAD(_text) kallsyms_module_offsets = .;'
	link_tables percpu 'LONG(_text - @ - 1)' \
		'kallsyms_relative_base = .; QUAD(_text) kallsyms_module_offsets = .;'
	link_tables absolute 'QUAD(@)' 'kallsyms_module_addresses = .;'
}

setup() {
	cd "$KALLMOD_TOP" || return
}

@test "every form of addresses" {
	for form in relative percpu absolute; do
		echo "$form"
		diff -u <(true_modules) <(modules_of --source tables --vmlinux "$TINY/$form")
		"$KALLMOD" map --vmlinux "$TINY/$form" | grep -q '	lio,lio_vf	tables	exact$'
	done
}

@test "it is used before debug information" {
	"$KALLMOD" sources --json --vmlinux "$TINY/relative" | jq -e '.used == "tables" and
		any(.sources[]; .name == "tables" and .state == "used" and .trust == "exact" and
			.ranges == 3 and (.why | contains("2 module sets in 7 entries")))'
}

@test "the running kernel's, through /proc/kcore" {
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/proc/sys/kernel"
	echo "$RELEASE" >"$root/proc/sys/kernel/osrelease"
	nm "$TINY/relative" | LC_ALL=C sort >"$root/proc/kallsyms"
	cp "$TINY/relative" "$root/proc/kcore"
	"$KALLMOD" map --root "$root" --release "$RELEASE" >"$BATS_TEST_TMPDIR/map"
	grep -q '	ext4	tables	exact$' "$BATS_TEST_TMPDIR/map"
	rm "$root/proc/kcore"
	"$KALLMOD" sources --json --root "$root" --release "$RELEASE" | jq -e 'any(.sources[];
		.name == "tables" and .state == "absent" and (.why | contains("kcore: not found")))'
}

@test "an image without them says so" {
	refused 1 "has no kallmodsyms tables" "$KALLMOD" map --source tables --vmlinux "$TINY/vmlinux"
}

# The place in the file of a symbol of .rodata.
place() {
	local address offset symbol
	read -r address offset < <(readelf -SW "$1" | awk '$2 == ".rodata" || $3 == ".rodata" {
		sub(/^.*\.rodata/, ""); print $2, $3 }')
	symbol=$(nm "$1" | awk -v name="$2" '$3 == name { print $1 }')
	echo $((0x$offset + 0x$symbol - 0x$address))
}

@test "tables that make no sense are refused: an address, a list, a count" {
	for at in kallsyms_module_offsets:3 kallsyms_module_names:2 kallsyms_num_modules:1 \
		kallsyms_modules:5; do
		cp "$TINY/relative" "$BATS_TEST_TMPDIR/torn"
		printf '\377' | dd of="$BATS_TEST_TMPDIR/torn" bs=1 conv=notrunc status=none \
			seek=$(($(place "$TINY/relative" "${at%:*}") + ${at#*:}))
		refused 1 "kallmodsyms tables make no sense" \
			"$KALLMOD" map --source tables --vmlinux "$BATS_TEST_TMPDIR/torn"
	done
}

# A build tree of the small kernel: $tree.
make_tree() {
	tree=$BATS_TEST_TMPDIR/tree
	cp -r "$TINY" "$tree"
	(cd "$tree" && LD_OPTIONS='-Map=vmlinux.map' link_kernel vmlinux \
		'.rodata : { BYTE(0) } . = ALIGN(0x10000);')
	printf 'kernel/%s.ko\n' fs/ext4/ext4 drivers/net/lio drivers/net/lio-vf \
		>"$tree/modules.builtin"
	printf '%s %s\n' init/main.o init/main fs/ext4/inode.o fs/ext4/ext4 \
		fs/ext4/super.o fs/ext4/ext4 fs/ext4/init.o fs/ext4/ext4 \
		kernel/fork.o kernel/fork drivers/net/off.o drivers/net/off \
		drivers/net/shared.o 'drivers/net/lio drivers/net/lio-vf' >"$tree/objmods"
	tests/kernels/cmd-files.sh "$tree/objmods" "$tree"
}

@test "what build makes of a tree, linked into its kernel, says the same" {
	make_tree
	"$KALLMOD" build "$tree" -o "$tree/out" >"$BATS_TEST_TMPDIR/said"
	cat "$BATS_TEST_TMPDIR/said"
	grep -q 'kallmodsyms.S: 7 entries, .* not optimised 1[0-9],' "$BATS_TEST_TMPDIR/said"
	cd "$tree"
	${CC:-gcc} -c -I out out/kallmodsyms.S -o kallmodsyms.o
	# What is behind them must not move.
	LD_OPTIONS=kallmodsyms.o link_kernel again '.rodata : { *(.rodata) } . = ALIGN(0x10000);'
	cd "$KALLMOD_TOP"
	diff -u <(true_modules) <(modules_of --source tables --vmlinux "$tree/again")
	diff <("$KALLMOD" map --source tables --vmlinux "$tree/again" | cut -f 1,2) \
		<("$KALLMOD" map --objtree "$tree" --vmlinux "$tree/vmlinux" | cut -f 1,2)
}

@test "the thick list of a build" {
	make_tree
	"$KALLMOD" build "$tree" >"$BATS_TEST_TMPDIR/said"
	grep -q 'modules_thick.builtin: 3 modules of 5 objects' "$BATS_TEST_TMPDIR/said"
	diff -u - "$tree/modules_thick.builtin" <<-END
		fs/ext4/ext4.o: fs/ext4/init.o fs/ext4/inode.o fs/ext4/super.o
		drivers/net/lio.o: drivers/net/shared.o
		drivers/net/lio-vf.o: drivers/net/shared.o
	END
	[ "$(stat -c %a "$tree/modules_thick.builtin" "$tree/kallmodsyms.S" | sort -u)" = 644 ]
}

@test "a tree without vmlinux gets no tables, and is told" {
	make_tree
	rm "$tree/vmlinux"
	"$KALLMOD" build "$tree" | grep -q "kallmodsyms.S: left out, there is no $tree/vmlinux"
	[ ! -e "$tree/kallmodsyms.S" ]
	[ ! -e "$tree/kallmodsyms.bin" ]
}
