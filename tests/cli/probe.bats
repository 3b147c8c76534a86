# SPDX-License-Identifier: GPL-2.0-only
# kallmod probe --list: what specs name, and what can probe it, on a made-up machine.

bats_require_minimum_version 1.5.0
load lib

# list ARGUMENT…: function, module and mechanism of each line.
list() {
	"$KALLMOD" probe --list --root "$root" --signatures "$root" "$@" |
		awk -F'\t' '{ print $2, $3, $5 }'
}

# symbols LINE…: more symbols of the machine.
symbols() {
	printf '%s\n' "$@" >>"$root/proc/kallsyms"
}

# A machine that says what it can do: kprobe.multi and kprobes, and ftrace's list of addresses.
make_live() {
	copy_machine
	symbols 'ffffffff9a002100 T register_kprobe' 'ffffffff9a002110 T perf_kprobe_init'
	[ "${1:-}" = no-multi ] ||
		symbols 'ffffffff9a002120 T register_fprobe_ips' \
			'ffffffff9a002130 T bpf_kprobe_multi_link_attach'
	mkdir -p "$root/sys/kernel/tracing" "$root/sys/kernel/debug/kprobes"
	cat >"$root/sys/kernel/tracing/available_filter_functions_addrs" <<-END
		ffffffff9a001014 ext4_sync_file
		ffffffff9a001200 helper
		ffffffff9a001854 __ftrace_invalid_address___84
		ffffffff9a001c00 liquidio_vf_probe
		ffffffff9a002004 vfs_read
		ffffffff9a003000 octeon_droq
		ffffffffc0100004 veth_xmit [veth]
		ffffffffc0200000 nft_do_chain [nf_tables]
	END
}

# names_only: the list as older kernels have it.
names_only() {
	cut -d' ' -f2- "$root/sys/kernel/tracing/available_filter_functions_addrs" \
		>"$root/sys/kernel/tracing/available_filter_functions"
	rm "$root/sys/kernel/tracing/available_filter_functions_addrs"
}

@test "a list offline, as text and JSON" {
	golden probe-list.txt "$KALLMOD" probe --list "${machine[@]}" '*:*'
	golden probe-list.json "$KALLMOD" probe --list "${machine[@]}" --json 'liquidio:' ext4:helper
	golden probe-list.json "$KALLMOD" probe --list "${machine[@]}" --format json 'liquidio:' ext4:helper
}

@test "every line has five columns" {
	run -0 "$KALLMOD" probe --list "${machine[@]}" '*:*' bpf: ftrace:
	awk -F'\t' 'NF != 5 || $1 !~ /^[0-9a-f]{16}$/ { exit 1 }' <<<"$output"
	[ "$(wc -l <<<"$output")" -ge 20 ]
	sort -c <<<"$output"
	run -1 grep -E '__pfx_|_text_start|_etext|ext4_attrs|veth_ops' <<<"$output"
}

@test "names at one address: the one that is asked for" {
	copy_machine
	symbols 'ffffffff9a002000 T __vfs_read' 'ffffffff9a002000 t .Lvfs'
	[ "$(list core:__vfs_read)" = "__vfs_read core unknown" ]
	[ "$(list 'core:*vfs_read')" = "vfs_read core unknown" ]
}

@test "sets, the core, and what is left out" {
	root=tests/fixtures/machine
	[ "$(list liquidio-vf: | cut -d' ' -f1 | xargs)" = "octeon_setup liquidio_vf_probe octeon_droq" ]
	[ "$(list 'liquidio:' -x '*:/^octeon/' | xargs)" = "liquidio_probe liquidio unknown" ]
	[ "$(list helper -x core: | xargs)" = "helper ext4 unknown" ]
	[ "$(list 'core:do_*' | cut -d' ' -f1 | xargs)" = "do_one_initcall do_early_param" ]
	[ "$(list '/^(veth|nf_.*)$/:/_(xmit|chain)$/' | cut -d' ' -f1 | xargs)" = "veth_xmit nft_do_chain" ]
}

