# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A small "kernel" that the compiler makes here: three objects of ext4, one that two modules
# share, one of a module that is not built in, and two of the kernel proper.

# shellcheck disable=SC2034 # for those who load this
RELEASE=6.12.0-tiny

# object FILE FUNCTION…: a source file with these functions, compiled.
object() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	for function in "$@"; do
		echo "${ATTRIBUTE:-} int $function(int x); int $function(int x) { return x * ${#function}; }"
	done >"$file"
	${CC:-gcc} -g -O1 -fno-pie -ffreestanding -fno-asynchronous-unwind-tables \
		-c "$file" -o "${file%.c}.o"
}

# link_kernel OUTPUT [LINE…]: with LINEs in the linker script behind the text, and LD_OPTIONS.
link_kernel() {
	local output=$1
	shift
	{
		cat <<-END
			SECTIONS {
				. = 0xffffffff81000000;
				.text : { _text = .; _stext = .; *(.text) _etext = .; }
		END
		printf '%s\n' "$@"
		cat <<-END
				.init.text : { _sinittext = .; *(.init.text) _einittext = .; }
				/DISCARD/ : { *(.note.GNU-stack) }
			}
		END
	} >"$output.lds"
	# shellcheck disable=SC2086 # several options, or none
	ld --build-id ${LD_OPTIONS:-} -T "$output.lds" -o "$output" init/main.o fs/ext4/inode.o fs/ext4/super.o \
		fs/ext4/init.o kernel/fork.o drivers/net/shared.o drivers/net/off.o
}

# In the current directory: the objects and vmlinux.
make_kernel() {
	object init/main.c start_kernel rest_init
	object fs/ext4/inode.c ext4_iget ext4_evict_inode
	object fs/ext4/super.c ext4_fill_super ext4_put_super
	ATTRIBUTE='__attribute__((section(".init.text")))' object fs/ext4/init.c ext4_init_fs
	object kernel/fork.c copy_process
	object drivers/net/shared.c lio_setup
	object drivers/net/off.c not_built_in
	link_kernel vmlinux
}

# modules_of ARGUMENT…: each function of "kallmod syms ARGUMENT…" and its modules.
modules_of() {
	"$KALLMOD" syms "$@" | awk '$2 ~ /[tT]/ && $3 !~ /text$/ { print $3, $4, $5 }' |
		sed 's/ *$//' | sort
}

# What modules_of should find.
true_modules() {
	cat <<-END
		copy_process
		ext4_evict_inode [ext4]
		ext4_fill_super [ext4]
		ext4_iget [ext4]
		ext4_init_fs [ext4]
		ext4_put_super [ext4]
		lio_setup [lio] [lio_vf]
		not_built_in
		rest_init
		start_kernel
	END
}
