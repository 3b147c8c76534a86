#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes the kernel types that the BPF programs use, as C, from the BTF of a kernel.
#
#	make.sh			x86/kernel_types.h and arm64/kernel_types.h, from Debian's 6.1
#				kernels, which are fetched (tests/vm/fetch-kernel.sh)
#	make.sh FILE		those of FILE, to standard output: a kernel image as it is booted
#				(x86 bzImage; arm64 Image, plain or compressed), or bare BTF
#
# Needs bpftool, and for an image what it is compressed with: gzip, xz, zstd or lz4.
set -eu

# A tag, a typedef or a constant; what they need comes by itself. The first row is for libbpf's
# headers. All of it belongs to the kernel's user-space ABI, so one copy serves every kernel and
# nothing has to be relocated when a program is loaded.
wanted="__s8 __u8 __s16 __u16 __s32 __u32 __s64 __u64 __be16 __be32 __wsum
	bpf_map_type BPF_ANY BPF_F_MMAPABLE BPF_RB_FORCE_WAKEUP BPF_RB_AVAIL_DATA
	bpf_perf_event_data"

PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C # grep and awk on bytes
here=$(cd "$(dirname "$0")" && pwd)

die() {
	echo "make.sh: $*" >&2
	exit 1
}

# bytes FILE OFFSET FORMAT COUNT: as od prints them, little-endian as both architectures are
bytes() {
	od -An -v -j "$2" -t "$3" -N "$4" "$1" 2>/dev/null | tr -s ' \n' ' '
}

# unpack FILE: what the compressed FILE holds, or itself. There may be something behind the
# compressed data (x86 has its size there), at which some of the programs complain.
unpack() {
	case $(bytes "$1" 0 x1 4) in
	" 1f 8b "*) gzip -dc "$1" 2>/dev/null ;;
	" fd 37 7a 58"*) xz -dc --single-stream "$1" 2>/dev/null ;;
	" 28 b5 2f fd"*) zstd -dcq "$1" 2>/dev/null ;;
	" 02 21 4c 18"* | " 04 22 4d 18"*) lz4 -dcq "$1" 2>/dev/null ;;
	*) cat "$1" ;;
	esac || true
}

# The kernel inside of a bzImage, as the boot protocol tells (Documentation/arch/x86/boot.rst):
# payload_offset and payload_length count from behind the setup sectors. Others are unpacked.
kernel() {
	if [ "$(bytes "$1" 514 x1 4)" != " 48 64 72 53 " ]; then # "HdrS"
		unpack "$1"
		return
	fi
	# shellcheck disable=SC2046 # three numbers
	set -- "$1" $(bytes "$1" 497 u1 1) $(bytes "$1" 584 u4 8)
	tail -c +$((($2 + 1) * 512 + $3 + 1)) "$1" | head -c "$4" >"$tmp/payload"
	unpack "$tmp/payload"
}

# find_btf FILE: offset and size of the BTF in it. Its header (struct btf_header): magic, version
# 1, no flags, 24 bytes long; then types, from 0, and strings, right behind them.
find_btf() {
	size=$(wc -c <"$1")
	# shellcheck disable=SC2013 # a number a line
	for at in $(grep -abo -P '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$1" | cut -d: -f1); do
		[ $((at + 24)) -le "$size" ] || continue
		# shellcheck disable=SC2046 # four numbers
		set -- "$1" $(bytes "$1" $((at + 8)) u4 16)
		if [ "$2" = 0 ] && [ "$3" = "$4" ] && [ $((at + 24 + $4 + $5)) -le "$size" ]; then
			echo "$at" $((24 + $4 + $5))
			return
		fi
	done
	return 1
}

types() {
	[ -r "$1" ] || die "$1: cannot be read"
	kernel "$1" >"$tmp/kernel"
	found=$(find_btf "$tmp/kernel") ||
		die "$1: no BTF in it; give a kernel with CONFIG_DEBUG_INFO_BTF"
	tail -c +$((${found% *} + 1)) "$tmp/kernel" | head -c "${found#* }" >"$tmp/btf"
	bpftool btf dump file "$tmp/btf" format c >"$tmp/dump" || die "$1: bpftool cannot read its BTF"
	cat <<-HEAD
	/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
	/* Made by vmlinux_btf/make.sh from a kernel's BTF; do not edit. */
	#ifndef KALLMOD_KERNEL_TYPES_H
	#define KALLMOD_KERNEL_TYPES_H
	HEAD
	awk -v wanted="$(echo "$wanted" | tr '\n' ' ')" -f "$here/types.awk" "$tmp/dump" ||
		die "$1: not made"
	printf '\n#endif\n'
}

# write ARCH DEBIAN-ARCH
write() {
	dir=$(KALLMOD_DEB_ARCH=$2 "$here/../tests/vm/fetch-kernel.sh" bookworm \
		"linux-image-cloud-$2") || exit 1
	types "$dir/vmlinuz" >"$tmp/$1.h"
	mv "$tmp/$1.h" "$here/$1/kernel_types.h"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
case $# in
0)
	write x86 amd64
	write arm64 arm64
	;;
1) types "$1" ;;
*)
	echo "usage: make.sh [FILE]" >&2
	exit 2
	;;
esac
