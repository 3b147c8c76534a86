#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# kallmod report on a recording that was made once, and kallmod record on this machine.

# Set by run, and by bats:
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

setup() {
	cd "$KALLMOD_TOP" || return
	load lib.bash
	recording=tests/fixtures/recording.jsonl
	dir=$BATS_TEST_TMPDIR/out
	mkdir "$dir"
}

# Skips what samples where this machine does not let us.
needs_sampling() {
	[ "$(id -u)" -eq 0 ] || skip "needs root (CAP_BPF and CAP_PERFMON)"
	[ -e /proc/sys/kernel/perf_event_paranoid ] || skip "this kernel has no perf events"
	# A capability that a container has taken away: 38 is CAP_PERFMON, 39 CAP_BPF.
	local effective
	effective=$((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
	[ $((effective >> 38 & 3)) -eq 3 ] || [ $((effective >> 21 & 1)) -eq 1 ] ||
		skip "needs CAP_BPF and CAP_PERFMON"
}

# The number after "KEY": in the last line of a recording.
footer() {
	tail -n 1 "$1" | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}

@test "report: text, JSON, sorted otherwise, few functions" {
	golden report.txt "$KALLMOD" report "$recording"
	golden report.json "$KALLMOD" report --json "$recording"
	golden report-total.txt "$KALLMOD" report --sort total -n 1 "$recording"
	golden report-name.txt "$KALLMOD" report --sort name -n 0 "$recording"
	golden report.txt "$KALLMOD" report - <"$recording"
}

@test "report: without stacks there is SELF alone" {
	sed 's/,"stack":\[.*\]}$/}/' "$recording" >"$dir/flat"
	golden report-self.txt "$KALLMOD" report -n 2 "$dir/flat"
}

@test "report: a torn end is told, and the rest is used" {
	head -c -40 "$recording" >"$dir/torn"
	run -0 --separate-stderr "$KALLMOD" report "$dir/torn"
	echo "$stderr"
	[[ $output == *MODULE* ]]
	[[ $stderr == *"torn: 1 lines could not be read; the last one is torn"* ]]
	[[ $stderr == *"has no end"* ]]
	run -0 --separate-stderr "$KALLMOD" report --json "$dir/torn"
	[[ $output == *'"unreadable":1'* ]]
	[[ $output == *'"whole":false'* ]]
}

@test "report: two recordings, one behind the other, are added" {
	cat "$recording" "$recording" >"$dir/two"
	one=$("$KALLMOD" report --json "$recording" | sed -n 's/.*"samples":\([0-9]*\).*/\1/p')
	two=$("$KALLMOD" report --json "$dir/two" | sed -n 's/.*"samples":\([0-9]*\).*/\1/p')
	[ "$two" -eq $((2 * one)) ]
}

@test "report: what is no recording is refused" {
	: >"$dir/empty"
	echo garbage >"$dir/garbage"
	head -c 300000 /dev/urandom >"$dir/random"
	head -c 3000000 /dev/zero >"$dir/zero"
	echo 'dd;vfs_write_[k] 3' >"$dir/folded"
	sed -n 2p "$recording" >"$dir/headless"
	sed '1s/"format":1/"format":2/' "$recording" >"$dir/newer"
	{
		sed -n 1p "$recording"
		echo garbage
	} >"$dir/nothing"
	refused 1 "$dir/missing: not found" "$KALLMOD" report "$dir/missing"
	refused 1 "$dir: " "$KALLMOD" report "$dir"
	refused 1 "is empty" "$KALLMOD" report "$dir/empty"
	for file in garbage random zero folded headless; do
		refused 1 "$dir/$file: does not begin as a recording" "$KALLMOD" report "$dir/$file"
	done
	refused 1 "another format" "$KALLMOD" report "$dir/newer"
	refused 1 "nothing but its first line" "$KALLMOD" report "$dir/nothing"
	run -2 "$KALLMOD" report
	run -2 "$KALLMOD" report "$recording" "$recording"
	run -2 "$KALLMOD" report --sort odd "$recording"
	run -2 "$KALLMOD" report -n -1 "$recording"
}

@test "report: no escape sequence of a recording reaches the terminal" {
	sed 's/"xfs"/"\\u001b[2Jxfs"/g' "$recording" >"$dir/hostile"
	run "$KALLMOD" report "$dir/hostile"
	[[ $output == *"could not be read"* ]]
	[[ $output != *$'\033'* ]]
}

@test "report: a full disk and a closed pipe" {
	# shellcheck disable=SC2016
	run -1 --separate-stderr sh -c 'exec "$0" report "$1" >/dev/full' "$KALLMOD" "$recording"
	[[ $stderr == *"standard output: No space left on device"* ]]
}

@test "record: wrong usage" {
	run -2 "$KALLMOD" record -F 0
	run -2 "$KALLMOD" record -F 99x
	run -2 "$KALLMOD" record -F 99 -c 1000
	run -2 "$KALLMOD" record -d 0
	run -2 "$KALLMOD" record -d -1
	run -2 "$KALLMOD" record -d nan
	run -2 "$KALLMOD" record -p -1
	run -2 "$KALLMOD" record --format perf
}

@test "record: header, samples with their modules, footer" {
	needs_sampling
	"$KALLMOD" record -g -F 499 -o "$dir/a" -- sh -c 'find / -xdev >/dev/null 2>&1 &
		sleep 1.5; kill $!' 2>"$dir/errors"
	cat "$dir/errors"
	[[ $(head -n 1 "$dir/a") == '{"kallmod":"'*'"format":1'*'"stacks":true}' ]]
	samples=$(grep -c '"mode":"[a-z]*"' "$dir/a")
	[ "$samples" -eq $(($(wc -l <"$dir/a") - 2)) ]
	[ "$(grep -c '"mode":"kernel"' "$dir/a")" -eq \
		$(($(footer "$dir/a" kernel) - $(footer "$dir/a" lost))) ]
	[ "$(footer "$dir/a" samples)" -eq $(($(footer "$dir/a" kernel) + $(footer "$dir/a" user) + \
		$(footer "$dir/a" idle))) ]
	run ! grep '"mode":"idle"' "$dir/a"
	# Nearly every kernel sample has a function, and its stack begins with its own address.
	grep '"mode":"kernel"' "$dir/a" >"$dir/kernel"
	[ "$(grep -c '"ip":"[0-9a-f]*","symbol":"' "$dir/kernel")" -ge $(($(wc -l <"$dir/kernel") * 9 / 10)) ]
	[ "$(grep -cE '"ip":"([0-9a-f]+)",.*"stack":\[\{"ip":"\1"' "$dir/kernel")" -ge \
		$(($(wc -l <"$dir/kernel") * 9 / 10)) ]
	# The report has as many.
	"$KALLMOD" report --json "$dir/a" >"$dir/report"
	charged=$(awk -F: '/"module"/ { top = 1 } /"charged"/ && top { n += $2; top = 0 } END { print n }' \
		"$dir/report")
	[ "$charged" -eq "$(wc -l <"$dir/kernel")" ]
}

@test "record: folded stacks, root first, with a module in each frame" {
	needs_sampling
	"$KALLMOD" record -g -F 499 --format folded -o - -- \
		sh -c 'find /usr >/dev/null 2>&1' >"$dir/a"
	[ -s "$dir/a" ]
	run ! grep -vE '^[^; ]+(;[^; ]+_\[[a-zA-Z0-9_,]+\])+ [0-9]+$' "$dir/a"
	grep -qE '^[^;]+;(entry_SYSCALL_64|asm_|ret_from_fork|el0|el1|common_startup|secondary_startup)' "$dir/a"
}

@test "record: COMMAND: its status is told; one that cannot be run leaves nothing" {
	needs_sampling
	run -0 --separate-stderr "$KALLMOD" record -o "$dir/a" -- sh -c 'exit 3'
	echo "$stderr"
	[[ $stderr == *"sh ended with status 3"* ]]
	[ -s "$dir/a" ]
	rm "$dir/a"
	refused 1 "/nonexistent: No such file" "$KALLMOD" record -o "$dir/a" -- /nonexistent
	[ -z "$(ls -A "$dir")" ]
}

@test "record: -d ends a COMMAND that is not done" {
	needs_sampling
	started=$SECONDS
	run -0 --separate-stderr "$KALLMOD" record -d 0.5 -o "$dir/a" -- sleep 60
	echo "$stderr"
	[[ $stderr == *"sleep was ended by signal 15"* ]]
	[ $((SECONDS - started)) -lt 20 ]
}

@test "record: -p samples one process, and stops when it ends" {
	needs_sampling
	sh -c 'end=$(($(date +%s) + 2)); while [ "$(date +%s)" -lt $end ]; do :; done' 3>&- &
	"$KALLMOD" record -F 499 -p $! -o "$dir/a"
	# Only its own pid, and nothing of what it runs.
	[ "$(grep -o '"pid":[0-9]*' "$dir/a" | sort -u)" = "\"pid\":$!" ]
	refused 1 "process $!: " "$KALLMOD" record -p $! -o "$dir/b"
	[ "$(ls -A "$dir")" = a ]
}

@test "record: SIGTERM saves what there is; a file is replaced whole, and a link stays" {
	needs_sampling
	echo old >"$dir/real"
	ln -s real "$dir/link"
	"$KALLMOD" record -F 99 -d 60 -o "$dir/link" 2>"$dir/errors" 3>&- &
	pid=$!
	for _ in $(seq 100); do
		[ "$(find "$dir" -name 'real.*' | wc -l)" -eq 0 ] || break
		sleep 0.1
	done
	[ "$(cat "$dir/real")" = old ]
	sleep 1
	kill -TERM $pid
	wait $pid
	[ -L "$dir/link" ]
	[ -n "$(footer "$dir/real" samples)" ]
	[ "$(ls -A "$dir")" = "$(printf 'errors\nlink\nreal')" ]
	[ "$(stat -c %a "$dir/real")" = 600 ]
}

@test "record: places that cannot be written" {
	needs_sampling
	refused 1 "/dev/full: No space left on device" "$KALLMOD" record -d 0.5 -o /dev/full
	[ -c /dev/full ]
	refused 1 "cannot be written" "$KALLMOD" record -d 0.2 -o "$dir/missing/a"
	refused 1 "Is a directory" "$KALLMOD" record -d 0.2 -o "$dir"
	[ -z "$(ls -A "$dir")" ]
}

@test "record: a reader that goes away ends it with one line" {
	needs_sampling
	"$KALLMOD" record -g -F 999 -d 20 -o - 2>"$dir/errors" | head -n 1 >/dev/null
	status=${PIPESTATUS[0]}
	cat "$dir/errors"
	[ "$status" -eq 1 ] || [ "$status" -eq 0 ]
	[ "$(wc -l <"$dir/errors")" -eq 1 ]
}

@test "record: --idle keeps the samples of idle CPUs" {
	needs_sampling
	"$KALLMOD" record --idle -F 499 -d 1 -o "$dir/a"
	[ "$(grep -c '"mode":"idle"' "$dir/a")" -eq "$(footer "$dir/a" idle)" ]
}
