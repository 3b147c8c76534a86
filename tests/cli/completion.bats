#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The shell completion, asked as bash asks it.

bats_require_minimum_version 1.5.0

setup() {
	# shellcheck source=user/completion/kallmod.bash
	source "$KALLMOD_TOP/user/completion/kallmod.bash"
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/files/sub"
	cd "$BATS_TEST_TMPDIR/files" || return
	touch 'System.map-1' 'two words.ranges'
	fake
}

# A kallmod with a few modules, which counts how often it is asked for them.
fake() {
	FAKE=$BATS_TEST_TMPDIR/bin/kallmod
	cat >"$FAKE" <<-END
		#!/bin/sh
		case \$1 in
		modules)
			echo asked >>$BATS_TEST_TMPDIR/asked
			echo "MODULE KIND FUNCTIONS BYTES SOURCE TRUST CONFIDENCE"
			echo "core core 2 8 ranges exact 1.000"
			echo "ext4 builtin 2 8 ranges exact 1.000"
			echo "extcon builtin 1 4 ranges exact 1.000"
			echo "liquidio,liquidio_vf builtin 1 4 ranges exact 1.000" ;;
		probe)
			echo "\$*" >>$BATS_TEST_TMPDIR/probed
			printf '%b\text4\texact\tunknown\n' '1\text4_iget' '2\text4_fill_super' ;;
		signatures)
			printf 'x.sig\t9 bytes\n\t6.1.0-56-amd64\t3 functions\n' ;;
		esac
	END
	chmod +x "$FAKE"
}

# Completes the last of the words given, in the way that bash cuts them.
complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_kallmod
}

# Were exactly these words offered, in whatever order?
offered() {
	diff <(printf '%s\n' "$@" | sort) <(printf '%s\n' "${COMPREPLY[@]}" | sort)
}

# The long options that a program's help names, "=" behind those that take a value.
helped() {
	"$KALLMOD" "$1" --help |
		sed -nE 's/^ {2,6}(-., )?(--[a-z-]+)\[?(=?).*/\2\3/p' | sort -u
}

@test "completion is set for both programs" {
	complete -p kallmod | grep -q -- '-F _kallmod kallmod'
	complete -p kmodtop | grep -q -- '-F _kallmod kmodtop'
}

@test "completion knows the commands of --help" {
	complete_words "$FAKE" ''
	# shellcheck disable=SC2046
	offered help $("$KALLMOD" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
	complete_words "$FAKE" ver
	offered verify
	complete_words "$FAKE" --
	offered --help --version
}

@test "completion knows the options of every command's --help" {
	local command
	for command in $_kallmod_commands; do
		echo "kallmod $command"
		# shellcheck disable=SC2046
		diff <(helped "$command") \
			<(printf '%s\n' $(_kallmod_options "$command") | sort -u)
	done
}

@test "completion offers options, with room for a value where one follows" {
	complete_words "$FAKE" map --fo
	offered --format=
	complete_words "$FAKE" map --js
	offered '--json '
	complete_words "$KALLMOD" verify --min-
	offered --min-precision= --min-recall= --min-confidence=
}

@test "completion offers the values of options, however they are written" {
	complete_words "$FAKE" map --format = ''
	offered text json ranges
	complete_words "$FAKE" map --format =
	offered text json ranges
	complete_words "$FAKE" map --format j
	offered json
	complete_words "$FAKE" record --format ''
	offered jsonl folded
	complete_words "$FAKE" report --sort s
	offered self
	complete_words "$BATS_TEST_TMPDIR/bin/kmodtop" --sort s
	offered self samples
	complete_words "$BATS_TEST_TMPDIR/bin/kmodtop" -e cpu
	offered cpu-clock
	complete_words "$FAKE" addr --source = si
	offered signatures
	complete_words "$FAKE" modules --exclude-release = ''
	offered 6.1.0-56-amd64
}

@test "completion offers the sources that there are" {
	# shellcheck disable=SC2046
	offered_sources=$("$KALLMOD" sources | awk 'NR > 2 && $1 != "->" { print $1 }')
	complete_words "$FAKE" sources --source ''
	# shellcheck disable=SC2086
	offered $offered_sources
}

@test "completion offers files where a file is wanted" {
	complete_words "$FAKE" map --kallsyms = Sys
	offered System.map-1
	complete_words "$FAKE" map --ranges tw
	offered 'two words.ranges'
	complete_words "$FAKE" map --root = ''
	offered sub
	complete_words "$FAKE" verify --min-recall = 0.5 Sys
	offered System.map-1
	complete_words "$FAKE" signatures ''
	offered build list test
	complete_words "$FAKE" signatures --signatures sub l
	offered list
	complete_words "$FAKE" signatures list Sys
	offered System.map-1
}

@test "completion offers modules where a module is wanted" {
	complete_words "$FAKE" modules ''
	offered ext4 extcon liquidio liquidio_vf
	complete_words "$FAKE" map --format json ext4 ex
	offered ext4 extcon
	complete_words "$FAKE" map --data liquidio_
	offered liquidio_vf
	[ "$(wc -l <"$BATS_TEST_TMPDIR/asked")" -eq 1 ]
}

@test "completion offers nothing where nothing is known" {
	complete_words "$FAKE" syms ''
	[ ${#COMPREPLY[@]} -eq 0 ]
	complete_words "$FAKE" nonsense ''
	[ ${#COMPREPLY[@]} -eq 0 ]
	complete_words /nonexistent/kallmod map --exclude-release ''
	[ ${#COMPREPLY[@]} -eq 0 ]
}

@test "completion offers the command that is recorded" {
	complete_words "$FAKE" record -g -- mkdi
	printf '%s\n' "${COMPREPLY[@]}" | grep -qx mkdir
	complete_words "$FAKE" record -- cat Sys
	offered System.map-1
}

@test "completion knows this kernel's modules, and asks for them once" {
	_kallmod_value "$FAKE" any --module ext
	offered ext4 extcon
	_kallmod_value "$FAKE" any -m liq
	offered liquidio liquidio_vf
	_kallmod_argument "$FAKE" probe 0 ex
	offered ext4: extcon:
	[ "$(wc -l <"$BATS_TEST_TMPDIR/asked")" -eq 1 ]
}

@test "completion offers a module's functions behind the colon, asked for once" {
	complete_words "$FAKE" probe ext4 :
	offered ext4_iget ext4_fill_super
	complete_words "$FAKE" probe --list ext4 : ext4_f
	offered ext4_fill_super
	complete_words "$FAKE" probe --list ext4: -x ext4 : ext4_i
	offered ext4_iget
	[ "$(cat "$BATS_TEST_TMPDIR/probed")" = "probe --list ext4:" ]
	complete_words "$FAKE" probe -x ex
	offered ext4: extcon:
	complete_words "$FAKE" probe --mechanism k
	offered kprobe
}

@test "completion needs no strange shell: unset variables and words are fine" {
	bash -u -c '
		source "$1"
		COMP_WORDS=(kallmod map --) COMP_CWORD=2
		_kallmod
		[ ${#COMPREPLY[@]} -gt 5 ]' - "$KALLMOD_TOP/user/completion/kallmod.bash"
}
