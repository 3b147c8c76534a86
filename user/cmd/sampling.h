/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of all commands that sample: what, how often, where. */
#ifndef KALLMOD_SAMPLING_H
#define KALLMOD_SAMPLING_H

#include <argp.h>

#include "sampler.h"

/* For an argp child; child input: struct kallmod_sampler_options *. */
extern const struct argp kallmod_sampling_argp;

#endif
