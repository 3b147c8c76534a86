#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The dwarf source, on a small kernel.

bats_require_minimum_version 1.5.0
load lib
load tiny

setup_file() {
	cd "$KALLMOD_TOP" || return
	export TINY=$BATS_FILE_TMPDIR/tiny
	mkdir "$TINY" && cd "$TINY"
	make_kernel
	mkdir -p root/boot root/usr/lib/debug/boot "root/lib/modules/$RELEASE" \
		root/proc/sys/kernel root/sys/kernel
	nm vmlinux | LC_ALL=C sort >"root/boot/System.map-$RELEASE"
	cp vmlinux "root/usr/lib/debug/boot/vmlinux-$RELEASE"
	cat >"root/lib/modules/$RELEASE/modules_thick.builtin" <<-END
		drivers/net/lio.o: drivers/net/shared.o
		drivers/net/lio-vf.o: drivers/net/shared.o
		drivers/net/off.o:
		fs/ext4/ext4.o: fs/ext4/inode.o fs/ext4/super.o fs/ext4/init.o
	END
	printf 'kernel/%s.ko\n' fs/ext4/ext4 drivers/net/lio drivers/net/lio-vf \
		>"root/lib/modules/$RELEASE/modules.builtin"
}

setup() {
	cd "$KALLMOD_TOP" || return
	root=$BATS_TEST_TMPDIR/root
	cp -r "$TINY/root" "$root"
	tiny=(--root "$root" --release "$RELEASE" --signatures "$BATS_TEST_TMPDIR")
}

@test "every function is in the modules of its object" {
	diff -u <(true_modules) <(modules_of --source dwarf "${tiny[@]}")
}

@test "objects of a module are one range, padding between them included; trust derived" {
	"$KALLMOD" map "${tiny[@]}" >"$BATS_TEST_TMPDIR/map"
	cat "$BATS_TEST_TMPDIR/map"
	[ "$(grep -c 'ext4	dwarf	derived$' "$BATS_TEST_TMPDIR/map")" -eq 2 ] # .text and .init.text
	[ "$(grep -c 'lio,lio_vf	dwarf	derived$' "$BATS_TEST_TMPDIR/map")" -eq 1 ]
}

@test "the room in front of a function is of its module, too" {
	map=$root/boot/System.map-$RELEASE
	start=$(printf '%x' $((0x$(awk '$3 == "ext4_iget" { print $1 }' "$map") - 1)))
	echo "$start t __pfx_ext4_iget" >>"$map"
	LC_ALL=C sort -o "$map" "$map"
	"$KALLMOD" map "${tiny[@]}" | grep "^$start-[0-9a-f]*	ext4	dwarf	derived$"
}

@test "the head of a function, which debug information may leave out, is of its module, too" {
	map=$root/boot/System.map-$RELEASE
	start=$(printf '%x' $((0x$(awk '$3 == "ext4_iget" { print $1 }' "$map") - 1)))
	sed -i "s/^[0-9a-f]* \(. ext4_iget\)$/$start \1/" "$map"
	"$KALLMOD" map "${tiny[@]}" | grep "^$start-[0-9a-f]*	ext4	dwarf	derived$"
}

@test "sources: it is used, and says with which files" {
	"$KALLMOD" sources --json "${tiny[@]}" | jq -e --arg root "$root" '
		.used == "dwarf" and any(.sources[]; .name == "dwarf" and .state == "used" and
			.trust == "derived" and .ranges == 3 and
			(.why | contains($root + "/usr/lib/debug/boot/vmlinux-")) and
			(.why | contains("modules_thick.builtin")))'
}

@test "without a modules.builtin every listed module counts" {
	rm "$root/lib/modules/$RELEASE/modules.builtin"
	modules_of "${tiny[@]}" | grep -qx 'not_built_in \[off\]'
}