@test "what ftrace lists is for kprobe.multi, loadable modules get kprobes" {
	make_live
	diff -u - <(list ext4: liquidio: liquidio_vf: vfs_read helper veth:) <<-END
		ext4_sync_file ext4 multi
		helper ext4 multi
		liquidio_probe liquidio no: ftrace does not have it: inline or notrace, or not C
		octeon_setup liquidio_vf,liquidio no: the remains of a weak function that another replaces
		liquidio_vf_probe liquidio_vf multi
		vfs_read core multi
		helper core no: ftrace does not have it: inline or notrace, or not C
		octeon_droq liquidio_vf,liquidio multi
		ext4_sync_file.cold ext4 no: the cold part of a function, which nothing calls
		ext4_init_fs ext4 no: ftrace does not have it: inline or notrace, or not C
		veth_xmit veth kprobe
		veth_poll veth no: ftrace does not have it: inline or notrace, or not C
	END
	[ "$(list --mechanism multi veth:veth_xmit)" = "veth_xmit veth multi" ]
	[ "$(list --mechanism kprobe vfs_read)" = "vfs_read core kprobe" ]
	[[ $(list --mechanism fentry vfs_read) == "vfs_read core no: this kernel has no BPF trampolines"* ]]
	[ "$(list bpf:)" = "bpf_prog_6deef7357e7b4530_sd_fw_egress bpf no: code that the kernel made at run time" ]
}

@test "without addresses, a name that is there twice is tried by a kprobe" {
	make_live
	names_only
	[ "$(list vfs_read)" = "vfs_read core multi" ]
	[ "$(list ext4:helper)" = "helper ext4 kprobe" ]
	[ "$(list core:helper)" = "helper core kprobe" ]
	[[ $(list core:startup_64) == *"no: ftrace does not have it"* ]]
	echo helper >>"$root/sys/kernel/tracing/available_filter_functions"
	[ "$(list ext4:helper)" = "helper ext4 multi" ]
}

@test "without kprobe.multi there are kprobes, but where they are forbidden" {
	make_live no-multi
	[ "$(list vfs_read)" = "vfs_read core kprobe" ]
	[[ $(list --mechanism multi vfs_read) == "vfs_read core no: this kernel has no kprobe.multi"* ]]
	printf '0xffffffff9a002000-0xffffffff9a002400\tvfs_read\n' \
		>"$root/sys/kernel/debug/kprobes/blacklist"
	[ "$(list vfs_read)" = "vfs_read core no: blacklisted for kprobes" ]
	[ "$(list ext4:helper)" = "helper ext4 kprobe" ]
	# Without debugfs the sections say it.
	rm -r "$root/sys/kernel/debug"
	[ "$(list vfs_read)" = "vfs_read core kprobe" ]
	symbols 'ffffffff9a001f00 T __noinstr_text_start' 'ffffffff9a002080 T __noinstr_text_end'
	[ "$(list vfs_read)" = "vfs_read core no: blacklisted for kprobes" ]
}

@test "a kernel without kprobes, and one in lockdown" {
	make_live
	sed -i '/kprobe/d' "$root/proc/kallsyms"
	[ "$(list vfs_read)" = "vfs_read core no: this kernel has no kprobes (CONFIG_KPROBE_EVENTS)" ]
	make_live
	mkdir -p "$root/sys/kernel/security"
	echo 'none integrity [confidentiality]' >"$root/sys/kernel/security/lockdown"
	[ "$(list vfs_read)" = "vfs_read core no: lockdown (confidentiality) forbids it" ]
}

