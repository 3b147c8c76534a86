#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# --help, --version, wrong usage; and that the man pages and --help say the same.

bats_require_minimum_version 1.5.0

setup() {
	man=$KALLMOD_TOP/docs/man
	version=$(sed -n 's/^#define KALLMOD_VERSION "\(.*\)"/\1/p' \
		"$KALLMOD_TOP/user/lib/kallmod.h")
}

commands() {
	"$KALLMOD" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'
}

page_of() {
	if [ "$1" = kmodtop ]; then
		echo "$man/kmodtop.1.scd"
	else
		echo "$man/kallmod-$1.1.scd"
	fi
}

# The long options that a command's --help defines.
helped() {
	"$KALLMOD" "$1" --help | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p' | sort -u
}

# The short ones.
helped_short() {
	"$KALLMOD" "$1" --help | sed -nE 's/^ {2}(-[^-]).*/\1/p' | grep -v '^-[?V]$' | sort -u
}

# The options that a page defines, at the beginning of a line.
defined() {
	sed -n '/^\*-/p' "$1" | grep -oE -- '\*--[a-z-]+\*' | tr -d '*' | sort -u
}

defined_short() {
	sed -n '/^\*-/p' "$1" | grep -oE -- '\*-[^-]\*' | tr -d '*' | sort -u
}

# Those that a page names anywhere.
named() {
	grep -oE -- '\*--[a-z-]+(\*|[ =])' "$1" | tr -d '*= ' | sort -u
}

@test "kallmod --help names every command, and it has a summary" {
	run -0 --separate-stderr "$KALLMOD" --help
	[ -z "$stderr" ]
	for command in sources modules map syms addr annotate verify record report probe kmodtop \
		signatures bench build; do
		grep -qE "^  $command +[^ ]" <<<"$output"
	done
	[ "$(commands | wc -l)" -ge 12 ]
}

@test "every command answers --help, on standard output" {
	for command in $(commands); do
		echo "kallmod $command"
		run -0 --separate-stderr "$KALLMOD" "$command" --help
		[ -z "$stderr" ]
		[[ $output == "Usage: k"* ]]
	done
	run -0 "$KMODTOP" --help
	[[ $output == "Usage: kmodtop "* ]]
}

@test "every command answers --version" {
	[ -n "$version" ]
	for command in '' $(commands); do
		# shellcheck disable=SC2086
		run -0 --separate-stderr "$KALLMOD" $command --version
		[ "$output" = "kallmod $version" ]
	done
	run -0 "$KMODTOP" --version
	[ "$output" = "kallmod $version" ]
}

@test "an unknown option is wrong usage" {
	for command in $(commands); do
		echo "kallmod $command"
		run -2 --separate-stderr "$KALLMOD" "$command" --no-such-option
		[ -z "$output" ]
		[[ $stderr == *--no-such-option* ]]
	done
	run -2 "$KMODTOP" --no-such-option
}

@test "an unknown command is wrong usage, and the nearest one is named" {
	run -2 --separate-stderr "$KALLMOD" modles
	[ -z "$output" ]
	[[ $stderr == *"did you mean modules?" ]]
	run -2 --separate-stderr "$KALLMOD" xyzzy
	[[ $stderr != *"did you mean"* ]]
	[[ $stderr == *"kallmod --help"* ]]
}

@test "no command is wrong usage" {
	run -2 --separate-stderr "$KALLMOD"
	[ -z "$output" ]
	[[ $stderr == "Usage: kallmod "* ]]
}

@test "output that cannot be written is a failure" {
	[ -c /dev/full ] || skip "no /dev/full"
	# shellcheck disable=SC2016
	run -1 sh -c '"$0" --help >/dev/full' "$KALLMOD"
	[[ $output == *"standard output"* ]]
}

@test "every command has a man page, and every man page its command" {
	for command in $(commands); do
		[ -s "$(page_of "$command")" ]
		grep -qF "*$command*" "$man/kallmod.1.scd"
	done
	for page in "$man"/kallmod-*.1.scd; do
		command=${page##*/kallmod-}
		commands | grep -qx "${command%.1.scd}"
	done
}

@test "the shared options are those of kallmod(1)" {
	# All that sources has is shared, but --json.
	diff <(defined "$man/kallmod.1.scd") \
		<(helped sources | grep -vxE -- '--(json|help|usage|version)')
}

@test "man pages define the options of --help and no others" {
	shared=$(defined "$man/kallmod.1.scd")
	[ "$(wc -l <<<"$shared")" -ge 10 ]
	for command in $(commands); do
		page=$(page_of "$command")
		echo "$page"
		diff <(defined "$page") \
			<(helped "$command" | grep -vxF -e "$shared" |
				grep -vxE -- '--(help|usage|version)')
		diff <(defined_short "$page") <(helped_short "$command")
	done
}

@test "man pages name no option that the command does not have" {
	for command in $(commands); do
		page=$(page_of "$command")
		echo "$page"
		[ -z "$(comm -23 <(named "$page") <(helped "$command"))" ]
	done
}

@test "man pages refer to pages that there are" {
	for page in "$man"/*.scd; do
		for other in $(grep -oE '\*(kallmod|kmodtop|libkallmod)[a-z-]*\*\([13]\)' "$page" |
			tr -d '*)' | tr '(' .); do
			[ -f "$man/$other.scd" ] || {
				echo "$page: $other"
				return 1
			}
		done
	done
}

@test "man pages are good scdoc" {
	command -v scdoc >/dev/null || skip "no scdoc"
	for page in "$man"/*.scd; do
		echo "$page"
		scdoc <"$page" >"$BATS_TEST_TMPDIR/page"
		grep -q '^\.SH SEE ALSO' "$BATS_TEST_TMPDIR/page"
	done
}
