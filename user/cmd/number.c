// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "number.h"

double kallmod_arg_number(struct argp_state *state, const char *option, const char *text,
			  double min, double max)
{
	char *end;
	double value = strtod(text, &end);

	/* So that what is no number at all is refused too. */
	if (end == text || *end || !(value >= min && value <= max))
		argp_error(state, "%s %s: a number from %g to %g is wanted", option, text, min, max);
	return value;
}

uint64_t kallmod_arg_count(struct argp_state *state, const char *option, const char *text,
			   uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	/* strtoull() takes blanks and signs, and "-1" for a large number. */
	if (errno || *text < '0' || *text > '9' || *end || value < min || value > max)
		argp_error(state, "%s %s: a whole number from %" PRIu64 " to %" PRIu64 " is wanted",
			   option, text, min, max);
	return value;
}
