#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Sampling the running kernel. What this machine cannot do is skipped by name.

bats_require_minimum_version 1.5.0

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ -e /proc/sys/kernel/perf_event_paranoid ] || skip "this kernel has no perf events"
	cd "$KALLMOD_TOP" || return
}

load_for() {
	tests/load.sh "$1" "$BATS_TEST_TMPDIR" 3>&- &
	LOAD=$!
}

# Waits for the load alone: bats has a job of its own, which sleeps until the test's time is up.
stop_load() {
	kill "$LOAD" 2>/dev/null || true
	wait "$LOAD" || true
}

teardown() {
	[ -z "${LOAD:-}" ] || stop_load
	[ -z "${KPTR_RESTRICT:-}" ] || echo "$KPTR_RESTRICT" >/proc/sys/kernel/kptr_restrict
	! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
}

number() {
	jq "first(.. | objects | select(has(\"$2\")) | .$2)" "$1"
}

@test "kmodtop --once --json: samples add up, nothing is lost, every CPU is sampled" {
	load_for 8
	"$KMODTOP" --once --json -F 999 -d 4 >"$BATS_TEST_TMPDIR/top.json"
	cat "$BATS_TEST_TMPDIR/top.json"
	samples=$(number "$BATS_TEST_TMPDIR/top.json" samples)
	expected=$(number "$BATS_TEST_TMPDIR/top.json" expected)
	kernel=$(number "$BATS_TEST_TMPDIR/top.json" kernel)
	user=$(number "$BATS_TEST_TMPDIR/top.json" user)
	idle=$(number "$BATS_TEST_TMPDIR/top.json" idle)
	[ "$samples" -eq $((kernel + user + idle)) ]
	[ "$(number "$BATS_TEST_TMPDIR/top.json" lost)" -eq 0 ]
	# Half a per cent is the rule; a shared machine takes CPUs away for longer.
	[ "$samples" -ge $((expected * 90 / 100)) ]
	[ "$samples" -le $((expected * 102 / 100)) ]
	[ "$kernel" -gt 100 ]
}

@test "charged samples sum to the kernel's samples that are not idle" {
	load_for 6
	"$KMODTOP" --once --json -F 999 -d 3 >"$BATS_TEST_TMPDIR/top.json"
	kernel=$(number "$BATS_TEST_TMPDIR/top.json" kernel)
	charged=$(jq '[.modules[].charged] | add' "$BATS_TEST_TMPDIR/top.json")
	self=$(jq '[.modules[].self] | add' "$BATS_TEST_TMPDIR/top.json")
	echo "kernel $kernel, charged $charged, self $self"
	[ "$charged" -eq "$kernel" ]
	[ "$self" -eq "$kernel" ]
}

@test "a batch has as many screens as -n says" {
	run -0 "$KMODTOP" --batch -n 2 -d 0.5
	[ "$(grep -c 'MODULE' <<<"$output")" -eq 2 ]
	run ! grep -q $'\033' <<<"$output"
}

@test "user and kernel space agree at every boundary, and on random maps" {
	run -0 "$KALLMOD" bench --check --random-maps 20
	echo "$output"
}

@test "at most 100,000 verified instructions" {
	"$KALLMOD" bench --json --rounds 1 >"$BATS_TEST_TMPDIR/bench.json"
	verified=$(number "$BATS_TEST_TMPDIR/bench.json" verified_insns)
	[ "${verified:-0}" -gt 0 ] || skip "this kernel does not count verified instructions"
	echo "$verified"
	[ "$verified" -le 100000 ]
}

@test "without privilege: one line that says what to do" {
	command -v setpriv >/dev/null || skip "needs setpriv"
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp "$KALLMOD" "$BATS_TEST_TMPDIR/copy/kmodtop"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/copy"
	chmod 755 "$BATS_SUITE_TMPDIR"
	run -1 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$BATS_TEST_TMPDIR/copy/kmodtop" --once -d 0.2
	echo "$stderr"
	[ -z "$output" ]
	[ "$(grep -c . <<<"$stderr")" -eq 1 ]
	[[ $stderr == *root* || $stderr == *CAP_* ]]
}

