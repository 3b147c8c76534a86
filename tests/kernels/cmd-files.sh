#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes the .cmd files that a list of objects stands in for: their first lines, shortened.
#
#	cmd-files.sh OBJMODS DIR
set -eu

[ $# -eq 2 ] || {
	echo "usage: cmd-files.sh OBJMODS DIR" >&2
	exit 2
}
list=$(realpath "$1")
cd "$2"
sed -n 's|^\([^ ]*\)/[^/ ]*\( .*\)\{0,1\}$|\1|p' "$list" | sort -u | xargs mkdir -p
gawk '{
	object = $1
	modfile = substr($0, length(object) + 2)
	file = gensub(/([^\/]*)$/, ".\\1.cmd", 1, object)
	define = modfile == "" ? "" : " -DKBUILD_MODFILE='\''\"" modfile "\"'\''"
	printf "savedcmd_%s := gcc -c%s -o %s\n", object, define, object >file
	print "source_" object " := ?" >file
	close(file)
}' "$list"
