# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion for kallmod and kmodtop. Needs bash 4 and nothing else; sourced, or found by
# bash-completion under the name of either program.

_kallmod_commands='sources modules map syms addr annotate verify record report probe kmodtop signatures
	bench build install-map'
_kallmod_shared='--root= --release= --source= --kallsyms= --ranges= --vmlinux= --objtree=
	--modules-builtin= --exclude-release= --signatures= --debuginfod --min-confidence= --help --usage --version'
_kallmod_sources='kallmodsyms ranges tables objtree dwarf signatures modules'

# The long options of a command; '=' where a value follows. A test compares them with --help.
_kallmod_options() {
	case $1 in
	report) echo '--json --sort= --functions= --min-confidence= --help --usage --version' ;;
	build) echo '--output= --objmods= --thick --config= --arch= --builtin= --help --usage --version' ;;
	*) echo "$(_kallmod_own_options "$1") $_kallmod_shared" ;;
	esac
}

# Those beside the shared ones.
_kallmod_own_options() {
	case $1 in
	sources | modules) echo '--json' ;;
	addr) echo '--json --explain' ;;
	map) echo '--format= --json --data --explain' ;;
	syms) echo '--size' ;;
	install-map) echo '--dry-run --uninstall' ;;
	verify) echo '--json --min-precision= --min-recall=' ;;
	signatures) echo '--output= --json --modules' ;;
	record)
		echo '--stacks --frequency= --count= --event= --duration= --pid= --cpu= --output=
			--format= --idle'
		;;
	kmodtop)
		echo '--delay= --screens= --once --batch --json --sort= --no-color
			--frequency= --count= --event= --pid= --cpu= --no-stacks'
		;;
	probe)
		echo '--list --format= --exclude= --limit= --mechanism= --count --latency --stack=
			--events --no-return --by= --sort= --top= --json --duration= --interval= --pid=
			--comm= --cgroup= --kprobe-limit='
		;;
	bench) echo '--json --check --sampler --random-maps= --random-ranges= --rounds=' ;;
	esac
}

# Is a value wanted behind this option of this command, in the next word?
_kallmod_takes_value() {
	case $2 in
	--*) [[ " $(_kallmod_options "$1") " == *[[:space:]]"$2="[[:space:]]* ]] ;;
	-*[xdip]) [[ $1 == probe || ($2 == -*[dp] && $1 == @(kmodtop|record|signatures|report|build)) ]] ;;
	-*[FceCno]) [[ $1 == @(kmodtop|record|signatures|report|build) ]] ;;
	*) false ;;
	esac
}

# Sets _kallmod_module_names to this kernel's modules; asks once in the life of the shell.
_kallmod_modules() {
	[[ -z ${_kallmod_module_names+set} ]] || return 0
	_kallmod_module_names=$("$1" modules 2>/dev/null |
		awk 'NR > 1 && $2 != "core" { gsub(",", "\n", $1); print $1 }')
}

# Sets _kallmod_function_names to the functions of a module; asks once as long as it is the same.
_kallmod_functions() {
	[[ ${_kallmod_function_module-} != "$2" ]] || return 0
	_kallmod_function_module=$2
	_kallmod_function_names=$("$1" probe --list "$2:" 2>/dev/null | cut -f2)
}

