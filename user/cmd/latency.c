// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "latency.h"

uint64_t kallmod_latency_calls(const struct kallmod_probe_latency *latency)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < KALLMOD_PROBE_SLOTS; i++)
		calls += latency->slots[i];
	return calls;
}

void kallmod_latency_add(struct kallmod_probe_latency *a, const struct kallmod_probe_latency *b)
{
	a->total += b->total;
	a->self += b->self;
	a->nested += b->nested;
	a->max = a->max > b->max ? a->max : b->max;
	for (size_t i = 0; i < KALLMOD_PROBE_SLOTS; i++)
		a->slots[i] += b->slots[i];
}

/* The place in slot i that a part of its calls (0 to 1) does not exceed. */
static double within_slot(size_t i, double part)
{
	double low = i ? (double)(1ull << i) : 0, high = i ? 2 * low : 2;

	return low + part * (high - low);
}

uint64_t kallmod_latency_percentile(const struct kallmod_probe_latency *latency, double share)
{
	double wanted = share * kallmod_latency_calls(latency), before = 0;

	if (wanted <= 0)
		return 0;
	for (size_t i = 0; i < KALLMOD_PROBE_SLOTS; i++) {
		double here = latency->slots[i], at;

		if (here && before + here >= wanted) {
			at = within_slot(i, (wanted - before) / here);
			return at < latency->max ? (uint64_t)at : latency->max;
		}
		before += here;
	}
	return latency->max;
}

const char *kallmod_latency_text(uint64_t ns, char text[KALLMOD_LATENCY_TEXT])
{
	static const char *const units[] = {"us", "ms", "s"};
	double value = ns / 1e3;
	size_t unit = 0;

	if (ns < 1000) {
		snprintf(text, KALLMOD_LATENCY_TEXT, "%" PRIu64 "ns", ns);
		return text;
	}
	/* What would be rounded to 1000 is one of the next unit. */
	for (; value >= 999.5 && unit < 2; unit++)
		value /= 1e3;
	snprintf(text, KALLMOD_LATENCY_TEXT, "%.*f%s",
		 value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
	return text;
}

void kallmod_latency_print(FILE *file, const struct kallmod_probe_latency *latency, int width)
{
	char low[KALLMOD_LATENCY_TEXT], high[KALLMOD_LATENCY_TEXT], bar[256];
	size_t first = 0, last = KALLMOD_PROBE_SLOTS - 1;
	uint64_t most = 0;

	width = width < (int)sizeof(bar) ? width : (int)sizeof(bar) - 1;
	while (first < last && !latency->slots[first])
		first++;
	while (last > first && !latency->slots[last])
		last--;
	for (size_t i = first; i <= last; i++)
		most = most > latency->slots[i] ? most : latency->slots[i];
	for (size_t i = first; most && i <= last; i++) {
		int n = (double)latency->slots[i] / most * width + 0.5;

		memset(bar, '#', n);
		bar[n] = '\0';
		fprintf(file, "  %7s - %-7s %10" PRIu64 " |%-*s|\n",
			kallmod_latency_text(i ? 1ull << i : 0, low),
			i < 63 ? kallmod_latency_text(2ull << i, high) : "",
			(uint64_t)latency->slots[i], width, bar);
	}
}
