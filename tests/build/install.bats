#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What others build on: make install, the library with its pkg-config file, make help.

bats_require_minimum_version 1.5.0

setup_file() {
	unset KALLMOD_SIGNATURES
	export DEST="$BATS_FILE_TMPDIR/root"
	# Into a build of its own: another prefix means other flags, so all is compiled again.
	export MADE="$BATS_FILE_TMPDIR/build"
	make -C "$KALLMOD_TOP" -j2 OUTPUT="$MADE" prefix=/usr DESTDIR="$DEST" install
}

# One program per linkage: what it prints comes out of the library.
program() {
	cat >"$BATS_TEST_TMPDIR/user.c" <<-'END'
		#include <kallmod.h>
		int main(void)
		{
			struct kallmod_ctx *ctx;

			if (kallmod_ctx_create(&ctx))
				return 1;
			puts(kallmod_ctx_release(ctx));
			kallmod_ctx_destroy(ctx);
			return 0;
		}
	END
	export PKG_CONFIG_SYSROOT_DIR="$DEST" PKG_CONFIG_PATH="$DEST/usr/lib/pkgconfig"
}

@test "install puts everything where it belongs" {
	cd "$DEST/usr"
	[ -x bin/kallmod ]
	[ "$(readlink bin/kmodtop)" = kallmod ]
	[ -f lib/libkallmod.a ]
	[ -f lib/libkallmod.so.0 ]
	[ -f include/kallmod.h ]
	[ -f include/kallmod/kallmod.bpf.h ]
	[ -f lib/pkgconfig/kallmod.pc ]
	[ -n "$(ls share/kallmod/signatures/*.sig)" ]
	[ -n "$(ls share/kallmod/signatures/*.thick.xz)" ]
	[ -f share/man/man1/kallmod.1 ]
	[ -f share/man/man1/kmodtop.1 ]
	[ -f share/bash-completion/completions/kallmod ]
}

@test "installed programs run" {
	run -0 "$DEST/usr/bin/kallmod" --version
	[[ $output == *0.1* ]]
	run -0 "$DEST/usr/bin/kmodtop" --version
}

@test "a program builds with pkg-config and the shared library" {
	program
	# shellcheck disable=SC2046
	gcc -Wall -Werror "$BATS_TEST_TMPDIR/user.c" -o "$BATS_TEST_TMPDIR/user" \
		$(pkg-config --cflags --libs kallmod)
	LD_LIBRARY_PATH="$DEST/usr/lib" run -0 "$BATS_TEST_TMPDIR/user"
	[ "$output" = "$(uname -r)" ]
	readelf -d "$BATS_TEST_TMPDIR/user" | grep -q 'libkallmod\.so\.0'
}

@test "a program builds with the static library" {
	program
	gcc -Wall -Werror -I"$DEST/usr/include" "$BATS_TEST_TMPDIR/user.c" \
		-o "$BATS_TEST_TMPDIR/user" "$DEST/usr/lib/libkallmod.a" \
		-lbpf -ldw -lelf -ljson-c -llz4 -llzma -lzstd -lz -lm
	run -0 "$BATS_TEST_TMPDIR/user"
	[ "$output" = "$(uname -r)" ]
}

@test "the shared library shows what kallmod.h declares and nothing else" {
	nm -D --defined-only "$DEST/usr/lib/libkallmod.so.0" | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' |
		sort >"$BATS_TEST_TMPDIR/shown"
	grep -oE '\bkallmod_[a-z_]+\(' "$DEST/usr/include/kallmod.h" | tr -d '(' | sort -u |
		diff - "$BATS_TEST_TMPDIR/shown"
}

@test "a BPF program builds with the installed kallmod.bpf.h" {
	cat >"$BATS_TEST_TMPDIR/user.bpf.c" <<-'END'
		#include <stdbool.h>
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>
		#include <kallmod.bpf.h>
		SEC("perf_event")
		int on_sample(void *ctx)
		{
			return kallmod_lookup((__u64)(unsigned long)ctx);
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	clang -O2 -g -target bpf -mcpu=v2 -Wall -Werror -I"$DEST/usr/include/kallmod" \
		-I"/usr/include/$(gcc -print-multiarch)" \
		-c "$BATS_TEST_TMPDIR/user.bpf.c" -o "$BATS_TEST_TMPDIR/user.bpf.o"
}

@test "the example builds with what is installed" {
	program
	run -0 make -C "$KALLMOD_TOP/docs/example" OUTPUT="$BATS_TEST_TMPDIR" CFLAGS="-Wall -Wextra -Werror"
	run -2 env LD_LIBRARY_PATH="$DEST/usr/lib" "$BATS_TEST_TMPDIR/modcalls"
}

# In a virtual machine of its own: this one may have no kprobes.
@test "the example traces a module" {
	program
	mkdir -p "$BATS_TEST_TMPDIR/tests/vm"
	cp "$DEST/usr/bin/kallmod" "$BATS_TEST_TMPDIR"
	run -0 make -C "$KALLMOD_TOP/docs/example" OUTPUT="$BATS_TEST_TMPDIR/tests/vm" \
		LIBS="$(pkg-config --static --libs kallmod | sed 's/-lkallmod/-l:libkallmod.a/')"
	for kernel in ranges 6.12; do
		KALLMOD_BUILD="$BATS_TEST_TMPDIR" run "$KALLMOD_TOP/tests/vm/run-vm" "$kernel" example
		echo "$output"
		[[ $output == *"# skip"* ]] || break
	done
	[[ $output != *"# skip"* ]] || skip "${output##*# skip }"
	[ "$status" -eq 0 ]
}

@test "uninstall leaves nothing" {
	make -C "$KALLMOD_TOP" OUTPUT="$MADE" prefix=/usr DESTDIR="$DEST" uninstall
	[ -z "$(find "$DEST" ! -type d)" ]
}

@test "help names the two commands of the README" {
	run -0 make -s -C "$KALLMOD_TOP" help
	[[ $output == *demo* && $output == *test* && $output == *SANITIZE* ]]
}