@test "an image without debug information is passed over" {
	strip -g "$root/usr/lib/debug/boot/vmlinux-$RELEASE"
	"$KALLMOD" sources --json "${tiny[@]}" | jq -e 'any(.sources[]; .name == "dwarf" and
		.state == "absent" and (.why | contains("has no debug information")))'
	refused 1 "has no debug information" "$KALLMOD" map --source dwarf "${tiny[@]}"
}

@test "a list that is none is said, with its line" {
	echo nonsense >>"$root/lib/modules/$RELEASE/modules_thick.builtin"
	refused 1 "modules_thick.builtin: line 5: is not" "$KALLMOD" map --source dwarf "${tiny[@]}"
}

# The running kernel of a root has its build id in /sys/kernel/notes.
make_running() {
	cp "$root/boot/System.map-$RELEASE" "$root/proc/kallsyms"
	echo "$RELEASE" >"$root/proc/sys/kernel/osrelease"
	objcopy -O binary --only-section=.note.gnu.build-id "$TINY/vmlinux" "$root/sys/kernel/notes"
}

@test "debug information of another build is refused" {
	make_running
	modules_of --source dwarf "${tiny[@]}" | grep -qx 'ext4_iget \[ext4\]'
	printf '\125' | dd of="$root/sys/kernel/notes" bs=1 seek=20 conv=notrunc status=none
	refused 1 "is of another build of the kernel" "$KALLMOD" map --source dwarf "${tiny[@]}"
}

@test "another slide than that of the image is taken out" {
	make_running
	sed 's/^ffffffff81/ffffffff9a/' "$root/boot/System.map-$RELEASE" >"$root/proc/kallsyms"
	"$KALLMOD" map --source dwarf "${tiny[@]}" | grep -q '^ffffffff9a.*	ext4	dwarf'
	modules_of --source dwarf "${tiny[@]}" | grep -qx 'ext4_put_super \[ext4\]'
}

@test "found by its build id" {
	make_running
	id=$(readelf -n "$TINY/vmlinux" | sed -n 's/.*Build ID: //p')
	mkdir -p "$root/usr/lib/debug/.build-id/${id:0:2}"
	mv "$root/usr/lib/debug/boot/vmlinux-$RELEASE" \
		"$root/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
	modules_of --source dwarf "${tiny[@]}" | grep -qx 'lio_setup \[lio\] \[lio_vf\]'
}

@test "from a debuginfod server, when asked" {
	make_running
	mkdir "$BATS_TEST_TMPDIR/served"
	mv "$root/usr/lib/debug/boot/vmlinux-$RELEASE" "$BATS_TEST_TMPDIR/served/vmlinux"
	refused 1 "no vmlinux with debug information" "$KALLMOD" map --source dwarf "${tiny[@]}"
	DEBUGINFOD_URLS='' refused 1 "set DEBUGINFOD_URLS" \
		"$KALLMOD" map --source dwarf --debuginfod "${tiny[@]}"
	port=$((20000 + RANDOM % 20000))
	export HOME=$BATS_TEST_TMPDIR DEBUGINFOD_CACHE_PATH=$BATS_TEST_TMPDIR/cache
	export DEBUGINFOD_URLS=http://127.0.0.1:$port DEBUGINFOD_TIMEOUT=10
	debuginfod -p "$port" -d "$BATS_TEST_TMPDIR/sqlite" -F "$BATS_TEST_TMPDIR/served" \
		>"$BATS_TEST_TMPDIR/server" 2>&1 3>&- &
	server=$!
	for _ in $(seq 100); do
		rm -rf "$DEBUGINFOD_CACHE_PATH" # it remembers what was not there
		"$KALLMOD" map --source dwarf --debuginfod "${tiny[@]}" >"$BATS_TEST_TMPDIR/map" \
			2>"$BATS_TEST_TMPDIR/error" && break
		sleep 0.1
	done
	kill "$server"
	wait "$server" || true
	cat "$BATS_TEST_TMPDIR/error" "$BATS_TEST_TMPDIR/server"
	grep -q '	ext4	dwarf	derived$' "$BATS_TEST_TMPDIR/map"
}
