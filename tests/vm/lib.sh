# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What scenarios are written with. They run in the virtual machine, under busybox sh; lines
# that begin with "@tap" go out over the serial console and become the test's TAP.

tests=0

say() {
	echo "@tap $*"
}

ok() {
	tests=$((tests + 1))
	say "ok $tests $*"
}

not_ok() {
	tests=$((tests + 1))
	say "not ok $tests $*"
}

# skip NAME REASON
skip() {
	tests=$((tests + 1))
	say "ok $tests $1 # skip $2"
}

# check NAME COMMAND…: passes when the command succeeds; else its output is shown.
check() {
	check_name=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		ok "$check_name"
	else
		not_ok "$check_name"
		tail -n 20 /tmp/check.out | while IFS= read -r line; do say "# $line"; done
		return 1
	fi
}

# Loads a module and what it depends on; nothing to do where it is built in.
load() {
	while read -r file; do
		name=$(echo "${file%.ko}" | tr - _)
		[ -e "/sys/module/$name/initstate" ] || insmod "/modules/$file" || return 1
	done <"/modules/$1.order"
}

# True when the module came along as a file, so that it can be loaded and unloaded.
loadable() {
	[ -s "/modules/$1.order" ]
}

wait_for() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -e "$1" ] && return
		usleep 200000
	done
	return 1
}

# The ext4 disk at /mnt.
mount_disk() {
	load virtio_pci && load virtio_blk && load ext4 && wait_for /dev/vda &&
		mount -t ext4 /dev/vda /mnt
}

# Work for the kernel until stop_load; how long a test takes depends on the host. What is tested
# goes first: the machine is slow, and shared.
start_load() {
	nice -n 19 ./load.sh 600 /mnt &
	load=$!
}

stop_load() {
	kill "$load"
	wait "$load"
}

# A number out of a file of JSON: number FILE KEY
number() {
	sed 's/[,{}]/\n/g' "$1" | sed -n "s/^ *\"$2\": *\\(-\\{0,1\\}[0-9.]*\\).*/\\1/p" | head -n 1
}

finish() {
	if dmesg | grep -E 'BUG:|Oops|general protection|WARNING: |Call Trace' >/tmp/oops; then
		not_ok "the kernel complained about nothing"
		dmesg | grep -A 12 -E 'BUG:|Oops|general protection|WARNING: ' | head -n 30 |
			while IFS= read -r line; do say "# $line"; done
	else
		ok "the kernel complained about nothing"
	fi
	say "1..$tests"
}
