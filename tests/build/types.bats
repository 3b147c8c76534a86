#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The kernel types of vmlinux_btf: for each architecture they stand alone, have the layout of a
# sample's registers, and are enough for the BPF programs.

bats_require_minimum_version 1.5.0

architectures="x86 arm64"

check() {
	arch=$1
	shift
	clang -O2 -g -target bpf -mcpu=v2 -Wall -Werror -fsyntax-only \
		-I"$KALLMOD_TOP/vmlinux_btf/$arch" "$@"
}

@test "each header compiles alone" {
	for arch in $architectures; do
		for header in kernel_types.h regs.h; do
			echo "#include \"$header\"" | check "$arch" -x c -
		done
	done
}

# As in <asm/ptrace.h>: struct pt_regs of x86-64, struct user_pt_regs of arm64.
@test "the registers have the layout that the kernel gives them" {
	cat >"$BATS_TEST_TMPDIR/layout.c" <<-'END'
		#include "kernel_types.h"
		#include "regs.h"
		_Static_assert(__builtin_offsetof(bpf_user_pt_regs_t, IP) == OFFSET, "ip");
		_Static_assert(sizeof(bpf_user_pt_regs_t) == SIZE, "size");
		_Static_assert(__builtin_offsetof(struct bpf_perf_event_data, addr) == SIZE + 8, "");
		__u64 ip(bpf_user_pt_regs_t *regs)
		{
			return KALLMOD_REGS_USER(regs) ? 0 : KALLMOD_REGS_IP(regs);
		}
	END
	check x86 -DIP=ip -DOFFSET=128 -DSIZE=168 "$BATS_TEST_TMPDIR/layout.c"
	check arm64 -DIP=pc -DOFFSET=256 -DSIZE=272 "$BATS_TEST_TMPDIR/layout.c"
}

# The last word of the header of .BTF.ext: the bytes of CO-RE relocations.
core_bytes() {
	readelf -x .BTF.ext "$1" | awk '$1 == "0x00000010" { print $5 }'
}

@test "the BPF programs compile for each architecture, with no relocation against a kernel" {
	for arch in $architectures; do
		made=$BATS_TEST_TMPDIR/$arch
		for program in "$KALLMOD_TOP"/bpf/*.bpf.c; do
			name=$(basename "$program" .bpf.c)
			make -C "$KALLMOD_TOP" ARCH="$arch" OUTPUT="$made" "$made/bpf/$name.skel.h"
			[ "$(core_bytes "$made/bpf/$name.bpf.o")" = 00000000 ]
		done
	done
}

# Of the running kernel, which need not have BTF: what is asked for is there, and compiles.
@test "make.sh takes the types out of a kernel's BTF" {
	[ -r /sys/kernel/btf/vmlinux ] || skip "this kernel shows no BTF"
	[ "$(uname -m)" = x86_64 ] || skip "the layout is checked with x86's"
	"$KALLMOD_TOP/vmlinux_btf/make.sh" /sys/kernel/btf/vmlinux >"$BATS_TEST_TMPDIR/kernel_types.h"
	grep -q '^struct bpf_perf_event_data {' "$BATS_TEST_TMPDIR/kernel_types.h"
	clang -target bpf -Wall -Werror -fsyntax-only -x c "$BATS_TEST_TMPDIR/kernel_types.h"
}

@test "make.sh: a file without BTF, a torn one, an empty one, none" {
	cd "$BATS_TEST_TMPDIR"
	: >empty
	# A header whose types end behind the file.
	printf '\237\353\001\000\030\000\000\000\000\000\000\000\377\000\000\000\377\000\000\000\020\000\000\000' >torn
	for file in empty torn /etc/passwd; do
		run -1 --separate-stderr "$KALLMOD_TOP/vmlinux_btf/make.sh" "$file"
		[ -z "$output" ]
		[[ $stderr == "make.sh: $file: no BTF in it"* ]]
	done
	run -1 --separate-stderr "$KALLMOD_TOP/vmlinux_btf/make.sh" none
	[[ $stderr == "make.sh: none: cannot be read"* ]]
	run -2 "$KALLMOD_TOP/vmlinux_btf/make.sh" too many
}
