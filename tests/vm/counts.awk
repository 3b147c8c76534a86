# SPDX-License-Identifier: GPL-2.0-only
# awk -v missed=N -f counts.awk TRACE COUNTS FILTER
#
# Compares what ftrace's function tracer wrote ("task-pid [cpu] flags time: FUNCTION <-CALLER") with
# what kallmod counted ("CALLS FUNCTION"), function by function. A probe may miss a call, never
# see one that was not there, and no more of them are missing than the kernel says it missed.
# FILTER has the names that were traced. Functions of one name are taken together: the tracer tells them apart no more than that.

FNR == 1 { file++ }
file == 1 && /<-/ {
	for (i = 2; i <= NF; i++)
		if (substr($i, 1, 2) == "<-")
			traced[$(i - 1)]++
	calls++
}
file == 2 { counted[$2] += $1 }
file == 3 { filtered[$1] }

END {
	for (name in traced) {
		functions++
		if (counted[name] > traced[name] || counted[name] < traced[name]) {
			difference += traced[name] - counted[name]
			if (different++ < 10)
				print name ": traced " traced[name] ", counted " counted[name] + 0
			if (counted[name] > traced[name])
				surplus = 1
		}
	}
	for (name in counted)
		if (counted[name] && !(name in traced) && name in filtered) {
			print name ": never traced, counted " counted[name]
			surplus = 1
		}
	print functions + 0 " functions, " calls + 0 " calls, " different + 0 " different by " \
		difference + 0 ", the kernel says it missed " missed
	exit surplus || difference > missed || functions < 20 || calls < 1000
}