@test "root without CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN: one line that names them" {
	command -v setpriv >/dev/null || skip "needs setpriv"
	run -1 --separate-stderr setpriv --bounding-set -bpf,-perfmon,-sys_admin \
		--inh-caps -all "$KMODTOP" --once -d 0.2
	echo "$stderr"
	[[ $stderr == *CAP_* || $stderr == *root* ]]
}

@test "a kernel without perf events, or without BPF: one line that says so" {
	for name in perf_event_open bpf; do
		for command in "$KMODTOP --once" "$KALLMOD record -d 1 -o -"; do
			# shellcheck disable=SC2086
			run --separate-stderr "$KALLMOD_BUILD/tests/root/deny" $name $command
			echo "$name, $command: $status, $stderr"
			[ "$status" -eq 1 ]
			[ -z "$output" ]
			[ "${#stderr_lines[@]}" -eq 1 ]
			[[ "$stderr" = *"sampling is not possible on it" ]]
		done
	done
}

@test "kptr_restrict=2: one line that says so" {
	file=/proc/sys/kernel/kptr_restrict
	KPTR_RESTRICT=$(cat $file)
	echo 2 2>/dev/null >$file || skip "kptr_restrict cannot be set here"
	KALLMOD_NO_CACHE=1 run -1 --separate-stderr "$KMODTOP" --once -d 0.2
	echo "$stderr"
	[[ $stderr == *kptr_restrict* ]]
}

@test "an unknown event and a CPU that is not there are refused" {
	run -1 "$KMODTOP" --once -d 0.2 -e nonsense
	[[ $output == *nonsense* ]]
	run -1 "$KMODTOP" --once -d 0.2 -C 4000
	[[ $output == *4000* ]]
	run -1 "$KMODTOP" --once -d 0.2 -C x
	[[ $output == *x* ]]
}

@test "a full disk while recording: an error, and nothing is left" {
	disk=$BATS_TEST_TMPDIR/disk
	mkdir "$disk"
	mount -t tmpfs -o size=64k none "$disk" || skip "cannot mount a tmpfs"
	load_dir=$(mktemp -d)
	tests/load.sh 5 "$load_dir" 3>&- &
	LOAD=$!
	run -1 --separate-stderr "$KALLMOD" record -g -F 999 -d 4 -o "$disk/out.jsonl"
	left=$(ls -A "$disk")
	umount "$disk"
	stop_load
	rmdir "$load_dir" || true
	echo "$stderr"
	[[ $stderr == *out.jsonl* ]]
	[ -z "$left" ]
}

@test "SIGINT ends a recording properly" {
	"$KALLMOD" record -F 99 -d 60 -o "$BATS_TEST_TMPDIR/out.jsonl" 3>&- &
	pid=$!
	sleep 2
	# Background jobs of a script ignore SIGINT unless the program sets it up itself.
	kill -INT $pid
	wait $pid
	LOAD=
	tail -n 1 "$BATS_TEST_TMPDIR/out.jsonl" | grep -q '"samples"'
}

@test "kmodtop's own cost: at most 64 MiB, at most 1 % of a CPU at 99 Hz" {
	[[ $KALLMOD != */sanitize/* ]] || skip "not with sanitizers"
	run -0 tests/bench/cost.sh "$KALLMOD_BUILD" 10
	echo "$output"
	[ "$(awk '{ print ($2 <= 1.0 && $7 <= 64) }' <<<"$output")" -eq 1 ]
}

@test "start: 1 s at most with inference, 150 ms from the cache and with ranges" {
	[[ $KALLMOD != */sanitize/* ]] || skip "not with sanitizers"
	run -0 tests/bench/start.sh "$KALLMOD_BUILD" 7
	echo "$output"
	# The fastest run: others on this machine can only make it slower.
	[ "$(awk '$2 <= ($1 == "inferred" ? 1000 : 150)' <<<"$output" | wc -l)" -eq 3 ]
}
