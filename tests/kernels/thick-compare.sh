#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares the thick list of a source tree with what a build of that very kernel says.
#
#	thick-compare.sh KALLMOD SRCTREE CONFIG MODULES.BUILTIN [OBJMODS]
#
# OBJMODS has "OBJECT KBUILD_MODFILE…" lines, out of the build's .cmd files; .xz is fine.
# Without it only the names are compared. Prints what differs and a sum; status 1 when the
# objects of a module do. What modules.builtin alone has is to be looked at: a MODULE_LICENSE()
# in what a bool symbol switches. With LISTED=1 in the environment that is listed too (--builtin).
set -eu -o pipefail

[ $# -ge 4 ] || {
	echo "usage: thick-compare.sh KALLMOD SRCTREE CONFIG MODULES.BUILTIN [OBJMODS]" >&2
	exit 2
}
kallmod=$1 srctree=$2 config=$3 builtin=$4 objmods=${5:-/dev/null}
list=$(mktemp)
trap 'rm -f "$list"' EXIT

time "$kallmod" build --thick "$srctree" --config "$config" ${LISTED:+--builtin "$builtin"} -o "$list"
read_objmods() {
	case $objmods in
	*.xz) xz -dc "$objmods" ;;
	*) cat "$objmods" ;;
	esac
}
read_objmods | LC_ALL=C awk '
	FILENAME == ARGV[1] {
		sub(/^kernel\//, "")
		sub(/\.ko$/, "")
		built[$0] = 1
		next
	}
	FILENAME == ARGV[2] {
		name = $1
		sub(/\.o:$/, "", name)
		thick[name] = 1
		for (i = 2; i <= NF; i++)
			listed[name, $i] = 1
		if (NF == 1)
			listed[name, name ".o"] = 1
		next
	}
	{
		objects++
		for (i = 2; i <= NF; i++)
			compiled[$i, $1] = 1
	}
	END {
		for (name in built)
			if (!(name in thick)) {
				print "only in modules.builtin: " name
				only_built++
			}
		for (name in thick)
			if (!(name in built)) {
				print "only in the list: " name
				only_thick++
			} else {
				both++
			}
		for (key in listed) {
			split(key, part, SUBSEP)
			parts++
			if (objects && (part[1] in built) && !(key in compiled)) {
				print "not compiled for " part[1] ": " part[2]
				bad++
			}
		}
		for (key in compiled) {
			split(key, part, SUBSEP)
			if ((part[1] in thick) && !(key in listed)) {
				print "not in the list for " part[1] ": " part[2]
				bad++
			}
		}
		printf "%d modules of %d objects in the list; %d in both, %d only there, %d only in modules.builtin", \
			both + only_thick, parts, both, only_thick, only_built
		if (objects)
			printf "; %d objects differ", bad
		print ""
		exit bad > 0
	}' "$builtin" "$list" -
