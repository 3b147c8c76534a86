/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Small pieces that several parsers share. */
#ifndef KALLMOD_PARSE_H
#define KALLMOD_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* What a hex digit is worth, plus one; 0: it is none. Nobody can predict a branch on that. */
static const unsigned char kallmod_hex_digits[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Reads 1 to 16 hex digits at *at (no 0x, no sign) and moves *at behind them. */
static inline bool kallmod_parse_hex(const char **at, uint64_t *ret)
{
	const char *start = *at, *s = start;
	uint64_t value = 0;

	for (; s - start <= 16; s++) {
		unsigned int digit = kallmod_hex_digits[(unsigned char)*s];

		if (!digit)
			break;
		value = value << 4 | (digit - 1);
	}
	if (s == start || s - start > 16)
		return false;
	*at = s;
	*ret = value;
	return true;
}

#endif