_kallmod_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_kallmod_files() {
	compopt -o filenames 2>/dev/null || :
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_kallmod_releases() {
	(cd /lib/modules 2>/dev/null && echo ./*) | sed 's|\./\*||; s|\./||g'
}

# The releases that signatures are of.
_kallmod_signed() {
	"$1" signatures list 2>/dev/null | awk -F '\t' '/^\t/ { print $2 }'
}

# Values of an option: program, command, option, what is there.
_kallmod_value() {
	case $3 in
	--source) _kallmod_words "$_kallmod_sources" "$4" ;;
	--format)
		if [[ $2 == record ]]; then
			_kallmod_words 'jsonl folded' "$4"
		elif [[ $2 == probe ]]; then
			_kallmod_words 'text json bpftrace ftrace trace-cmd perf retsnoop' "$4"
		else
			_kallmod_words 'text json ranges' "$4"
		fi
		;;
	--sort)
		if [[ $2 == report ]]; then
			_kallmod_words 'charged self total name' "$4"
		elif [[ $2 == probe ]]; then
			_kallmod_words 'calls rate total self average max function module' "$4"
		else
			_kallmod_words 'charged self total samples name' "$4"
		fi
		;;
	--mechanism) _kallmod_words 'best multi kprobe fentry' "$4" ;;
	--by) _kallmod_words 'function module' "$4" ;;
	--stack) _kallmod_words 'folded text' "$4" ;;
	--exclude | -x) _kallmod_argument "$1" probe 0 "$4" ;;
	--cgroup) _kallmod_files -d "$4" ;;
	--release) _kallmod_words "$(_kallmod_releases)" "$4" ;;
	--exclude-release) _kallmod_words "$(_kallmod_signed "$1")" "$4" ;;
	--event | -e) _kallmod_words 'cycles cpu-clock task-clock instructions' "$4" ;;
	--pid | -p) _kallmod_words "$(cd /proc && echo [0-9]*)" "$4" ;;
	--module | -m)
		_kallmod_modules "$1"
		_kallmod_words "$_kallmod_module_names" "$4"
		;;
	--root | --objtree | --signatures) _kallmod_files -d "$4" ;;
	--output | -o)
		if [[ $2 == build ]]; then
			_kallmod_files -d "$4"
		else
			_kallmod_files -f "$4"
		fi
		;;
	--kallsyms | --ranges | --vmlinux | --modules-builtin | --objmods | --config | --builtin) _kallmod_files -f "$4" ;;
	esac
}

_kallmod_option_names() {
	compopt -o nospace 2>/dev/null || :
	_kallmod_words "$(_kallmod_options "$1")" "$2"
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} == *= ]] || COMPREPLY[0]+=' '
}

# How many words that are no options stand between the command and the cursor.
_kallmod_argument_index() {
	local command=$1 n=0 skip=
	shift
	for word; do
		if [[ $skip ]]; then
			# A value; "--opt=value" comes as three words.
			[[ $word == = ]] || skip=
		elif [[ $word == -* ]]; then
			! _kallmod_takes_value "$command" "$word" || skip=yes
		else
			n=$((n + 1))
		fi
	done
	echo "$n"
}

# Words that are no options: program, command, their number, what is there, the one before.
_kallmod_argument() {
	case $2 in
	verify | report) _kallmod_files -f "$4" ;;
	build) _kallmod_files -d "$4" ;;
	signatures)
		if [[ $3 -eq 0 ]]; then
			_kallmod_words 'build list test' "$4"
		else
			_kallmod_files -f "$4"
		fi
		;;
	modules | map)
		_kallmod_modules "$1"
		_kallmod_words "$_kallmod_module_names" "$4"
		;;
	# ext4:… is a function of a module.
	probe)
		compopt -o nospace 2>/dev/null || :
		_kallmod_modules "$1"
		_kallmod_words "${_kallmod_module_names//$'\n'/: }${_kallmod_module_names:+:}" "$4"
		;;
	esac
}

# Completes the words behind a command: program, command, where they begin.
_kallmod_command() {
	local program=$1 command=$2 first=$3
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i

	for ((i = first; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			[[ $command != record ]] || _kallmod_run $((i + 1)) "$cur"
			return
		fi
	done
	# bash cuts "--source=x" at the sign.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	# And "ext4:x" at the colon.
	if [[ $command == probe && $cur == : ]]; then
		_kallmod_functions "$program" "$before"
		_kallmod_words "$_kallmod_function_names" ''
	elif [[ $command == probe && $before == : && $COMP_CWORD -gt $((first + 1)) ]]; then
		_kallmod_functions "$program" "${COMP_WORDS[COMP_CWORD - 2]}"
		_kallmod_words "$_kallmod_function_names" "$cur"
	elif [[ $COMP_CWORD -gt $first ]] && _kallmod_takes_value "$command" "$before"; then
		_kallmod_value "$program" "$command" "$before" "$cur"
	elif [[ $cur == -* ]]; then
		_kallmod_option_names "$command" "$cur"
	else
		i=$(_kallmod_argument_index "$command" "${COMP_WORDS[@]:first:COMP_CWORD-first}")
		_kallmod_argument "$program" "$command" "$i" "$cur"
	fi
}

# The command that is recorded, then its files.
_kallmod_run() {
	if [[ $COMP_CWORD -eq $1 && $2 != */* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$2" | sort -u)
	else
		_kallmod_files -f "$2"
	fi
}

_kallmod() {
	local program=${COMP_WORDS[0]/#\~\//$HOME/}

	COMPREPLY=()
	if [[ ${program##*/} == kmodtop ]]; then
		_kallmod_command "${program%kmodtop}kallmod" kmodtop 1
	elif [[ $COMP_CWORD -gt 1 ]]; then
		_kallmod_command "$program" "${COMP_WORDS[1]}" 2
	elif [[ ${COMP_WORDS[1]} == -* ]]; then
		_kallmod_words '--help --version' "${COMP_WORDS[1]}"
	else
		_kallmod_words "$_kallmod_commands help" "${COMP_WORDS[1]}"
	fi
}

complete -F _kallmod kallmod kmodtop