@test "lists for other tools" {
	make_live
	for format in bpftrace ftrace trace-cmd perf retsnoop; do
		echo "== $format"
		"$KALLMOD" probe --list --root "$root" --signatures "$root" --format "$format" \
			'ext4:*' 'liquidio_vf:*' 2>&1
	done >"$BATS_TEST_TMPDIR/lists"
	diff -u - "$BATS_TEST_TMPDIR/lists" <<-END
		== bpftrace
		kprobe:ext4_sync_file,
		kprobe:liquidio_vf_probe,
		kprobe:octeon_droq
		kallmod probe: 4 of 7 functions left out: they cannot be probed, or have a name that is another function's, too
		== ftrace
		ext4_sync_file
		helper
		liquidio_vf_probe
		octeon_droq
		kallmod probe: 3 of 7 functions left out: they cannot be traced, or have a name that is another function's, too
		== trace-cmd
		-l ext4_sync_file
		-l liquidio_vf_probe
		-l octeon_droq
		kallmod probe: 4 of 7 functions left out: they cannot be probed, or have a name that is another function's, too
		== perf
		--add=ext4_sync_file
		--add=helper_ffffffff9a001200=0xffffffff9a001200
		--add=liquidio_vf_probe
		--add=octeon_droq
		kallmod probe: 3 of 7 functions left out: no kprobe can be in them
		== retsnoop
		ext4_sync_file
		liquidio_vf_probe
		octeon_droq
		kallmod probe: 4 of 7 functions left out: they cannot be probed, or have a name that is another function's, too
	END
}

@test "ftrace's list tells namesakes apart by their lines" {
	make_live
	echo 'ffffffff9a002400 helper' >>"$root/sys/kernel/tracing/available_filter_functions_addrs"
	run -0 "$KALLMOD" probe --list --root "$root" --signatures "$root" --format ftrace '*:helper'
	[ "$output" = "$(printf '2\n9')" ]
}

@test "specs that match nothing say what is near" {
	refused 1 "ext5:*: no such module; nearest: ext4" "$KALLMOD" probe --list "${machine[@]}" 'ext5:*'
	refused 1 "no such module; 'kallmod modules' lists them" "$KALLMOD" probe --list "${machine[@]}" 'qwertyuiop:*'
	refused 1 "ext4:helpr: no such function in it; nearest: helper" "$KALLMOD" probe --list "${machine[@]}" ext4:helpr
	refused 1 "write 'core:vfs_read'" "$KALLMOD" probe --list "${machine[@]}" ext4:vfs_read
	refused 1 "write 'ext4:*' for its functions" "$KALLMOD" probe --list "${machine[@]}" ext4
	refused 1 "vfs_raed: no such function; nearest: vfs_read" "$KALLMOD" probe --list "${machine[@]}" vfs_read vfs_raed
	refused 1 "none is left; exclude less" "$KALLMOD" probe --list "${machine[@]}" ext4: -x '*:'
}

@test "bad specs are refused by their place" {
	refused 1 "ext4:/a(b/: at character 7: Unmatched (" "$KALLMOD" probe --list "${machine[@]}" 'ext4:/a(b/'
	refused 1 "at character 6: '[' is not closed" "$KALLMOD" probe --list "${machine[@]}" 'ext4:[a'
	refused 1 "its repetitions are more" "$KALLMOD" probe --list "${machine[@]}" '/(((a{255}){255}){255}){255}/'
	refused 1 "empty spec" "$KALLMOD" probe --list "${machine[@]}" ''
	refused 1 "longer than 512 bytes" "$KALLMOD" probe --list "${machine[@]}" "$(printf '%600s' '' | tr ' ' a)"
	refused 1 "[: at character 1" "$KALLMOD" probe --list "${machine[@]}" ext4: -x '['
}

