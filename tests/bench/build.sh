#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How much faster kallmod build is than the kernel's own script, on the same tree in the same run.
#
#	tests/bench/build.sh BUILD SCRIPT TREE
#
# SCRIPT is scripts/generate_builtin_ranges.awk of Linux 6.12, TREE a kernel's build tree. Each runs
# ROUNDS times (10), in turn; the medians count, and what both made is compared. On a machine that
# is busy: `chrt -f 1 tests/bench/build.sh …` runs both before all other work.
set -eu

[ $# -eq 3 ] || {
	echo "usage: tests/bench/build.sh BUILD SCRIPT TREE" >&2
	exit 2
}
kallmod=$(realpath "$1/kallmod") script=$(realpath "$2") tree=$(realpath "$3")
rounds=${ROUNDS:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# microseconds FILE COMMAND…: adds a line to FILE.
microseconds() {
	local file=$1 start
	shift
	start=${EPOCHREALTIME/./}
	"$@"
	echo $((${EPOCHREALTIME/./} - start)) >>"$file"
}

run_script() {
	(cd "$tree" && gawk -f "$script" modules.builtin vmlinux.map vmlinux.o.map) >"$work/wanted"
}

run_kallmod() {
	"$kallmod" build -o "$work" "$tree" >/dev/null
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'
}

for _ in $(seq "$rounds"); do
	microseconds "$work/script" run_script
	microseconds "$work/kallmod" run_kallmod
done
cmp "$work/wanted" "$work/modules.builtin.ranges"
script_ms=$(median "$work/script") kallmod_ms=$(median "$work/kallmod")
echo "generate_builtin_ranges.awk: $script_ms ms; kallmod build: $kallmod_ms ms; $(
	awk -v a="$script_ms" -v b="$kallmod_ms" 'BEGIN { printf "%.1f", a / b }') times faster"
