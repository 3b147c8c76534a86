# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The sampler on the kernel at hand; used by several scenarios.

# at_least FILE KEY NUMBER, at_most FILE KEY NUMBER
at_least() {
	echo "$2: $(number "$1" "$2"), at least $3 wanted"
	[ "$(number "$1" "$2" | cut -d. -f1)" -ge "$3" ]
}

at_most() {
	echo "$2: $(number "$1" "$2"), at most $3 wanted"
	[ "$(number "$1" "$2" | cut -d. -f1)" -le "$3" ]
}

# Samples are in kernel, user and idle, and in nothing else.
adds_up() {
	cat "$1"
	[ "$(number "$1" samples)" -eq \
		$(($(number "$1" kernel) + $(number "$1" user) + $(number "$1" idle))) ]
}

# has_module FILE MODULE KIND
has_module() {
	sed 's/}/}\n/g' "$1" | grep -E "\"module\": *\"$2\"" | grep -E "\"kind\": *\"$3\"" && return
	sed 's/}/}\n/g' "$1" | grep '"module"'
	return 1
}

# What the kernel's verifier went through, by its own statistics.
verified_insns() {
	KALLMOD_DEBUG_BPF=1 kmodtop --once -d 1 >/tmp/once 2>/tmp/verifier
	awk -v most=100000 '
		/BEGIN PROG LOAD LOG/ { name = $3 }
		/^processed [0-9]+ insns/ { print name, $0; n++; if ($2 > most) bad = 1 }
		END { exit bad || !n }' /tmp/verifier && return
	tail -20 /tmp/verifier
	return 1
}

sampler_works() {
	start_load
	check "kmodtop samples" sh -c 'kmodtop --once --json -d 4 >/tmp/top.json'
	check "samples came" at_least /tmp/top.json samples 100
	check "some of them in the kernel" at_least /tmp/top.json kernel 20
	check "kernel + user + idle = samples" adds_up /tmp/top.json
	check "none was lost" at_most /tmp/top.json lost 0
	check "the core kernel is a row" has_module /tmp/top.json core core
	check "with stacks in records" sh -c \
		'kallmod record -g -d 2 -o /tmp/record.jsonl && [ -s /tmp/record.jsonl ]'
	check "the report reads the recording" kallmod report /tmp/record.jsonl
	stop_load
	check "at most 100,000 verified instructions" verified_insns
}