@test "symbols with odd characters are found, and are one line each" {
	copy_machine
	symbols 'ffffffff9a002140 t a:b' 'ffffffff9a002150 t star*' 'ffffffff9a002160 t back\slash' \
		'ffffffff9a002170 t _RNvCs[x]' 'ffffffff9a002180 t $x.7' 'ffffffff9a002190 t foo$bar'
	[ "$(list 'core:a:b')" = "a:b core unknown" ]
	[ "$(list 'a\:b')" = "a:b core unknown" ]
	[ "$(list 'core:star\*')" = "star* core unknown" ]
	[ "$(list 'core:back\\slash')" = 'back\slash core unknown' ]
	[ "$(list 'core:_RNvCs\[x]')" = '_RNvCs[x] core unknown' ]
	[ "$(list 'core:*[$]*')" = 'foo$bar core unknown' ]
}

@test "a limit is kept, and does not hold back a list by itself" {
	copy_machine
	awk 'BEGIN { for (i = 0; i < 30000; i++) printf "ffffffff9a%06x t many_%d\n", 8192 + i % 1024 * 4 + 16 * int(i / 1024), i }' \
		>>"$root/proc/kallsyms"
	run -0 list 'core:many_*'
	[ "$(wc -l <<<"$output")" -gt 1000 ]
	refused 1 "more than the limit of 100; name fewer" \
		"$KALLMOD" probe --list --root "$root" --signatures "$root" --limit 100 'core:many_*'
}

@test "a million functions are too many to attach to, and are refused soon" {
	copy_machine
	{
		cat "$root/proc/kallsyms"
		awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "ffffffff%08x t many_%d\n", 2600000000 + i * 16, i }'
		echo 'ffffffffaaaaaaaa T _end'
	} >"$BATS_TEST_TMPDIR/kallsyms"
	sed -i 's/^ffffffff9a004000 T _etext/ffffffffa0000000 T _etext/' "$BATS_TEST_TMPDIR/kallsyms"
	run timeout 60 "$KALLMOD" probe --list --root "$root" --signatures "$root" \
		--kallsyms "$BATS_TEST_TMPDIR/kallsyms" --limit 20000 'core:*'
	[ "$status" -eq 1 ]
	[[ $output == *"functions: more than the limit of 20000; name fewer"* ]]
}

@test "broken lists of the kernel are errors that name them" {
	make_live
	addrs=$root/sys/kernel/tracing/available_filter_functions_addrs
	echo 'zzz vfs_read' >"$addrs"
	refused 1 "available_filter_functions_addrs: line 1: no address" \
		"$KALLMOD" probe --list --root "$root" --signatures "$root" vfs_read
	printf 'ffffffff9a002000 vfs_re' >"$addrs"
	refused 1 "$addrs" "$KALLMOD" probe --list --root "$root" --signatures "$root" vfs_read
	: >"$addrs"
	[ "$(list vfs_read)" = "vfs_read core unknown" ]
	make_live
	echo garbage >"$root/sys/kernel/debug/kprobes/blacklist"
	refused 1 "kprobes/blacklist: line 1: no range" \
		"$KALLMOD" probe --list --root "$root" --signatures "$root" vfs_read
}

@test "wrong usage" {
	run -2 "$KALLMOD" probe --list "${machine[@]}"
	[[ $output == *"a spec is wanted"* ]]
	run -2 "$KALLMOD" probe --list "${machine[@]}" --format yaml ext4:
	[[ $output == *"one of text, json, bpftrace, ftrace, trace-cmd, perf, retsnoop is wanted"* ]]
	run -2 "$KALLMOD" probe --list "${machine[@]}" --mechanism magic ext4:
	[[ $output == *"one of best, multi, kprobe, fentry is wanted"* ]]
	run -2 "$KALLMOD" probe "${machine[@]}" --format perf ext4:
	[[ $output == *"--format is for --list"* ]]
	refused 1 "can be listed (--list) and not probed" "$KALLMOD" probe "${machine[@]}" ext4:
}

@test "a full disk is an error" {
	run -1 bash -c '"$KALLMOD" probe --list --root tests/fixtures/machine --signatures tests/fixtures/machine "*:*" >/dev/full'
	[[ $output == *"No space left"* ]]
}
