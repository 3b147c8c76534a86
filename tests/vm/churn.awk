# SPDX-License-Identifier: GPL-2.0-only
# awk -f churn.awk TRUTH record.jsonl
#
# TRUTH has a line NAME ADDRESS SIZE T0 T1 T2 T3 for each time that a module was there: loading
# began at T0 and had ended at T1, unloading began at T2 and had ended at T3 (milliseconds since
# boot, rounded down to 10). A sample named after a module is wrong when that module was not
# there then, or when another one was, at that address. "unresolved", BPF code, and no name at
# all are no module's name.

function hex(text,    i, value) {
	text = substr(tolower(text), length(text) - 7)
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

function field(key,    value) {
	if (!match($0, "\"" key "\": *(\"[^\"]*\"|[^,}]*)"))
		return ""
	value = substr($0, RSTART, RLENGTH)
	sub("^\"" key "\": *", "", value)
	gsub("[\" ]", "", value)
	return value
}

# The times are rounded down, and may be a tick late.
function there(i, time) {
	return time >= begin[i] - 10 && time <= end[i] + 20
}

function complain(what) {
	if (wrong++ < 10)
		print "at " time " ms, " field("ip") ": recorded " got ": " what
}

function judge(    i, present, owner) {
	for (i = 1; i <= n; i++) {
		if (!there(i, time))
			continue
		if (name[i] == got)
			present = 1
		if (ip >= start[i] && ip < stop[i])
			owner = owner " " name[i]
	}
	if (!present)
		complain("it was not loaded")
	else if (owner != "" && index(owner " ", " " got " ") == 0)
		complain("this is" owner)
}

FNR == 1 { file++ }

file == 1 && $2 ~ /^0x/ {
	n++
	name[n] = $1
	known[$1] = 1
	start[n] = hex($2)
	stop[n] = start[n] + $3
	begin[n] = $4
	end[n] = $7
	if ($4 > 0)
		changing[$1] = 1
}

# The module area of x86_64 is the top of the address space, behind the kernel's text.
file == 2 && field("ip") ~ /^(0x)?ffffffff[c-f]/ {
	ip = hex(field("ip"))
	got = field("module")
	time = field("time_ns") / 1000000
	samples++
	if (!(got in known))
		others[got]++
	else {
		if (got in changing)
			changed++
		named[got]++
		judge()
	}
}

END {
	for (got in named)
		text = text " " got ":" named[got]
	for (got in others)
		text = text " (" got "):" others[got]
	print samples + 0 " samples in the module area:" text "; " wrong + 0 " wrong"
	if (!changed)
		print "none in a module that came and went: nothing was tested"
	exit wrong > 0 ? 1 : changed ? 0 : 2
}
