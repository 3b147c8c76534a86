// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <time.h>

#include "clock.h"

uint64_t kallmod_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + now.tv_nsec;
}
