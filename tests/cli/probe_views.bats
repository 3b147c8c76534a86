# SPDX-License-Identifier: GPL-2.0-only
# kallmod probe's views: options that do not go together, and machines where nothing can be probed.

bats_require_minimum_version 1.5.0
load lib

# refused PATTERN ARGUMENT…: wrong usage, and the line says why
refused() {
	local pattern=$1
	shift
	run -2 --separate-stderr "$KALLMOD" probe "$@"
	[ -z "$output" ]
	echo "$stderr"
	grep -qE -- "$pattern" <<<"$stderr"
}

@test "one view at a time" {
	refused 'exclude each other' --count --events ext4:
	refused 'exclude each other' --latency --stack=text ext4:
	refused 'attaches to nothing' --list --latency ext4:
}

@test "an option is of its view" {
	refused '--no-return is of --events' --no-return ext4:
	refused 'this --sort needs --latency' --sort self ext4:
	refused '--sort is of --count and --latency' --events --sort calls ext4:
	refused '-i is of --count and --latency' --stack -i 1 ext4:
}

@test "values are checked" {
	refused '--by core: one of function and module' --by core ext4:
	refused '--sort size: one of calls' --sort size ext4:
	refused '--stack=json: one of folded and text' --stack=json ext4:
	refused '-d 0: a number from' -d 0 ext4:
	refused '-d never: a number from' -d never ext4:
	refused '-p 0: a whole number from' -p 0 ext4:
	refused '--top -1: a whole number from' --top -1 ext4:
	refused '--kprobe-limit x: a whole number from' --kprobe-limit x ext4:
}

@test "another kernel is not probed" {
	run -1 --separate-stderr "$KALLMOD" probe --count --release 6.1.0 ext4:
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "a process that is not there, a name that is too long" {
	run -1 --separate-stderr "$KALLMOD" probe -p 2147483647 -d 1 ext4:
	[[ $stderr == *"process 2147483647: No such process; name a process that runs" ]]
	run -1 --separate-stderr "$KALLMOD" probe --comm a-name-of-16-chr -d 1 core:vfs_write
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
}

# Where it can be done it is done; where not, one sentence says what is missing and what works.
@test "probes, or says in one sentence why not" {
	run --separate-stderr "$KALLMOD" probe -d 0.1 --json core:vfs_write
	if [ "$status" -eq 0 ]; then
		[[ $output == '{"view":"count",'*'}' ]]
		return
	fi
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	echo "$stderr"
	[ "$(grep -cv 'warning:' <<<"$stderr")" -eq 1 ]
	grep -qE "^kallmod probe: .*(--list|run as root)" <<<"$stderr"
}
