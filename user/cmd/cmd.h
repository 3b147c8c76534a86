/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: one file each, one const table (main.c). A command parses its own arguments with
 * argp, and takes the shared options (--root, --source, …) by having kallmod_shared_argp as
 * an argp child whose input is a struct kallmod_ctx *.
 */
#ifndef KALLMOD_CMD_H
#define KALLMOD_CMD_H

#include <argp.h>

#include "kallmod.h"

struct kallmod_command {
	const char *name;
	const char *summary; /* one line for kallmod --help */
	int (*run)(int argc, char **argv); /* argv[0] = "kallmod NAME"; returns the exit status */
};

enum { KALLMOD_EXIT_OK = 0, KALLMOD_EXIT_FAILED = 1, KALLMOD_EXIT_USAGE = 2 };

/* Shared options of all commands that read a map; child input: struct kallmod_ctx *. */
extern const struct argp kallmod_shared_argp;

/*
 * A context whose warnings go to stderr as "NAME: warning: …" and that finds the signatures
 * of a build tree beside the executable. Exits with 1 and a message when there is no memory.
 */
struct kallmod_ctx *kallmod_cmd_context(const char *name);
/* argp children of a command that has the shared options and no other children. */
extern const struct argp_child kallmod_cmd_children[];
/*
 * For the keys that the parser of such a command does not know: gives ctx to the shared
 * options, and refuses arguments.
 */
error_t kallmod_cmd_parse_rest(int key, const char *arg, struct argp_state *state,
			       struct kallmod_ctx *ctx);
/*
 * Parses with argp, calls fn with input, and destroys ctx; returns the exit status. fn returns
 * 0 or a negative errno, with its line in kallmod_ctx_error().
 */
int kallmod_cmd_run(const char *name, const struct argp *argp, int argc, char **argv,
		    struct kallmod_ctx *ctx, int (*fn)(void *input), void *input);
/*
 * For commands that sample: 0 when the context works on the running kernel, else a line and
 * KALLMOD_EXIT_USAGE.
 */
int kallmod_cmd_check_live(const char *name, const struct kallmod_ctx *ctx);
/* Prints "NAME: <kallmod_ctx_error>" to stderr and returns KALLMOD_EXIT_FAILED. */
int kallmod_cmd_failed(const char *name, const struct kallmod_ctx *ctx);
/* Flushes stdout; a full disk or closed pipe gives one line and KALLMOD_EXIT_FAILED. */
int kallmod_cmd_finish(const char *name);

extern const struct kallmod_command kallmod_command_sources, kallmod_command_modules,
	kallmod_command_map, kallmod_command_syms, kallmod_command_addr,
	kallmod_command_annotate, kallmod_command_verify, kallmod_command_record,
	kallmod_command_report, kallmod_command_signatures, kallmod_command_bench,
	kallmod_command_build, kallmod_command_kmodtop, kallmod_command_install_map,
	kallmod_command_probe;

#endif
