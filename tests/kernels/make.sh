#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds a small kernel with many modules built in, and leaves its linker maps and lists.
#
#	make.sh KIND SOURCE OUTPUT
#
# KIND    gnu   GNU ld; no IBT, so that the last link takes the objects and vmlinux.map counts
#         ibt   GNU ld; with IBT the last link takes vmlinux.o, and vmlinux.o.map counts
#         lld   clang and lld; the last link takes the objects
#         lldibt  clang and lld; the last link takes vmlinux.o
# SOURCE  a kernel source tree, as in Debian's linux-source-6.12 or linux-source-6.1
# OUTPUT  where to build; some 300 MB
#
# Needs flex, bison, bc, libelf-dev, gcc or clang and lld. Where the source has no
# generate_builtin_ranges.awk of its own, RANGES_AWK names that of a newer one, and it is run on
# the finished build. MORE_OPTIONS are set as well. fixtures.sh makes a fixture of what this leaves.
set -eu

[ $# -eq 3 ] || {
	echo "usage: make.sh gnu|ibt|lld|lldibt SOURCE OUTPUT" >&2
	exit 2
}
kind=$1 source=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)

case $kind in
gnu | ibt) llvm= ;;
lld | lldibt) llvm=LLVM=1 ;;
*)
	echo "make.sh: no kind '$kind'; give gnu, ibt, lld or lldibt" >&2
	exit 2
	;;
esac

# Both liquidio modules share objects; the others give directories with one object, with many,
# core objects whose name is also a module's, and every kind of section.
options='EXPERT 64BIT MODULES BLOCK PCI PCI_MSI NET INET IPV6 PACKET UNIX NETDEVICES ETHERNET
	NET_VENDOR_CAVIUM NET_VENDOR_INTEL LIQUIDIO LIQUIDIO_VF PTP_1588_CLOCK_OPTIONAL
	PTP_1588_CLOCK E1000 E1000E NET_CORE VIRTIO_NET VIRTIO VIRTIO_PCI VIRTIO_MENU VIRTIO_BLK BLK_DEV
	EXT4_FS FAT_FS VFAT_FS ISO9660_FS SQUASHFS MISC_FILESYSTEMS NLS NLS_UTF8 NLS_ISO8859_1 FUSE_FS SCSI
	BLK_DEV_SD ATA SATA_AHCI CRYPTO CRYPTO_LZO CRYPTO_ZSTD CRYPTO_AES CRYPTO_SHA256 CRYPTO_CBC
	I2C HWMON INPUT SERIO INPUT_KEYBOARD KEYBOARD_ATKBD TTY SERIAL_8250 SERIAL_8250_CONSOLE PRINTK PROC_FS
	SYSFS KALLSYMS DEBUG_KERNEL KALLSYMS_ALL SMP BINFMT_ELF MULTIUSER CC_OPTIMIZE_FOR_PERFORMANCE
	NETFILTER NF_CONNTRACK DM_CRYPT MD BLK_DEV_DM VMLINUX_MAP BUILTIN_MODULE_RANGES'
{
	for option in $options ${MORE_OPTIONS:-}; do
		echo "CONFIG_$option=y"
	done
	case $kind in
	*ibt) echo "CONFIG_X86_KERNEL_IBT=y" ;;
	*) echo "# CONFIG_X86_KERNEL_IBT is not set" ;;
	esac
} >"$output/wanted.config"

# shellcheck disable=SC2086 # llvm may be empty
build() {
	make -C "$source" O="$output" ARCH=x86_64 $llvm "$@"
}
build -s KCONFIG_ALLCONFIG="$output/wanted.config" allnoconfig
build -s -j"$(nproc)" vmlinux modules.builtin
cd "$output"
if [ ! -e modules.builtin.ranges ]; then
	# Older builds leave no vmlinux.o.map where it does not count.
	[ -e vmlinux.o.map ] || : >vmlinux.o.map
	gawk -f "${RANGES_AWK:?names generate_builtin_ranges.awk of a newer kernel}" \
		modules.builtin vmlinux.map vmlinux.o.map >modules.builtin.ranges.new
	mv modules.builtin.ranges.new modules.builtin.ranges
fi
wc -l modules.builtin modules.builtin.ranges
