// SPDX-License-Identifier: GPL-2.0-only
#include "compare.h"
#include "sigtest_padding.h"
#include "symbols.h"

static bool is_module_text(const struct kallmod_range *range)
{
	return range && range->set != KALLMOD_SET_CORE && range->section != KALLMOD_SECTION_DATA;
}

/* Where the function ends at most that the last byte of the range is in; 0: it is in no such one. */
static uint64_t function_end(const struct kallmod_map *truth, const struct kallmod_range *range,
			     const struct kallmod_symbols *symbols)
{
	ptrdiff_t i = kallmod_symbols_find(symbols, range->end - 1);
	const struct kallmod_range *begins;
	uint64_t addr;

	if (i < 0)
		return 0;
	addr = kallmod_symbols_at(symbols, i)->addr;
	begins = kallmod_map_find(truth, addr);
	if (!kallmod_symbols_text_at(symbols, addr) || !is_module_text(begins) ||
	    !kallmod_sets_equal(truth, begins->set, truth, range->set))
		return 0;
	return kallmod_symbols_end(symbols, i);
}

/* Where what can be padding behind truth's range index ends; at or below its end: there is none. */
static uint64_t padding_end(const struct kallmod_map *truth, size_t index,
			    const struct kallmod_symbols *symbols)
{
	const struct kallmod_range *range = kallmod_map_range(truth, index), *next;
	uint64_t function = function_end(truth, range, symbols), end = function;

	if (end > range->end && end - range->end > KALLMOD_PADDING_MAX)
		end = range->end + KALLMOD_PADDING_MAX;
	while ((next = kallmod_map_range(truth, ++index)) && next->start < function) {
		if (next->set == KALLMOD_SET_CORE)
			continue;
		/* The function goes on behind: what is between is a hole in it. */
		if (kallmod_sets_equal(truth, next->set, truth, range->set))
			return 0;
		end = next->start < end ? next->start : end;
	}
	return end;
}

/* Bytes of [start, end) that map gives to the set that truth calls set. */
static uint64_t said_bytes(const struct kallmod_map *truth, uint32_t set,
			   const struct kallmod_map *map, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	while (start < end) {
		const struct kallmod_range *in = kallmod_map_find(map, start);
		uint64_t to = in && in->end < end ? in->end : end;

		/* Not on to a range that begins later: padding is what follows its function. */
		if (!is_module_text(in) || !kallmod_sets_equal(truth, set, map, in->set))
			break;
		sum += to - start;
		start = to;
	}
	return sum;
}

uint64_t kallmod_padding_bytes(const struct kallmod_map *truth, const struct kallmod_map *map,
			       const struct kallmod_symbols *symbols)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < kallmod_map_range_count(truth); i++) {
		const struct kallmod_range *range = kallmod_map_range(truth, i);

		if (is_module_text(range))
			sum += said_bytes(truth, range->set, map, range->end,
					  padding_end(truth, i, symbols));
	}
	return sum;
}
