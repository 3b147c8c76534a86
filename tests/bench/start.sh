#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From exec to the first sample, in milliseconds: minimum, median and maximum of RUNS runs, as
# root on the running kernel.
#
#	start.sh [BUILD [RUNS]]
#
# The ranges are those of the inferred map, written as a modules.builtin.ranges: what counts
# here is that such a file is read, not where it is from.
set -eu

build=${1:-build}
runs=${2:-11}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/kallmod" map --format ranges >"$work/ranges"

# start NAME ARGUMENT…
start() {
	local name=$1 from to
	shift
	for _ in $(seq "$runs"); do
		[ "$name" != inferred ] || rm -rf /run/kallmod
		from=$EPOCHREALTIME
		to=$(KALLMOD_DEBUG=1 "$@" 2>&1 >/dev/null | sed -n 's/.*sampling since //p')
		echo $(((${to/./} - ${from/./}) / 100))
	done | sort -n | awk -v name="$name" '
		{ t[NR] = $1 / 10 }
		END { printf "%-10s %6.1f ms minimum, %6.1f median, %6.1f maximum of %d\n", name, t[1], t[int((NR + 1) / 2)], t[NR], NR }'
}

start inferred "$build/kmodtop" --once -d 0.05
start cached "$build/kmodtop" --once -d 0.05
start ranges env KALLMOD_NO_CACHE=1 "$build/kmodtop" --once -d 0.05 --ranges "$work/ranges"
