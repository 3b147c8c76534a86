#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes signatures/debian.sig again, out of Debian's kernel packages.
#
#	signatures/make.sh [KALLMOD [FILE]]	default: build/kallmod, debian.sig here
#
# Kernels come through tests/vm/fetch-kernel.sh into ~/.cache/kallmod (KALLMOD_CACHE), some 25 GB are
# read and 10 GB stay; what is there is used again. Debian's archive keeps the newest version of
# each suite alone, so the file made later has other releases, and other bytes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kallmod=${1:-$here/../build/kallmod}
file=${2:-$here/debian.sig}
max=6291456 # bytes: the file lives in the repository

[ -x "$kallmod" ] || {
	echo "make.sh: $kallmod: not there; run make first, or name a kallmod" >&2
	exit 1
}

# SUITE PACKAGE RELEASE-OF HOW: newest first, since the first one says what the order of linking is.
# The cloud image of a release is taken as more of the general one: it has the same functions,
# but others of them in modules. HOW: all (modules and image), image, or modules.
kernels='
trixie-backports linux-image-ARCH linux-image-ARCH all
sid linux-image-ARCH linux-image-ARCH all
sid linux-image-cloud-ARCH linux-image-ARCH image
trixie-backports linux-image-6.18.15+deb13-ARCH linux-image-6.18.15+deb13-ARCH modules
trixie-backports linux-image-6.16.12+deb13-ARCH linux-image-6.16.12+deb13-ARCH modules
bookworm-backports linux-image-ARCH linux-image-ARCH all
bookworm-backports linux-image-cloud-ARCH linux-image-ARCH image
bookworm linux-image-ARCH linux-image-ARCH all
bookworm linux-image-cloud-ARCH linux-image-ARCH image
bullseye linux-image-5.10.0-32-ARCH linux-image-5.10.0-32-ARCH all
'

arguments=()
for arch in amd64 arm64; do
	while read -r suite package of how; do
		[ -n "$suite" ] || continue
		option=--vmlinux
		[ "$how" != modules ] || option=--modules
		kernel=$(KALLMOD_DEB_ARCH=$arch "$here/../tests/vm/fetch-kernel.sh" "$option" "$suite" "$package")
		[ "$of" = "$package" ] || first=$(KALLMOD_DEB_ARCH=$arch \
			"$here/../tests/vm/fetch-kernel.sh" "$suite" "$of")
		[ "$of" != "$package" ] || first=$kernel
		release=$(cat "$first/release")
		[ "$how" = image ] || arguments+=("$release=$kernel/lib/modules/$release")
		[ "$how" = modules ] || arguments+=("$release=$kernel/vmlinux")
	done <<<"${kernels//ARCH/$arch}"
done
"$kallmod" signatures build --signatures "$here" -o "$file" "${arguments[@]}"
"$kallmod" signatures list "$file"
size=$(wc -c <"$file")
if [ "$size" -gt "$max" ]; then
	echo "make.sh: $file: $size bytes, more than $max; leave a release out" >&2
	exit 1
fi
