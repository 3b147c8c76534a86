#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Fetches a Debian kernel package into a cache and prints the directory it is extracted in.
#
#	fetch-kernel.sh [--refresh] [--vmlinux] [--modules] SUITE PACKAGE
#	fetch-kernel.sh [--refresh] SUITE linux-source-VERSION
#
# SUITE    bullseye, bookworm, trixie (each with its -security), bookworm-backports, sid
# PACKAGE  linux-image-amd64, linux-image-cloud-amd64, … or the name of a real package; a
#          meta package is followed to the real one.
#
# apt works here with a configuration, sources, lists and cache of its own: the machine's apt
# state is never touched and no suites are mixed. In the directory, beside what the package
# holds: release (a file), vmlinuz and modules (links), packages (what it was made of). What is in the cache is used without any
# network; --refresh asks the archive again. With --vmlinux also vmlinux (a link), the only file that is
# taken out of the -dbg package (up to 1.2 GB, never kept). With --modules its modules are enough: what
# an archive keeps of older kernels is not always whole. A linux-source package is unpacked to source
# (a directory, 1.5 GB). KALLMOD_DEB_ARCH names another architecture
# than amd64. Exit status 1: cannot be had, with one line why.
set -eu

arch=${KALLMOD_DEB_ARCH:-amd64}
mirror=${KALLMOD_DEB_MIRROR:-http://deb.debian.org/debian}
security=${KALLMOD_DEB_SECURITY:-http://deb.debian.org/debian-security}
keyring=${KALLMOD_DEB_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
cache=${KALLMOD_CACHE:-${HOME:-/root}/.cache/kallmod}/kernels

die() {
	echo "fetch-kernel: $*" >&2
	exit 1
}

usage() {
	echo "usage: fetch-kernel.sh [--refresh] [--vmlinux] [--modules] SUITE PACKAGE" >&2
	exit 2
}

# The suite's apt lines. Kernels come as security updates too, so those belong to a release.
sources() {
	case $1 in
	bullseye | bookworm | trixie)
		echo "deb [signed-by=$keyring] $mirror $1 main"
		echo "deb [signed-by=$keyring] $security $1-security main"
		;;
	bookworm-backports | trixie-backports | sid)
		echo "deb [signed-by=$keyring] $mirror $1 main"
		;;
	*) die "unknown suite '$1'; give bullseye, bookworm, bookworm-backports, trixie or sid" ;;
	esac
}

# Read after the machine's own apt.conf, whose proxies are wanted and whose hooks are not.
apt_config() {
	cat <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Post-Invoke;
	#clear APT::Architectures;
	APT::Architecture "$arch";
	APT::Architectures { "$arch"; };
	APT::Sandbox::User "root";
	APT::Default-Release "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Acquire::http::Timeout "30";
	Dir::State "$apt/state";
	Dir::State::lists "$apt/state/lists";
	Dir::State::status "$apt/status";
	Dir::State::extended_states "$apt/extended_states";
	Dir::Cache "$apt/cache";
	Dir::Etc::sourcelist "$apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::Log "$apt";
	END
}

set_up_apt() {
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	sources "$suite" >"$apt/sources.list"
	apt_config >"$apt/apt.conf"
	command -v apt-get >/dev/null || die "no apt-get here; Debian kernels are fetched with apt"
	apt-get -c "$apt/apt.conf" -qq update >"$apt/log" 2>&1 || {
		tail -n 2 "$apt/log" >&2
		die "cannot read the package lists of $suite; check the network or the mirror"
	}
}

newest_version() {
	apt-cache -c "$apt/apt.conf" show "$1" 2>/dev/null | sed -n 's/^Version: //p' |
		sort -V | tail -n 1
}

# Kernel packages that this one needs: a meta package's image, or the parts that newer
# Debian kernels are split into.
kernel_depends() {
	apt-cache -c "$apt/apt.conf" show "$1=$2" | sed -n 's/^Depends: //p' | head -n 1 |
		tr ',' '\n' | sed 's/ *[(|].*//; s/ //g' |
		grep -E '^linux-(image|binary|modules|base)-[0-9]' || true
}

