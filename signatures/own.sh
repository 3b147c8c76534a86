#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compiles the modules that no Debian kernel has: a kernel with everything built in, less what
# the packages know already.
#
#	own.sh SRCTREE OUTPUT LIST.thick.xz [OTHER]
#
# SRCTREE is a kernel's source, clean; LIST says which modules Debian's kernels of that version have
# (signatures/debian-VERSION.thick.xz). The configuration is allyesconfig for x86-64, without what is only
# there to be compiled (COMPILE_TEST) and without instrumentation. Of it the objects of all other
# modules are compiled, as they are when built in, and linked to OUTPUT/kernel/PLACE/NAME.ko;
# OUTPUT/modules.builtin lists every module of the configuration: a directory for kallmod
# signatures build. OTHER is the OUTPUT of another version: modules that were compiled there are not
# again, for most of their functions keep their names.
#
# What an earlier run left in OUTPUT is not made again. An hour of two slow CPUs, 0.5 GB. KALLMOD names the
# program; default: build/kallmod. Needs flex, bison, bc, libelf-dev, libssl-dev, gcc and make.
set -euo pipefail

[ $# -eq 3 ] || [ $# -eq 4 ] || {
	echo "usage: own.sh SRCTREE OUTPUT LIST.thick.xz [OTHER]" >&2
	exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
kallmod=${KALLMOD:-$here/../build/kallmod}
source=$(cd "$1" && pwd)
mkdir -p "$2/build"
output=$(cd "$2" && pwd)
list=$3 other=${4:-}

for tool in flex bison bc gcc make; do
	command -v "$tool" >/dev/null || {
		echo "own.sh: no $tool here; apt-get install flex bison bc libelf-dev libssl-dev gcc make" >&2
		exit 1
	}
done

build() {
	make -C "$source" O="$output/build" ARCH=x86_64 -s "$@"
}

# Instrumentation doubles the time and leaves functions of its own; a module that is there to be
# compiled, and for another machine, is in nobody's kernel.
unwanted='COMPILE_TEST WERROR RUST MODVERSIONS GCC_PLUGINS KASAN KCSAN KMSAN UBSAN KCOV GCOV_KERNEL
	PROVE_LOCKING LOCK_STAT DEBUG_LOCK_ALLOC PROFILE_ALL_BRANCHES PROFILE_ANNOTATED_BRANCHES
	DEBUG_SECTION_MISMATCH READABLE_ASM DEBUG_FORCE_FUNCTION_ALIGN_64B DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT
	DEBUG_INFO_DWARF4 DEBUG_INFO_DWARF5 DEBUG_INFO_BTF'

# wanted has lines "MODULE: OBJECT...", or "MODULE:" where that is the only object.
choose() {
	local option
	{
		for option in $unwanted; do
			echo "# CONFIG_$option is not set"
		done
		echo "CONFIG_DEBUG_INFO_NONE=y"
		echo "CONFIG_BRANCH_PROFILE_NONE=y"
	} >"$output/wanted.config"
	build KCONFIG_ALLCONFIG="$output/wanted.config" allyesconfig >"$output/config.log" 2>&1
	"$kallmod" build --thick --config "$output/build/.config" -o "$output/thick" "$source"
	xz -dc "$list" | awk -F: 'NR == FNR { known[$1]; next } !($1 in known)' - "$output/thick" |
		if [ -n "$other" ]; then
			awk -F: 'NR == FNR { known[$1]; next } !($1 in known)' "$other/wanted" -
		else
			cat
		fi >"$output/wanted"
	awk -F: '{ print $2 ? $2 : $1 }' "$output/wanted" | tr -s ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u \
		>"$output/objects.new"
	mv "$output/objects.new" "$output/objects"
}

link() {
	local module objects file made=0
	while IFS=: read -r module objects; do
		file=$output/kernel/${module%.o}.ko
		mkdir -p "${file%/*}"
		# shellcheck disable=SC2086 # a list
		if (cd "$output/build" && ld -r -o "$file" ${objects:-"$module"}) 2>>"$output/build.log"; then
			made=$((made + 1))
		else
			rm -f "$file"
			echo "own.sh: $module: not compiled; $output/build.log says why" >&2
		fi
	done <"$output/wanted"
	sed 's,^,kernel/,; s,\.o:.*,.ko,' "$output/thick" >"$output/modules.builtin"
	echo "own.sh: $made modules in $output"
}

[ -e "$output/objects" ] || choose
echo "own.sh: $(wc -l <"$output/wanted") modules, $(wc -l <"$output/objects") objects"
build prepare
# Some do not compile with everything on; make says which, and goes on.
xargs -a "$output/objects" -n 8192 make -C "$source" O="$output/build" ARCH=x86_64 -s -k -j"$(nproc)" \
	>"$output/build.log" 2>&1 || true
link
