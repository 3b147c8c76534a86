# SPDX-License-Identifier: GPL-2.0-only
# awk -v base=ADDR -v end=ADDR -f exact.awk modules.builtin.ranges record.jsonl
#
# Compares the module of every recorded sample in [base, end) with the ranges file's, whose
# .text begins at base. Knows nothing of kallmod's code. All of the kernel's text is in one
# 4 GiB, so the last 8 digits of an address are enough, and fit awk's numbers.

function hex(text,    i, value) {
	text = substr(tolower(text), length(text) - 7)
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

# The string or number after "key": in a line of JSON.
function field(key,    value) {
	if (!match($0, "\"" key "\": *(\"[^\"]*\"|[^,}]*)"))
		return ""
	value = substr($0, RSTART, RLENGTH)
	sub("^\"" key "\": *", "", value)
	gsub("[\" ]", "", value)
	return value
}

function truth(offset,    low, high, middle) {
	low = 1
	high = n
	while (low <= high) {
		middle = int((low + high) / 2)
		if (offset < start[middle])
			high = middle - 1
		else if (offset >= stop[middle])
			low = middle + 1
		else
			return module[middle]
	}
	return "core"
}

# "a,b" and "b,a" are one set; no module at all has several spellings.
function same(a, b,    i, k, n, parts) {
	if (b == "null" || b == "" || b == "-")
		b = "core"
	n = split(a, parts, ",")
	for (i = 1; i <= n; i++)
		if (index("," b ",", "," parts[i] ",") == 0)
			return 0
	return n == split(b, parts, ",")
}

FNR == 1 { file++ }

file == 1 && $1 == ".text" && $3 != "=" {
	split($2, bounds, "-")
	n++
	start[n] = hex(bounds[1])
	stop[n] = hex(bounds[2])
	module[n] = $3
	for (i = 4; i <= NF; i++)
		module[n] = module[n] "," $i
}

file == 2 && field("ip") ~ /^(0x)?ffffffff/ {
	ip = hex(field("ip"))
	if (ip < hex(base) || ip >= hex(end))
		next
	seen++
	expected = truth(ip - hex(base))
	got = field("module")
	if (expected != "core")
		in_modules[expected]++
	if (!same(expected, got)) {
		if (wrong++ < 10)
			print field("ip") ": recorded " got ", the ranges file says " expected
	}
}

END {
	for (name in in_modules)
		others = others " " name ":" in_modules[name]
	print seen + 0 " samples in text, " wrong + 0 " wrong; in modules:" others
	exit seen < 100 || wrong > 0 || others == ""
}
