#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes the kernel types that the BPF programs use, as C, from a kernel's BTF:
#     vmlinux_btf/make.sh [BTF] > vmlinux_btf/x86/kernel_types.h
# BTF: /sys/kernel/btf/vmlinux (the default), or a vmlinux of the architecture wanted.
# Only these types are taken. All of them belong to the kernel's user-space ABI, so one copy
# serves every kernel and nothing has to be relocated when a program is loaded.
set -eu
btf=${1:-/sys/kernel/btf/vmlinux}
[ -r "$btf" ] || { echo "make.sh: $btf: cannot be read; give a vmlinux with BTF" >&2; exit 1; }

cat <<'HEAD'
/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Made by vmlinux_btf/make.sh from a kernel's BTF; do not edit. */
#ifndef KALLMOD_KERNEL_TYPES_H
#define KALLMOD_KERNEL_TYPES_H

HEAD
PATH=$PATH:/usr/sbin:/sbin bpftool btf dump file "$btf" format c | awk '
BEGIN {
	n = split("__s8 __u8 __s16 __u16 __s32 __u32 __s64 __u64 __be16 __be32 __wsum " \
		  "bpf_user_pt_regs_t", words, " ")
	for (i = 1; i <= n; i++) alias[words[i] ";"] = 1
	n = split("pt_regs user_pt_regs bpf_perf_event_data bpf_raw_tracepoint_args " \
		  "bpf_map_type", words, " ")
	for (i = 1; i <= n; i++) whole[words[i]] = 1
}
!open && /^typedef / && ($NF in alias) { print; print ""; next }
!open && /^(struct|enum) [a-z_]+ \{$/ && ($2 in whole) {
	if ($2 == "pt_regs" && arm64) next
	open = 1
}
# BPF_ANY and its like, and the flags of bpf_get_stack: anonymous enums, by their first name.
!open && /^enum \{$/ { held = $0; getline
	if ($1 == "BPF_ANY" || $1 == "BPF_F_NO_PREALLOC" || $1 == "BPF_F_SKIP_FIELD_MASK" ||
	    $1 == "BPF_RB_NO_WAKEUP" || $1 == "BPF_RB_AVAIL_DATA") {
		print held; open = 1 } }
open { print }
open && /^\};$/ { open = 0; print "" }
'
echo '#endif'
