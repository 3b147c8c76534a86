#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes the list of the objects of all modules that a distribution has, as if all of them were
# built in, from its kernel's source and configuration.
#
#	thick.sh SRCTREE CONFIG OUTPUT.thick.xz
#
# Nothing is compiled. KALLMOD names the program; default: build/kallmod.
set -eu

[ $# -eq 3 ] || {
	echo "usage: thick.sh SRCTREE CONFIG OUTPUT.thick.xz" >&2
	exit 2
}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed 's/=m$/=y/' "$2" >"$work/config"
"${KALLMOD:-$here/../build/kallmod}" build --thick --config "$work/config" -o "$work/list" "$1"
xz -9e -c "$work/list" >"$work/list.xz"
mv "$work/list.xz" "$3"
