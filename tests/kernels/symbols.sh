#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Are the symbols of a kernel's image, as it stands in /boot, those of the vmlinux it was made of?
#
#	symbols.sh BUILD DIR…
#
# DIR has both, vmlinuz and vmlinux, of any architecture that nm reads:
#
#	KALLMOD_DEB_ARCH=arm64 tests/vm/fetch-kernel.sh --vmlinux bookworm linux-image-cloud-arm64
#
# Every symbol of the image must be in the vmlinux, with its address, type and name, as often as
# there; and what is only in the vmlinux must be what scripts/mksysmap and scripts/kallsyms.c
# leave out of a kernel's tables. A line for each DIR; status 1: a symbol is wrong or missing.
set -eu

[ $# -ge 2 ] || {
	echo "usage: tests/kernels/symbols.sh BUILD DIR…" >&2
	exit 2
}
top=$(dirname "$0")/../..
kallmod=$1/kallmod
export KALLMOD_SIGNATURES="${KALLMOD_SIGNATURES:-$top/signatures}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shift

status=0
for dir in "$@"; do
	"$kallmod" syms --vmlinux "$dir/vmlinuz" >"$work/image"
	nm "$dir/vmlinux" >"$work/vmlinux"
	printf '%s: ' "$(cat "$dir/release" 2>/dev/null || basename "$dir")"
	awk -f "$top/tests/kernels/symbols.awk" "$work/image" "$work/vmlinux" || status=1
done
exit "$status"
