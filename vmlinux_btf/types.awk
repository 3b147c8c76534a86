# SPDX-License-Identifier: GPL-2.0-only
# Takes types out of a kernel's BTF as `bpftool btf dump … format c` writes it: those that
# `wanted` lists (separated by blanks: a tag, a typedef, or any constant of an enum), each behind
# what it needs. They come in the order of the list, so that the order of the BTF, which differs
# from build to build, does not show. Types of functions cannot be had. Exit status 1: a wanted
# one is not there.

# The dump's definitions, one after the other: body[n], and block[name] for each of its names.
!inside && /^(struct|union|enum|typedef) / {
	n++
	body[n] = $0 "\n"
	if ($NF == "{")
		inside = $1
	if ($1 == "typedef" && !inside && !/\(/)
		name_it(last_name($0))
	else if (inside && $2 != "{" && $1 != "typedef")
		name_it($2)
	next
}
inside {
	body[n] = body[n] $0 "\n"
	if (inside == "enum" && $2 == "=")
		name_it($1)
}
inside && /^}/ {
	if (inside == "typedef")
		name_it(last_name($0))
	inside = ""
}

END {
	count = split(wanted, list, " ")
	for (i = 1; i <= count; i++)
		if (list[i] in block)
			emit(block[list[i]])
		else
			missing = missing " " list[i]
	if (missing) {
		print "types.awk: not in this BTF:" missing >"/dev/stderr"
		exit 1
	}
}

# The first of two types of one name, and the kernel has a few, is as good as the other.
function name_it(name) {
	if (!(name in block))
		block[name] = n
}

# Of a declaration, the name that it declares.
function last_name(line) {
	sub(/[^A-Za-z0-9_]*(\[[0-9]*\])*;$/, "", line)
	sub(/.*[^A-Za-z0-9_]/, "", line)
	return line
}

# Without it: only the types are left.
function without_name(line) {
	sub(/[A-Za-z0-9_]+( : [0-9]+)?(\[[0-9]*\])*;$/, "", line)
	return line
}

function emit(b,    lines, words, i, k) {
	if (b in written)
		return
	written[b] = 1
	# An enum needs nothing.
	if (body[b] !~ /^enum/) {
		split(body[b], lines, "\n")
		for (i = 1; i in lines; i++) {
			split(without_name(lines[i]), words, /[^A-Za-z0-9_]+/)
			for (k = 1; k in words; k++)
				if (words[k] in block)
					emit(block[words[k]])
		}
	}
	# Typedefs stand together.
	printf "%s%s", body[b] ~ /^typedef/ && last ~ /^typedef/ ? "" : "\n", body[b]
	last = body[b]
}
