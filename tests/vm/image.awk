# SPDX-License-Identifier: GPL-2.0-only
# awk -f image.awk IMAGE KALLSYMS
#
# Compares, symbol by symbol and in order, what `kallmod syms --vmlinux` says of an image with
# the /proc/kallsyms of the same kernel, booted. Knows nothing of kallmod's code. A kernel's
# symbols are in one 4 GiB, so the last 8 digits of an address are enough, and fit awk's numbers;
# below the upper half there are per-CPU symbols, which do not move with the kernel.

function hex(text,    i, value) {
	text = substr(tolower(text), length(text) - 7)
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

function moved(addr, by,    value) {
	value = hex(addr) - (addr ~ /^f/ ? by : 0)
	return value < 0 ? value + 4294967296 : value
}

FNR == 1 { file++ }

# kallmod shows the symbols of built-in modules as local ones, as kallmodsyms does.
file == 1 {
	addr[++n] = $1
	type[n] = tolower($2)
	name[n] = $3
	if ($3 == "_stext" || ($3 == "_text" && !linked))
		linked = $1
}

# Behind the kernel's own come loadable modules and BPF, whose names have a tab behind them.
file == 2 && !/\t/ {
	seen[++m] = $1
	seen_type[m] = tolower($2)
	seen_name[m] = $3
	if ($3 == "_stext" || ($3 == "_text" && !running))
		running = $1
}

END {
	slide = hex(running) - hex(linked)
	for (i = 1; i <= m || i <= n; i++) {
		if (name[i] == seen_name[i] && type[i] == seen_type[i] &&
		    moved(seen[i], slide) == moved(addr[i], 0))
			continue
		if (wrong++ < 10)
			print "image: " addr[i] " " type[i] " " name[i] ", kernel: " seen[i] " " seen_type[i] " " seen_name[i]
	}
	printf "%d symbols in the image, %d in the kernel, %d differ; moved by %d MiB\n", n, m, wrong, slide / 1048576
	exit n < 10000 || wrong > 0
}
