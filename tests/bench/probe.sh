#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a hit of a probe costs, beside bpftrace on the same function: in a virtual machine, for this
# one may have no kprobes. It counts instructions; KALLMOD_VM_ICOUNT= has it measure time.
#
#	tests/bench/probe.sh BUILD [KERNEL]	KERNEL as for tests/vm/run-vm; default: ranges
#
# bpftrace is downloaded into the cache and installed nowhere; what of its libraries is not on
# this machine (it has clang's) is downloaded too.
set -eu

build=$(cd "${1:?usage: tests/bench/probe.sh BUILD [KERNEL]}" && pwd)
kernel=${2:-ranges}
cd "$(dirname "$0")/../.."
cache=${KALLMOD_CACHE:-${HOME:-/root}/.cache/kallmod}/bpftrace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() {
	rm -rf "$cache.new"
	mkdir -p "$cache.new"
	(cd "$cache.new" && apt-get -qq download bpftrace libbpfcc 2>/dev/null)
	for deb in "$cache.new"/*.deb; do
		dpkg-deb -x "$deb" "$cache.new"
	done
	mv "$cache.new" "$cache"
}

# Everything goes where the machine's loader looks.
overlay() {
	mkdir -p "$work/bin"
	cp "$cache/usr/bin/bpftrace" "$work/bin/"
	LD_LIBRARY_PATH=$(dirname "$(find "$cache/usr/lib" -name 'libbcc_bpf.so.0' | head -n 1)") \
		ldd "$cache/usr/bin/bpftrace" | grep -o '/[^ ]*' | while read -r file; do
		to=$work${file#"$cache"}
		to=${to/"$work/usr/lib"/"$work/lib"}
		mkdir -p "$(dirname "$to")"
		cp -L "$file" "$to"
	done
}

[ -x "$cache/usr/bin/bpftrace" ] || fetch
overlay
# Instructions, and not time: that of an emulated machine on a shared host says little.
KALLMOD_BUILD=$build KALLMOD_VM_EXTRA=$work KALLMOD_VM_ICOUNT=${KALLMOD_VM_ICOUNT-1} \
	tests/vm/run-vm "$kernel" probe-cost
