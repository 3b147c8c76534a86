#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Kernel images: a small "kernel" that the compiler makes here, with padding between functions
# and the remains of a weak function that lost.

bats_require_minimum_version 1.5.0
load lib

RELEASE=6.12.0-tiny

setup_file() {
	cd "$KALLMOD_TOP" || return
	export TINY=$BATS_FILE_TMPDIR/tiny
	mkdir "$TINY" && cd "$TINY" || return
	# head | first | remains of weak chosen | last | strong chosen (ext4), 64 bytes apart
	cat >a.c <<-END
		const char linux_banner[] = "Linux version $RELEASE (nobody@nowhere) #1";
		int head(int x) { return -x; }
		int first(int x) { return x; }
		__attribute__((weak)) int chosen(int x) { return x * x * x * x * x; }
		int last(int x) { return x + 1; }
	END
	echo 'int chosen(int x) { return x - 1; } int after(int x) { return x; }' >b.c
	for file in a b; do
		${CC:-gcc} -O1 -fno-pie -ffreestanding -fno-asynchronous-unwind-tables \
			-fno-toplevel-reorder -falign-functions=64 -c $file.c -o $file.o
	done
	cat >tiny.lds <<-END
		SECTIONS {
			. = 0xffffffff81000000;
			.text : { _text = .; _stext = .; *(.text) . = ALIGN(4096); _etext = .; }
			.rodata : { *(.rodata*) }
			/DISCARD/ : { *(.note.*) *(.comment) }
		}
	END
	ld -T tiny.lds -o vmlinux a.o b.o
	# The text of b.o belongs to a module.
	start=$((0x$(nm vmlinux | awk '$3 == "chosen" { print substr($1, 9) }') - 0x81000000))
	{
		echo ".text 00000000-00000000 = _stext"
		printf '.text %08x-%08x ext4\n' "$start" $((start + 80))
	} >ranges
}

setup() {
	cd "$KALLMOD_TOP" || return
	image=(--vmlinux "$TINY/vmlinux" --ranges "$TINY/ranges")
}

# The address of a symbol plus an offset.
at() {
	printf 'ffffffff%08x' $((0x$(nm "$TINY/vmlinux" | awk -v name="$1" '$3 == name {
		print substr($1, 9) }') + $2))
}

# addr's answer about it, without the address.
answer() {
	"$KALLMOD" addr "${image[@]}" "$(at "$@")" | cut -f 2-
}

@test "an image that nobody has booted has symbols and modules" {
	"$KALLMOD" syms "${image[@]}" >"$BATS_TEST_TMPDIR/output"
	grep -q "^$(at first 0) T first\$" "$BATS_TEST_TMPDIR/output"
	grep -q "^$(at chosen 0) t chosen	\[ext4\]\$" "$BATS_TEST_TMPDIR/output"
}

@test "its release is in its banner" {
	[ "$("$KALLMOD" sources --json "${image[@]}" | jq -r .release)" = "$RELEASE" ]
	[ "$("$KALLMOD" sources --json "${image[@]}" --release 1.2.3 | jq -r .release)" = 1.2.3 ]
}

@test "a packed image is the same" {
	"$KALLMOD" map "${image[@]}" >"$BATS_TEST_TMPDIR/plain"
	for pack in "gzip -c" "xz -c" "zstd -qc" "lz4 -lqc"; do
		command -v "${pack%% *}" >/dev/null || continue
		$pack "$TINY/vmlinux" >"$BATS_TEST_TMPDIR/packed"
		"$KALLMOD" map --vmlinux "$BATS_TEST_TMPDIR/packed" --ranges "$TINY/ranges" |
			diff -u "$BATS_TEST_TMPDIR/plain" -
	done
}

@test "sizes are those of the ELF file, where it has them" {
	"$KALLMOD" syms --size "${image[@]}" >"$BATS_TEST_TMPDIR/output"
	size=$(nm -S "$TINY/vmlinux" | awk '$4 == "first" { print $2 }' | sed 's/^0*//')
	grep -q "^$(at first 0) $size T first\$" "$BATS_TEST_TMPDIR/output"
	grep -q "~ T _etext\$" "$BATS_TEST_TMPDIR/output"
}

@test "an address past a function's end has no name, and its module" {
	[ "$(answer first 0)" = "first+0x0/0x$(nm -S "$TINY/vmlinux" | awk '$4 == "first" {
		print $2 }' | sed 's/^0*//')	-" ]
	[ "$(answer first 63)" = "-	-" ] # padding
	[ "$(answer first 65)" = "-	-" ] # what is left of the weak function
	[[ $(answer last 1) == last+0x1/0x*"	-" ]]
	[[ $(answer chosen 1) == chosen+0x1/0x*"	ext4" ]]
	[ "$(answer chosen 60)" = "-	ext4" ]
}

@test "a running kernel's sizes come from its debug information, wherever it was moved" {
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/proc/sys/kernel" "$root/usr/lib/debug/boot" "$root/lib/modules/$RELEASE"
	echo "$RELEASE" >"$root/proc/sys/kernel/osrelease"
	cp "$TINY/ranges" "$root/lib/modules/$RELEASE/modules.builtin.ranges"
	nm -n "$TINY/vmlinux" | sed 's/^ffffffff81/ffffffff9a/' >"$root/proc/kallsyms"
	run -0 "$KALLMOD" syms --size --root "$root"
	[[ $output == *"~ T first"* ]]
	cp "$TINY/vmlinux" "$root/usr/lib/debug/boot/vmlinux-$RELEASE"
	run -0 --separate-stderr "$KALLMOD" syms --size --root "$root"
	[[ $output != *"~ T first"* ]] && [[ $output == *" T first"* ]] && [ -z "$stderr" ]
	# Of another build: not used, and said.
	sed -i '/ \(first\|last\|after\)$/s/0 T/8 T/' "$root/proc/kallsyms"
	run -0 --separate-stderr "$KALLMOD" syms --size --root "$root"
	[[ $output == *"~ T first"* ]] && [[ $stderr == *"another build"* ]]
}

@test "what is no kernel image is refused in one line" {
	head -c 300 "$TINY/vmlinux" >"$BATS_TEST_TMPDIR/torn"
	gzip -c "$TINY/vmlinux" | head -c 300 >"$BATS_TEST_TMPDIR/torn.gz"
	echo "no kernel" >"$BATS_TEST_TMPDIR/text"
	: >"$BATS_TEST_TMPDIR/empty"
	for file in torn torn.gz text empty none; do
		run -1 --separate-stderr "$KALLMOD" map --vmlinux "$BATS_TEST_TMPDIR/$file"
		# shellcheck disable=SC2154 # set by run
		[ "${#stderr_lines[@]}" -eq 1 ] && [ -z "$output" ]
		[[ $stderr == "kallmod map: $BATS_TEST_TMPDIR/$file: "* ]]
	done
}
