// SPDX-License-Identifier: GPL-2.0-only
/* kallmod and kmodtop: one program, one table of commands. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "distance.h"

static const struct kallmod_command *const commands[] = {
	&kallmod_command_sources,  &kallmod_command_modules,	&kallmod_command_map,
	&kallmod_command_syms,	   &kallmod_command_addr,	&kallmod_command_annotate,
	&kallmod_command_verify,   &kallmod_command_record,	&kallmod_command_report,
	&kallmod_command_kmodtop,  &kallmod_command_probe,	&kallmod_command_signatures,
	&kallmod_command_bench,	   &kallmod_command_build,	&kallmod_command_install_map,
};

enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
	fprintf(out, "Usage: kallmod COMMAND [OPTION...]\n"
		     "Which kernel module does an address belong to, built in or loaded?\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'kallmod COMMAND --help' tells a command's options; kallmod(1) has more.\n");
}

static int unknown_command(const char *name)
{
	const char *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < NCOMMANDS; i++) {
		size_t far = kallmod_distance(name, commands[i]->name);

		if (far < best) {
			best = far;
			nearest = commands[i]->name;
		}
	}
	fprintf(stderr, "kallmod: %s: no such command", name);
	if (nearest)
		fprintf(stderr, "; did you mean %s?", nearest);
	fprintf(stderr, nearest ? "\n" : "; see 'kallmod --help'\n");
	return KALLMOD_EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
	static char name[64];

	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (strcmp(argv[0], commands[i]->name))
			continue;
		/* argp names the program after argv[0] in --help and in errors. */
		snprintf(name, sizeof(name), "kallmod %s", commands[i]->name);
		if (commands[i] != &kallmod_command_kmodtop)
			argv[0] = name;
		return commands[i]->run(argc, argv);
	}
	return unknown_command(argv[0]);
}

int main(int argc, char **argv)
{
	const char *base = strrchr(argv[0], '/');

	argp_program_version = "kallmod " KALLMOD_VERSION;
	argp_err_exit_status = KALLMOD_EXIT_USAGE;
	base = base ? base + 1 : argv[0];
	if (!strcmp(base, "kmodtop"))
		return kallmod_command_kmodtop.run(argc, argv);
	if (argc < 2) {
		print_help(stderr);
		return KALLMOD_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(argp_program_version);
		return kallmod_cmd_finish("kallmod");
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return kallmod_cmd_finish("kallmod");
	}
	return run_command(argc - 1, argv + 1);
}
