#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What kmodtop itself takes while it runs: per cent of one CPU and resident memory, at 99 Hz
# with a screen every 2 seconds and a load on the kernel; the start is not counted.
#
#	cost.sh [BUILD [SECONDS]]
set -eu

build=${1:-build}
seconds=${2:-20}
here=$(dirname "$0")
"$here/../load.sh" $((seconds + 8)) >/dev/null 2>&1 &
load=$!
"$build/kmodtop" --batch -F 99 -d 2 >/dev/null &
top=$!
trap 'kill "$top" "$load" 2>/dev/null; wait' EXIT

# Time on a CPU so far, ns: /proc/PID/stat counts in ticks, which are longer than a screen takes.
spent() {
	cut -d' ' -f1 "/proc/$top/schedstat"
}

sleep 4
before=$(spent)
sleep "$seconds"
after=$(spent)
awk -v ns=$((after - before)) -v seconds="$seconds" \
	-v kib="$(awk '/^VmHWM/ { print $2 }' "/proc/$top/status")" \
	'BEGIN { printf "kmodtop: %.2f %% of one CPU, %.1f MiB resident at most\n", ns / 1e7 / seconds, kib / 1024 }'
