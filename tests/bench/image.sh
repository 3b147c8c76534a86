#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Time and peak memory of reading the kallsyms tables of kernel images.
#
#	image.sh BUILD [IMAGE…]		default: the kernels that the virtual machines' tests fetched
#
# A vmlinux with a symbol table is read with nm as well.
set -u

build=${1:?usage: image.sh BUILD [IMAGE...]}
shift
program=$build/tests/unit/test_kallsyms_table
[ -x "$program" ] || {
	echo "image.sh: $program is not built; run make test-programs" >&2
	exit 1
}
[ $# -gt 0 ] || set -- "${KALLMOD_CACHE:-$HOME/.cache/kallmod}"/kernels/*/*.dir/vmlinuz
for image in "$@"; do
	[ -e "$image" ] || continue
	if command -v time >/dev/null && [ -x /usr/bin/time ]; then
		/usr/bin/time -f '	peak memory %M KiB' "$program" "$image"
		[ -n "$(nm "$image" 2>/dev/null | head -n 1)" ] && /usr/bin/time -f '	nm: %e s, %M KiB' nm "$image" >/dev/null
	else
		"$program" "$image"
	fi
done
exit 0
