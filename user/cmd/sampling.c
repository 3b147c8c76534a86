// SPDX-License-Identifier: GPL-2.0-only
#include "number.h"
#include "sampling.h"

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What is sampled:", 2},
	{"frequency", 'F', "HZ", 0, "Samples per second and CPU; default 99", 2},
	{"count", 'c', "PERIOD", 0, "A sample every PERIOD events instead", 2},
	{"event", 'e', "EVENT", 0,
	 "cycles (default where the machine has it), cpu-clock, instructions, rNNN, …", 2},
	{"pid", 'p', "PID", 0, "Only this process", 2},
	{"cpu", 'C', "CPUS", 0, "Only these CPUs, as in 0,2-3", 2},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kallmod_sampler_options *sampler = state->input;

	switch (key) {
	case 'F':
		sampler->hz = kallmod_arg_count(state, "-F", arg, 1, 1000000);
		return 0;
	case 'c':
		sampler->period = kallmod_arg_count(state, "-c", arg, 1, INT64_MAX);
		return 0;
	case 'e':
		sampler->event = arg;
		return 0;
	case 'p':
		sampler->pid = kallmod_arg_count(state, "-p", arg, 1, INT32_MAX);
		return 0;
	case 'C':
		sampler->cpus = arg;
		return 0;
	case ARGP_KEY_END:
		if (sampler->hz && sampler->period)
			argp_error(state, "-F and -c exclude each other");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp kallmod_sampling_argp = {.options = options, .parser = parse};
