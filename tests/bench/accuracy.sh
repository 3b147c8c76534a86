#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How right inference is on every kernel at hand whose modules are known, with the kernel's own
# release family left out of the signatures; first without and then with its modules.builtin.
# "Without padding" is precision without the bytes of "extra" that only follow a function
# (kallmod-signatures(1)).
#
#	accuracy.sh BUILD [DIRECTORY...]
#
# Kernels: those that signatures/make.sh fetched with their debug information into ~/.cache/kallmod
# (KALLMOD_CACHE), the fixture, and each DIRECTORY with a System.map, a modules.builtin.ranges, a modules.builtin and
# a file release.
set -eu

[ $# -ge 1 ] || {
	echo "usage: accuracy.sh BUILD [DIRECTORY...]" >&2
	exit 2
}
build=$1
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${KALLMOD_CACHE:-${HOME:-/root}/.cache/kallmod}/kernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# trial NAME RELEASE BUILTIN OPTION...: two lines of the table, and what they say for the last one.
trial() {
	local name=$1 release=$2 builtin=$3 list family
	shift 3
	family=$(sed -E 's/^([0-9]+\.[0-9]+).*/\1./' <<<"$release")
	for list in '' "$builtin"; do
		[ -z "$list" ] || [ -e "$list" ] || continue
		"$build/kallmod" signatures test --json --signatures "$top/signatures" "$@" \
			--release "$release" --exclude-release "$family" \
			${list:+--modules-builtin "$list"} >"$work/trial" || continue
		jq -r --arg name "$name" --arg list "${list:+yes}" '.[0] | [$name, (if $list == "" then "no" else $list end),
			(.precision * 1e5 | round / 1e3 | tostring), (.precision_without_padding * 1e5 | round / 1e3 | tostring),
			(.recall * 1e5 | round / 1e3 | tostring),
			.agreed_bytes, .wrong_bytes, .extra_bytes, .padding_bytes, .missed_bytes,
			(.reliability[-1] | .right_bytes / (.bytes + 1) * 1e5 | round / 1e3 | tostring)] | @tsv' "$work/trial"
		jq -c '.[0].reliability[]' "$work/trial" >>"$work/reliability"
	done
}

printf 'kernel\tmodules.builtin\tprecision\twithout padding\trecall\tagreed\twrong\textra\tpadding\tmissed\tsure\n'
mkdir "$work/fixture"
for name in System.map modules.builtin.ranges modules.builtin initcalls; do
	xz -dc "$top/tests/fixtures/inference/$name.xz" >"$work/fixture/$name"
done
cat "$work/fixture/initcalls" >>"$work/fixture/System.map"
trial "6.12.117, 417 modules" 6.12.117 "$work/fixture/modules.builtin" \
	--kallsyms "$work/fixture/System.map" --ranges "$work/fixture/modules.builtin.ranges"
for directory; do
	trial "$(basename "$directory")" "$(cat "$directory/release")" "$directory/modules.builtin" \
		--kallsyms "$directory/System.map" --ranges "$directory/modules.builtin.ranges"
done
fetched=0
for kernel in "$cache"/*/*/ "$cache"/*/*/*/; do
	if [ ! -e "$kernel/vmlinux" ] || [ -L "${kernel%/}" ]; then
		continue
	fi
	fetched=$((fetched + 1))
	release=$(cat "$kernel/release")
	trial "Debian $release" "$release" "$kernel/modules/modules.builtin" --vmlinux "$kernel/vmlinux"
done
[ "$fetched" -gt 0 ] ||
	echo "# no kernel with debug information in $cache: signatures/make.sh fetches some"
jq -rs 'group_by(.confidence)[] | [.[0].confidence, (map(.bytes) | add), (map(.right_bytes) | add)] |
	"confidence from \(.[0]): \(.[1]) bytes, \(if .[1] > 0 then .[2] / .[1] * 1e6 | round / 1e4 else 100 end) % right"' \
	"$work/reliability"
