/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as values of options; a wrong one ends the program with a line and status 2. */
#ifndef KALLMOD_NUMBER_H
#define KALLMOD_NUMBER_H

#include <argp.h>
#include <stdint.h>

/* A number from min to max, both included; option stands in the message. */
double kallmod_arg_number(struct argp_state *state, const char *option, const char *text,
			  double min, double max);
/* The same of whole numbers. */
uint64_t kallmod_arg_count(struct argp_state *state, const char *option, const char *text,
			   uint64_t min, uint64_t max);

#endif
