/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KALLMOD_CLOCK_H
#define KALLMOD_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t kallmod_now_ns(void);

#endif
