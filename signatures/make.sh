#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes signatures/debian.sig again, out of Debian's kernel packages.
#
#	signatures/make.sh [KALLMOD [FILE]]	default: build/kallmod, debian.sig here
#
# Kernels come through tests/vm/fetch-kernel.sh into ~/.cache/kallmod (KALLMOD_CACHE), some 25 GB are
# read and 10 GB stay; what no Debian kernel has is compiled there, by own.sh, for an hour or two. What is there is
# used again. Debian's archive keeps the newest version of each suite alone, so the file made later
# has other releases, and other bytes.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
kallmod=${1:-$here/../build/kallmod}
file=${2:-$here/debian.sig}
max=7864320 # bytes: the file lives in the repository

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

# SUITE VERSION: what Debian builds in no kernel of that version is compiled, and filed under the release
# that the suite's general kernel has. All of 6.12 first: of the others, not again what 6.12
# has.
sources='
bookworm-backports 6.12
trixie-backports 7.3
bookworm 6.1
'
cache=${KALLMOD_CACHE:-${HOME:-/root}/.cache/kallmod}/kernels
while read -r suite version; do
	[ -n "$suite" ] || continue
	own=$cache/own-$version
	[ ! -e "$own/modules.builtin" ] || continue
	package=$("$here/../tests/vm/fetch-kernel.sh" "$suite" "linux-source-$version")
	other=$cache/own-6.12
	[ "$version" != 6.12 ] || other=
	KALLMOD=$kallmod "$here/own.sh" "$package/source" "$own" "$here/debian-$version.thick.xz" \
		${other:+"$other"} </dev/null
	rm -rf "$own/build" "$package"
done <<<"$sources"

# What of that is more of a release: the modules of its version, as far as they were compiled, and the
# list of all. A release between two versions that have a module has it too, whether Debian
# builds it or not, and so has one for arm64, if the module is for no machine in particular.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
more_of() { # RELEASE ARCH
	local own
	own=$cache/own-$(cut -d. -f1,2 <<<"$1")
	if [ "$2" = amd64 ] && [ -e "$own" ]; then
		echo "$own"
		return
	fi
	mkdir -p "$work/$1"
	if [ -e "$own" ]; then
		cat "$own/modules.builtin"
	else
		comm -12 <(sort "$cache/own-6.12/modules.builtin") <(sort "$cache/own-7.3/modules.builtin")
	fi | if [ "$2" = amd64 ]; then cat; else grep -v x86; fi >"$work/$1/modules.builtin"
	echo "$work/$1"
}

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
		case $how$release in
		image* | *5.10.*) ;;
		*) arguments+=("$release=$(more_of "$release" "$arch")") ;;
		esac
	done <<<"${kernels//ARCH/$arch}"
done
"$kallmod" signatures build --signatures "$here" -o "$file" "${arguments[@]}"
"$kallmod" signatures list "$file"
size=$(wc -c <"$file")
if [ "$size" -gt "$max" ]; then
	echo "make.sh: $file: $size bytes, more than $max; leave a release out" >&2
	exit 1
fi
