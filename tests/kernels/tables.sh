#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds a small kernel that carries kallmodsyms tables of its own, made by kallmod build: for
# tests/vm/tables.vm, which wants to see them read through /proc/kcore.
#
#	tables.sh SOURCE OUTPUT
#	KALLMOD_RANGES_KERNEL=OUTPUT/kernel tests/vm/run-vm ranges tables
#
# SOURCE is a kernel source tree of 6.12 or later, which is not written to; for what else is
# needed see make.sh. KALLMOD names the program; default: build/kallmod. Some ten minutes.
set -eu

[ $# -eq 2 ] || {
	echo "usage: tables.sh SOURCE OUTPUT" >&2
	exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
kallmod=${KALLMOD:-$here/../../build/kallmod}
source=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
tree=$output/source build=$output/build

# What a virtual machine, the sampler and /proc/kcore need.
more='BPF BPF_SYSCALL BPF_JIT PERF_EVENTS PROC_KCORE BLK_DEV_INITRD RD_GZIP TMPFS DEVTMPFS SHMEM
	EPOLL SIGNALFD TIMERFD EVENTFD FUTEX POSIX_TIMERS MEMBARRIER HIGH_RES_TIMERS FTRACE KPROBES
	KPROBE_EVENTS UPROBES UPROBE_EVENTS ADVISE_SYSCALLS FILE_LOCKING SYSCTL PROC_SYSCTL
	BINFMT_SCRIPT UNIX98_PTYS VT PRINTK_TIME ELFCORE ACPI'

# Links to the source, but for what is changed: an object in lib/ that has the tables.
if [ ! -e "$tree" ]; then
	cp -rs "$source" "$tree"
	rm "$tree/lib/Makefile"
	cp "$source/lib/Makefile" "$tree/lib/Makefile"
	# shellcheck disable=SC2016 # make's
	printf 'obj-y += kallmodsyms.o\nAFLAGS_kallmodsyms.o := -I$(srctree)/lib\n' \
		>>"$tree/lib/Makefile"
	printf '\t.section .note.GNU-stack, "", %%progbits\n' >"$tree/lib/kallmodsyms.S"
fi
MORE_OPTIONS=$more "$here/make.sh" gnu "$tree" "$build"
# The tables move what is linked behind .rodata, .init.text for one: so a second time.
for _ in 1 2; do
	"$kallmod" build "$build" -o "$tree/lib"
	touch "$tree/lib/kallmodsyms.S"
	make -s -C "$tree" O="$build" ARCH=x86_64 -j"$(nproc)" bzImage
done
"$kallmod" build "$build" -o "$output/check" >/dev/null
cmp "$output/check/kallmodsyms.bin" "$tree/lib/kallmodsyms.bin"

mkdir -p "$output/kernel"
cp "$build/arch/x86/boot/bzImage" "$build/modules.builtin" "$build/modules.builtin.ranges" \
	"$output/kernel"
