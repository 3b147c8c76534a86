/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Small pieces that several parsers share. */
#ifndef KALLMOD_PARSE_H
#define KALLMOD_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads 1 to 16 hex digits at *at (no 0x, no sign) and moves *at behind them. */
static inline bool kallmod_parse_hex(const char **at, uint64_t *ret)
{
	const char *start = *at, *s = start;
	uint64_t value = 0;

	for (; s - start <= 16; s++) {
		unsigned int c = (unsigned char)*s, digit;

		if (c - '0' < 10)
			digit = c - '0';
		else if ((c | 0x20) - 'a' < 6)
			digit = (c | 0x20) - 'a' + 10;
		else
			break;
		value = value << 4 | digit;
	}
	if (s == start || s - start > 16)
		return false;
	*at = s;
	*ret = value;
	return true;
}

#endif
