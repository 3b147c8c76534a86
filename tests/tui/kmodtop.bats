#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The live view in a terminal of known size. Nothing here waits and hopes: the pane is read
# until the text is there.

bats_require_minimum_version 1.5.0

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ -e /proc/sys/kernel/perf_event_paranoid ] || skip "this kernel has no perf events"
	SOCKET='' STARTS=0
	tests/load.sh 60 "$BATS_TEST_TMPDIR" 3>&- >/dev/null 2>&1 &
	LOAD=$!
}

# Waits for the load alone: bats has a job of its own, which sleeps until the test's time is up.
stop_load() {
	kill "$LOAD" 2>/dev/null || true
	wait "$LOAD" || true
}

teardown() {
	[ -z "$SOCKET" ] || tm kill-server 2>/dev/null || true
	[ -z "${LOAD:-}" ] || stop_load
}

tm() {
	tmux -L "$SOCKET" -f /dev/null "$@" 3>&-
}

# start WIDTH HEIGHT [ARGUMENT…]: kmodtop from a shell that tells how it ended
start() {
	local size=(-x "$1" -y "$2")
	shift 2
	# A server that was killed may still be going: the next one has a socket of its own.
	SOCKET=kallmod-$BATS_TEST_NUMBER-$$-$((++STARTS))
	cat >"$BATS_TEST_TMPDIR/session" <<-EOF
		stty -g >"$BATS_TEST_TMPDIR/before"
		"$KMODTOP" $*
		echo "status \$?"
		stty -g >"$BATS_TEST_TMPDIR/after"
		exec sleep 1000
	EOF
	TERM=xterm-256color tm new-session -d "${size[@]}" "sh $BATS_TEST_TMPDIR/session"
	tm set-option -g default-terminal tmux-256color
}

pane() {
	tm capture-pane -p
}

# shows PATTERN: within ten seconds
shows() {
	for _ in $(seq 100); do
		pane >"$BATS_TEST_TMPDIR/pane" 2>/dev/null
		! grep -qE -- "$1" "$BATS_TEST_TMPDIR/pane" || return 0
		sleep 0.1
	done
	echo "not shown: $1"
	cat "$BATS_TEST_TMPDIR/pane"
	return 1
}

# shows_not PATTERN: within ten seconds it is gone
shows_not() {
	for _ in $(seq 100); do
		pane >"$BATS_TEST_TMPDIR/pane" 2>/dev/null
		grep -qE -- "$1" "$BATS_TEST_TMPDIR/pane" || return 0
		sleep 0.1
	done
	echo "still shown: $1"
	cat "$BATS_TEST_TMPDIR/pane"
	return 1
}

# The terminal as it was: its modes, the main screen, the cursor.
given_back() {
	shows "status $1"
	for _ in $(seq 50); do
		[ ! -s "$BATS_TEST_TMPDIR/after" ] || break
		sleep 0.1
	done
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" = "0 1" ]
}

kill_kmodtop() {
	local pid
	pid=$(tm display-message -p '#{pane_pid}')
	pkill "-$1" -P "$pid"
}

@test "a table of modules; q gives the terminal back" {
	start 100 24 -d 0.5
	shows '^kmodtop +[0-9]+\.[0-9]+'
	shows 'samples [0-9]+/[0-9]+ expected +lost 0'
	shows 'MODULE +CHARGED% +SELF% +TOTAL% +SAMP/S TREND +KIND +TRUST HOTTEST FUNCTION'
	shows '^core +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ .* core +- +[a-z_]'
	shows '^[a-z0-9_]+ +[0-9.]+ .* builtin +[=?~]'
	tm send-keys q
	given_back 0
}

@test "Enter goes into functions, then processes; Esc goes back" {
	start 100 24 -d 0.5
	shows '^core'
	tm send-keys Enter
	shows 'CHARGED% +SELF% +FUNCTION'
	shows '^ +[0-9.]+ +[0-9.]+ +[a-z_]'
	tm send-keys Enter
	shows 'CHARGED% +SELF% +PID +PROCESS'
	shows ' > [a-zA-Z_0-9.]+ +\(Esc: back\)'
	tm send-keys Escape
	shows 'CHARGED% +SELF% +FUNCTION'
	tm send-keys Escape
	shows '^MODULE'
}

