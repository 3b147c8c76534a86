# SPDX-License-Identifier: GPL-2.0-only
# awk -f symbols.awk IMAGE VMLINUX
#
# IMAGE is what `kallmod syms` says of an image, VMLINUX what nm says of the vmlinux. kallmod
# shows the symbols of built-in modules as local ones, so case does not count. Addresses are of
# one length, and are compared as text.

function show(what, line) {
	if (shown++ < 10)
		print what ": " line >"/dev/stderr"
}

# Is the address in what the kernel calls text? Its bounds count by name only.
function in_text(addr, name) {
	if (addr == at["_etext"] || addr == at["_einittext"])
		return name == "_etext" || name == "_einittext"
	return (addr >= at["_stext"] && addr < at["_etext"]) ||
		(addr >= at["_sinittext"] && addr < at["_einittext"])
}

# Why a symbol is in no table; "": no reason.
function reason(addr, type, name) {
	if (type == "a" || type == "n" || type == "u")
		return "absolute"
	if (name ~ /^(__kvm_nvhe_|__pi_)?(\$|\.L)/)
		return "labels"
	if (name ~ /^__crc_|^__kstrtab/)
		return "of exports"
	if (name ~ /^__efistub_/)
		return "of the EFI stub"
	# Until Linux 5.13 all of these.
	if (name ~ /^__kvm_nvhe_/ && !hypervisor)
		return "of the hypervisor"
	if (!all && !in_text(addr, name))
		return "data"
	return ""
}

FNR == NR {
	split($0, part, "\t")
	n = split(part[1], field, " ")
	count++
	image[field[1] " " tolower(field[2]) " " field[3]]++
	at[field[3]] = field[1]
	hypervisor = hypervisor || field[3] ~ /^__kvm_nvhe_/
	# Without CONFIG_KALLSYMS_ALL there is text only.
	all = all || tolower(field[2]) ~ /[bdr]/ && field[3] !~ /^_e(init)?text$/
	if (n != 3 || field[1] < last) {
		wrong++
		show("no symbol, or out of order", $0)
	}
	last = field[1]
	next
}

{
	key = $1 " " tolower($2) " " $3
	if (image[key] > 0) {
		image[key]--
		same++
		next
	}
	why = reason($1, tolower($2), $3)
	if (why) {
		left[why]++
		next
	}
	missing++
	show("only in the vmlinux", $0)
}

END {
	for (key in image)
		if (image[key] > 0) {
			wrong += image[key]
			show("only in the image", key)
		}
	printf "%d symbols in the image, %d of them in the vmlinux, %d wrong, %d missing", count,
		same, wrong, missing
	for (why in left)
		printf "; %s %d", why, left[why]
	print ""
	exit count < 10000 || wrong > 0 || missing > 0
}
