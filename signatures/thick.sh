#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes the list of the objects of all modules that a distribution has, as if all of them were
# built in, from its kernel's source and the kernels that were built of it.
#
#	thick.sh SRCTREE OUTPUT.thick.xz KERNELDIR...
#
# A KERNELDIR is what tests/vm/fetch-kernel.sh prints: it has the configuration, and a
# modules.builtin that says which objects without a tristate symbol are modules too. Nothing is
# compiled. Of several kernels, of several architectures too, the list has each module once with
# all objects that it has in any. KALLMOD names the program; default: build/kallmod.
set -eu

[ $# -ge 3 ] || {
	echo "usage: thick.sh SRCTREE OUTPUT.thick.xz KERNELDIR..." >&2
	exit 2
}
here=$(dirname "$0")
kallmod=${KALLMOD:-$here/../build/kallmod}
tree=$1 output=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# In /boot until Debian 12, beside the modules later.
config_of() {
	for config in "$1/boot/config-$2" "$1/lib/modules/$2/config" "$1/modules/config"; do
		[ ! -f "$config" ] || {
			echo "$config"
			return
		}
	done
	echo "thick.sh: $1: has no configuration; name what tests/vm/fetch-kernel.sh prints" >&2
	return 1
}

for kernel; do
	config=$(config_of "$kernel" "$(cat "$kernel/release")")
	sed 's/=m$/=y/' "$config" >"$work/config"
	"$kallmod" build --thick --config "$work/config" --builtin "$kernel/modules/modules.builtin" \
		-o "$work/list" "$tree"
	cat "$work/list" >>"$work/lists"
done
# MODULE: OBJECT... once for each module, objects in the order of their first coming.
awk '{
	n = split($0, at, " ")
	module = at[1]
	if (!(module in objects))
		objects[module] = ""
	for (i = 2; i <= n; i++)
		if (!((module, at[i]) in seen)) {
			seen[module, at[i]]
			objects[module] = objects[module] " " at[i]
		}
}
END {
	for (module in objects)
		print module objects[module]
}' "$work/lists" | LC_ALL=C sort | xz -9e >"$work/list.xz"
mv "$work/list.xz" "$output"
