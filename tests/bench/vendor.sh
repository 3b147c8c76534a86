#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What becomes of modules that no release has, as vendors' are: of every tenth module of the fixture
# all functions get names that nobody knows, and no initcall; first without, then with its list.
#
#	vendor.sh BUILD
set -euo pipefail

[ $# -eq 1 ] || {
	echo "usage: vendor.sh BUILD" >&2
	exit 2
}
build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
fixture=$top/tests/fixtures/inference
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in System.map modules.builtin.ranges modules.builtin; do
	xz -dc "$fixture/$name.xz" >"$work/$name"
done
"$build/kallmod" map --kallsyms "$work/System.map" --ranges "$work/modules.builtin.ranges" \
	>"$work/truth"
cut -f2 "$work/truth" | grep -v '^-$' | LC_ALL=C sort -u >"$work/modules"

printf 'unknown\tmodules.builtin\tprecision\trecall\tagreed\tmissed\tsure\n'
for first in {1..10}; do
	awk -v first="$first" 'NR % 10 == first % 10' "$work/modules" >"$work/unknown"
	# Addresses have 16 digits: as text they are in order. Both files are.
	awk -F'\t' 'NR == FNR { unknown[$1]; next } $2 in unknown { sub("-", " ", $1); print $1 }' \
		"$work/unknown" "$work/truth" >"$work/places"
	awk 'NR == FNR { from[++n] = $1; to[n] = $2; next }
		{ while (at < n && to[at + 1] <= $1) at++
		  if (at < n && $1 >= from[at + 1] && !sub(/\./, "_vnd.", $3)) $3 = $3 "_vnd"
		  print }' "$work/places" "$work/System.map" >"$work/vendor.map"
	for list in '' "$work/modules.builtin"; do
		"$build/kallmod" signatures test --json --signatures "$top/signatures" \
			--exclude-release 6.12. --kallsyms "$work/vendor.map" --release 6.12.117 \
			--ranges "$work/modules.builtin.ranges" ${list:+--modules-builtin "$list"} |
			jq -r --arg n "$(wc -l <"$work/unknown")" --arg list "${list:+yes}" '.[0] |
				[$n, (if $list == "" then "no" else $list end),
				(.precision * 1e5 | round / 1e3), (.recall * 1e5 | round / 1e3),
				.agreed_bytes, .missed_bytes,
				(.reliability[-1] | .right_bytes / (.bytes + 1) * 1e5 | round / 1e3)] | @tsv'
	done
done
