#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes a fixture of a kernel's build tree: its maps, reduced, and its lists.
#
#	fixtures.sh TREE NAME >tests/fixtures/objtree/NAME.tar.xz
#
# What goes from the maps has no part in modules.builtin.ranges: debug information, and all symbols
# but the first ones of a section. That the kernel's own script (GENERATE names it) still makes
# the tree's modules.builtin.ranges of what is left, and of the list of objects that stands in for
# the .cmd files, is checked here.
set -eu

[ $# -eq 2 ] || {
	echo "usage: fixtures.sh TREE NAME >NAME.tar.xz" >&2
	exit 2
}
tree=$(cd "$1" && pwd) name=$2
here=$(cd "$(dirname "$0")" && pwd)
generate=$(realpath "${GENERATE:?names scripts/generate_builtin_ranges.awk of Linux 6.12}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"

reduce() {
	gawk '
		FNR == 1 && /VMA/ { lld = 1 }
		FNR == 1 && lld { print; next }
		# A name that stands alone goes with the line behind it.
		!lld && NF == 1 && /^ [^ *]/ { held = $0; getline; line = held "\n" $0; $0 = held " " $0 }
		!held { line = $0 }
		{ held = "" }
		/^Linker script and memory map/ || /^OUTPUT/ { print; begun = 1; next }
		!lld && !begun { next }
		/[ (]\.(debug_|comment|note|symtab|strtab|shstrtab)/ { next }
		/^[^ ]/ && !lld { symbols = 0 }
		lld && /[0-9] [^ ]+$/ { symbols = 0 }
		!lld && /^  / && NF == 2 && ++symbols > 3 { next }
		lld && NF == 5 && !/:\(/ && !/[0-9] [^ ]+$/ && ++symbols > 3 { next }
		lld && NF > 5 && $7 != "." { next }
		!lld && (/^ \*\(/ || /^$/) { next }
		{ print line }' "$1"
}

cd "$tree"
reduce vmlinux.map >"$work/$name/vmlinux.map"
reduce vmlinux.o.map >"$work/$name/vmlinux.o.map"
cp modules.builtin modules.builtin.ranges "$work/$name"
# shellcheck disable=SC2016 # these are awk's
find . -name '.*.o.cmd' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 gawk '
	# Older kernels have none for what is assembled.
	FNR == 1 {
		modfile = ""
		if (match($0, /MODFILE=['\''"]+[^'\''"]+/))
			modfile = " " substr($0, RSTART + 8, RLENGTH - 8)
		gsub(/['\''"]/, "", modfile)
		object = FILENAME
		sub(/\.cmd$/, "", object)
		print gensub(/(^|\/)\.([^\/]*)$/, "\\1\\2", 1, object) modfile
	}
	{ nextfile }' | grep -v '^scripts/\|^tools/\|/boot/' >"$work/$name/objmods"

mkdir "$work/check"
cp "$work/$name"/* "$work/check"
"$here/cmd-files.sh" "$work/$name/objmods" "$work/check"
cd "$work/check"
gawk -f "$generate" modules.builtin vmlinux.map vmlinux.o.map | cmp - modules.builtin.ranges || {
	echo "fixtures.sh: $tree: what is left of the maps makes other ranges" >&2
	exit 1
}
cd "$work"
tar --sort=name --owner=0 --group=0 --mtime=@0 -c "$name" | xz -9e