# All packages that make the kernel, as NAME=VERSION lines; the first is the most real name.
closure() {
	todo=$1
	seen=
	while [ -n "$todo" ]; do
		name=${todo%% *}
		todo=${todo#"$name"}
		todo=${todo# }
		case " $seen " in *" $name "*) continue ;; esac
		seen="$seen $name"
		version=$(newest_version "$name")
		if [ -z "$version" ]; then
			[ -n "$modules_only" ] && [ "$name" != "$1" ] && continue
			die "$suite has no package $name"
		fi
		echo "$name=$version"
		for needed in $(kernel_depends "$name" "$version"); do
			todo="${todo:+$todo }$needed"
		done
	done
}

# Of a list of packages on stdin, those that hold files.
real_packages() {
	grep -E '^linux-[a-z]+-[0-9]'
}

# A source package holds an archive.
unpack_source() {
	mkdir "$1/source"
	tar -x -C "$1/source" --strip-components=1 -f "$1/usr/src/$package.tar.xz" 2>"$apt/log" ||
		die "$package of $suite holds no kernel source: $(tail -n 1 "$apt/log")"
	rm -r "${1:?}/usr"
}

# Newer packages keep everything under /usr; tests should not need to know.
normalise() {
	[ -e "$1/lib" ] || ln -s usr/lib "$1/lib"
	set -- "$1" "$1"/lib/modules/*/kernel
	if [ $# -ne 2 ] || [ ! -d "$2" ]; then
		die "$package of $suite holds no kernel modules"
	fi
	release=$(basename "$(dirname "$2")")
	echo "$release" >"$1/release"
	ln -s "lib/modules/$release" "$1/modules"
	for image in "boot/vmlinuz-$release" "lib/modules/$release/vmlinuz"; do
		[ ! -e "$1/$image" ] || ln -sfn "$image" "$1/vmlinuz"
	done
	[ -e "$1/vmlinuz" ] || [ -n "$modules_only" ] || die "$package of $suite holds no kernel image"
}

extract() {
	rm -rf "$target.new" "$target.debs"
	mkdir -p "$target.new" "$target.debs"
	for spec in $(printf '%s\n' "$packages" | real_packages); do
		(cd "$target.debs" && apt-get -c "$apt/apt.conf" -qq download "$spec") \
			>"$apt/log" 2>&1 || {
			tail -n 2 "$apt/log" >&2
			die "cannot download $spec from $suite; check the network and free space"
		}
	done
	for deb in "$target.debs"/*.deb; do
		dpkg-deb -x "$deb" "$target.new" || die "$deb: cannot be extracted"
	done
	rm -rf "$target.debs"
	printf '%s\n' "$packages" >"$target.new/packages"
	case $package in
	linux-source-*) unpack_source "$target.new" ;;
	*) normalise "$target.new" ;;
	esac
	rm -rf "$target"
	mv "$target.new" "$target"
}

# The image with debug information, for the release in $target. tar stops as soon as it has the file.
vmlinux() {
	set_up_apt
	image=$(real_packages <"$target/packages" | sed -n 's/^linux-\(image\|binary\)-/linux-image-/p' | head -n 1)
	spec=$(printf '%s' "$image" | sed "s/=/-dbg=/; s/-unsigned-dbg=/-dbg=/")
	rm -rf "$target.debug"
	mkdir -p "$target.debug"
	(cd "$target.debug" && apt-get -c "$apt/apt.conf" -qq download "$spec") >"$apt/log" 2>&1 || {
		tail -n 2 "$apt/log" >&2
		die "cannot download $spec from $suite; check the network and free space"
	}
	release=$(cat "$target/release")
	debug=./usr/lib/debug
	# Of the two names one is a link to the other: which, has changed. The decompressor is told off
	# by the closed pipe, which is as it should be.
	dpkg-deb --fsys-tarfile "$target.debug"/*.deb 2>"$apt/log" |
		tar -x -C "$target.debug" --occurrence=1 "$debug/boot/vmlinux-$release" \
			"$debug/lib/modules/$release/vmlinux" 2>>"$apt/log" || true
	file=$(find "$target.debug/usr" -type f -name 'vmlinux*' | head -n 1)
	[ -n "$file" ] || {
		tail -n 2 "$apt/log" >&2
		die "$spec holds no vmlinux"
	}
	mv "$file" "$target/vmlinux"
	rm -rf "$target.debug"
}

refresh='' with_vmlinux='' modules_only=''
while :; do
	case ${1:-} in
	--refresh) refresh=yes ;;
	--vmlinux) with_vmlinux=yes ;;
	--modules) modules_only=yes ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 2 ] || usage
suite=$1
package=$2
sources "$suite" >/dev/null
case $package in *[!A-Za-z0-9.+_-]* | '') die "'$package' is no package name" ;; esac

mkdir -p "$cache/$suite" || die "$cache: cannot be made; set KALLMOD_CACHE"
cache=$(cd "$cache" && pwd)
[ "$arch" = amd64 ] || cache=$cache/$arch
mkdir -p "$cache/$suite"
apt=$cache/$suite/apt
link=$cache/$suite/$package.dir
exec 9>"$cache/$suite/lock"
flock 9

if [ -n "$refresh" ] || [ ! -e "$link/packages" ]; then
	set_up_apt
	packages=$(closure "$package")
	# The meta package holds no files; the real one names the directory.
	target=$cache/$suite/$(printf '%s\n' "$packages" | real_packages | head -n 1 | tr '=:' '__')
	[ "$target" != "$cache/$suite/" ] || die "$package of $suite is not a kernel"
	[ -e "$target/packages" ] || extract
	ln -sfn "$(basename "$target")" "$link"
fi
target=$(cd -P "$link" && pwd)
[ -z "$with_vmlinux" ] || [ -e "$target/vmlinux" ] || vmlinux
echo "$target"
