#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Keeps parts of the kernel busy for a while: file systems, block layer, tcp over loopback,
# processes. Ends by itself and takes away what it made.
#
#	load.sh SECONDS [DIRECTORY]		DIRECTORY: where to write; default /var/tmp
#
# Needs nothing but a POSIX shell with coreutils or busybox; perl, or busybox nc, for the tcp
# part; root, mkfs.xfs and a loop device for the xfs part. What cannot run is left out.
set -u

seconds=${1:?usage: load.sh SECONDS [DIRECTORY]}
base=${2:-/var/tmp}
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "$base/kallmod-load.XXXXXX") || exit 1
end=$(($(date +%s) + seconds))
jobs=

# Kills the jobs and what they run; a job is a process group of its own where setsid is.
finish() {
	trap '' TERM
	for job in $jobs; do
		kill -TERM "$job" 2>/dev/null
	done
	wait 2>/dev/null
	if [ -d "$work/xfs" ]; then
		umount "$work/xfs" 2>/dev/null || umount -l "$work/xfs" 2>/dev/null
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

running() {
	[ "$(date +%s)" -le "$end" ]
}

# At most 16 MiB at a time; fsync and metadata are where the file system's own code is.
files() {
	while running; do
		dd if=/dev/zero of="$1/big" bs=64k count=256 conv=fsync 2>/dev/null || return
		dd if="$1/big" of=/dev/null bs=4k 2>/dev/null
		mkdir -p "$1/many" && for i in 1 2 3 4 5 6 7 8 9; do
			echo "$i" >"$1/many/$i" && mv "$1/many/$i" "$1/many/$i.new"
		done
		rm -rf "$1/many" "$1/big"
	done
}

processes() {
	while running; do
		for _ in 1 2 3 4 5 6 7 8 9; do
			/bin/true
			ls -l "$work" >/dev/null
		done
		dd if=/dev/zero bs=4k count=2000 2>/dev/null | cat >/dev/null
	done
}

# Over IPv6 where there is some: ipv6 is a module, IPv4 never is.
tcp_perl() {
	perl -MIO::Socket::IP -e '
		my $end = shift;
		my ($host, $server);
		for $host ("::1", "127.0.0.1") {
			$server = IO::Socket::IP->new(Listen => 1, LocalHost => $host) and last;
		}
		$server or exit;
		my ($host, $port) = ($server->sockhost, $server->sockport);
		if (!fork) {
			my $in = $server->accept or exit;
			1 while sysread($in, my $data, 65536);
			exit;
		}
		my $out = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port) or exit;
		$SIG{PIPE} = "IGNORE";
		my $data = "x" x 16384;
		# Bursts: else the core kernel would have nearly all of the time.
		while (time < $end) {
			syswrite($out, $data) or last for 1 .. 50;
			select undef, undef, undef, 0.01;
		}
		close $out;
		wait;' "$end"
}

tcp_busybox() {
	host=127.0.0.1
	[ ! -d /proc/sys/net/ipv6 ] || host=::1
	while running; do
		timeout 5 nc -l -p 5001 -s "$host" >/dev/null 2>&1 &
		# The listener needs a moment; a refused connection costs nothing and is tried again.
		dd if=/dev/zero bs=16k count=500 2>/dev/null | timeout 5 nc "$host" 5001 2>/dev/null
		kill $! 2>/dev/null
		wait $! 2>/dev/null
	done
}

tcp() {
	if command -v perl >/dev/null; then
		tcp_perl
	elif command -v nc >/dev/null; then
		tcp_busybox
	fi
}

# In this shell, so that what is mounted is known to finish.
mount_xfs() {
	[ "$(id -u)" -eq 0 ] && command -v mkfs.xfs >/dev/null || return 1
	mkdir "$work/xfs" &&
		truncate -s 320M "$work/xfs.image" &&
		mkfs.xfs -q "$work/xfs.image" >/dev/null 2>&1 &&
		mount -o loop "$work/xfs.image" "$work/xfs" 2>/dev/null
}

start() {
	"$@" &
	jobs="$jobs $!"
}

if mount_xfs; then
	start files "$work/xfs"
fi
mkdir "$work/files"
start files "$work/files"
start tcp
start processes
# A signal ends the wait at once, which a sleep in the foreground would not.
for job in $jobs; do
	wait "$job"
done