@test "sorts, filters, pauses, changes the delay, shows CPUs and help" {
	start 100 30 -d 0.5
	shows 'by charged, every 0.5 s'
	tm send-keys s
	shows 'by self, every'
	tm send-keys n
	shows 'by name, every'
	tm send-keys '<'
	shows 'by samples, every'
	tm send-keys /
	shows 'show modules with: _'
	tm send-keys cor Enter
	shows 'only modules with "cor"'
	shows_not '^(ext4|xfs|virtio)'
	tm send-keys / BSpace BSpace BSpace Enter
	shows_not 'only modules with'
	tm send-keys d
	shows 'seconds between screens: 0.5_'
	tm send-keys BSpace BSpace BSpace x Enter
	shows 'x: not a delay'
	tm send-keys d BSpace BSpace BSpace 0.3 Enter
	shows 'every 0.3 s'
	tm send-keys 1
	shows '^ CPU +SAMPLES'
	shows '^ +0 +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[a-z]'
	tm send-keys 1
	shows '^MODULE'
	tm send-keys h
	shows 'CHARGED%  samples whose nearest module'
	tm send-keys q
	given_back 0
}

@test "P counts the calls of a module's functions, or says why not" {
	start 180 24 -d 0.5
	shows '^core'
	tm send-keys / core Enter
	shows 'only modules with "core"'
	tm send-keys P
	shows "core is no module; 'kallmod probe core:FUNCTION'"
	tm send-keys / BSpace BSpace BSpace BSpace Enter n
	shows 'by name, every'
	# The last row by name: a module, for the core comes before it.
	tm send-keys End P
	shows '(functions? by|probe.*(--list|listing).*kmodtop)'
	! grep -q 'functions\{0,1\} by' "$BATS_TEST_TMPDIR/pane" || shows 'CALLS +CALLS/S'
	tm send-keys Escape
	shows '^MODULE'
	tm send-keys q
	given_back 0
}

@test "a pause holds the screen still, and ends" {
	start 100 24 -d 0.3
	shows '^core'
	tm send-keys p
	shows 'paused: p goes on'
	first=$(pane)
	sleep 1
	[ "$first" = "$(pane)" ]
	tm send-keys p
	shows 'by charged'
	for _ in $(seq 30); do
		[ "$first" = "$(pane)" ] || return 0
		sleep 0.1
	done
	false
}

@test "narrow, wide, tiny: every size has its screen" {
	start 100 24 -d 0.5
	shows '^core'
	tm resize-window -x 40 -y 12
	shows '^MODULE +CHARGED% +SELF% TRUST$'
	shows '^core'
	tm resize-window -x 200 -y 50
	shows 'HOTTEST FUNCTION'
	tm resize-window -x 1 -y 1
	sleep 1
	tm resize-window -x 80 -y 24
	shows '^core'
	tm send-keys q
	given_back 0
}

@test "starts in a terminal of 1 x 1, and ends" {
	start 1 1 -d 0.3
	sleep 2
	tm send-keys q
	tm resize-window -x 80 -y 24
	given_back 0
}

@test "signals: the terminal comes back" {
	for signal in INT TERM HUP; do
		rm -f "$BATS_TEST_TMPDIR/after"
		start 100 24 -d 0.5
		shows '^core'
		kill_kmodtop "$signal"
		given_back 0
		tm kill-server
	done
}

@test "a crash: the terminal comes back" {
	start 100 24 -d 0.5
	shows '^core'
	kill_kmodtop SEGV
	given_back 139
}

@test "colours, unless they are not wanted" {
	start 100 24 -d 0.5
	shows '^core'
	tm capture-pane -pe >"$BATS_TEST_TMPDIR/coloured"
	grep -qE $'\033\\[([0-9]+;)*3[1-7]' "$BATS_TEST_TMPDIR/coloured"
	tm kill-server
	start 100 24 -d 0.5 --no-color
	shows '^core'
	tm capture-pane -pe >"$BATS_TEST_TMPDIR/plain"
	run ! grep -qE $'\033\\[([0-9]+;)*3[1-7]' "$BATS_TEST_TMPDIR/plain"
	tm kill-server
	NO_COLOR=1 start 100 24 -d 0.5
	shows '^core'
	tm capture-pane -pe >"$BATS_TEST_TMPDIR/plain"
	run ! grep -qE $'\033\\[([0-9]+;)*3[1-7]' "$BATS_TEST_TMPDIR/plain"
}

@test "without UTF-8 the trend is ASCII" {
	LC_ALL=C start 100 24 -d 0.5
	shows '^core .*[#*+:.] +core'
	run ! grep -qP '[^\x00-\x7F]' "$BATS_TEST_TMPDIR/pane"
}

@test "a terminal that nobody knows: one line" {
	SOCKET=kallmod-$BATS_TEST_NUMBER-$$
	cat >"$BATS_TEST_TMPDIR/session" <<-EOF
		TERM=nosuchterm "$KMODTOP" -d 0.5
		echo "status \$?"
		exec sleep 1000
	EOF
	tm new-session -d -x 100 -y 24 "sh $BATS_TEST_TMPDIR/session"
	shows 'kmodtop: TERM=nosuchterm: .*use --batch'
	shows 'status 1'
}

@test "-n counts screens" {
	start 100 24 -d 0.3 -n 3
	given_back 0
}
