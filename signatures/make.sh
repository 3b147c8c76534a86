#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes signatures/debian-amd64.sig again, out of Debian's kernel packages.
#
#	signatures/make.sh [KALLMOD [FILE]]	default: build/kallmod, debian-amd64.sig here
#
# Kernels come through tests/vm/fetch-kernel.sh into ~/.cache/kallmod (KALLMOD_CACHE); what is there
# is used again. Debian's archive keeps the newest version of each suite alone, so the file
# made later has other releases, and other bytes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kallmod=${1:-$here/../build/kallmod}
file=${2:-$here/debian-amd64.sig}
max=4194304 # bytes: the file lives in the repository

[ -x "$kallmod" ] || {
	echo "make.sh: $kallmod: not there; run make first, or name a kallmod" >&2
	exit 1
}
set --
for suite in bookworm bookworm-backports sid; do
	kernel=$("$here/../tests/vm/fetch-kernel.sh" "$suite" linux-image-amd64)
	release=$(cat "$kernel/release")
	set -- "$@" "$release=$kernel/lib/modules/$release"
done
"$kallmod" signatures build -o "$file" "$@"
"$kallmod" signatures list "$file"
size=$(wc -c <"$file")
if [ "$size" -gt "$max" ]; then
	echo "make.sh: $file: $size bytes, more than $max; leave a release out" >&2
	exit 1
fi
