# SPDX-License-Identifier: GPL-2.0-only
# awk -v image=IMAGE -v linked=ADDR -v running=ADDR -f image.awk KALLSYMS
#
# Compares, symbol by symbol and in order, what `kallmod syms --vmlinux` says of an image with
# the /proc/kallsyms of the same kernel, booted; linked and running are the addresses of _stext
# in them. Knows nothing of kallmod's code. A kernel's symbols are in one 4 GiB and move by whole
# MiB, so it is digits 9 to 11 of 16 that change. Below the upper half there are per-CPU symbols,
# which do not move with the kernel. In step, without arrays: emulated machines are slow.

function hex(text,    i, value) {
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

# The MiB that an address is in, of 4 GiB.
function mib(addr) {
	return hex(substr(addr, 9, 3))
}

# head: the first 11 digits
function moved(head) {
	if (!(head in heads))
		heads[head] = head !~ /^f/ ? head :
			substr(head, 1, 8) sprintf("%03x", (mib(head) - slide + 4096) % 4096)
	return heads[head]
}

function differ(line, seen) {
	if (wrong++ < 10)
		print "image: " line ", kernel: " seen
}

BEGIN { slide = mib(running) - mib(linked) }

# Behind the kernel's own come loadable modules and BPF, whose names have a tab behind them.
/\t/ { next }

{
	m++
	if ((getline line < image) <= 0) {
		differ("nothing", $0)
		next
	}
	n++
	if ((tab = index(line, "\t")))
		line = substr(line, 1, tab - 1)
	# kallmod shows the symbols of built-in modules as local ones, as kallmodsyms does.
	if (moved(substr($0, 1, 11)) substr($0, 12, 5) != substr(line, 1, 16) ||
	    tolower(substr($0, 18, 1)) != tolower(substr(line, 18, 1)) ||
	    substr($0, 20) != substr(line, 20))
		differ(line, $0)
}

END {
	while ((getline line < image) > 0) {
		n++
		differ(line, "nothing")
	}
	printf "%d symbols in the image, %d in the kernel, %d differ; moved by %d MiB\n", n, m, wrong, slide
	exit n < 10000 || wrong > 0
}
