/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Attaching's inside. Whatever is attached hangs from a file descriptor, and from nothing else:
 * the kernel takes it away when the process dies, however it dies.
 */
#ifndef KALLMOD_ATTACH_PRIV_H
#define KALLMOD_ATTACH_PRIV_H

#include "ctx.h"

/* What was attached together: one link, or a pair for entry and return. */
struct kallmod_attach_link {
	int fd, return_fd; /* -1: none */
	uint8_t mechanism;
};

struct kallmod_attachment {
	struct kallmod_ctx *ctx;
	struct kallmod_attach_options options;
	const struct kallmod_function *functions; /* for the time of kallmod_attach() only */
	size_t n;
	const char **skipped; /* for each function: why; NULL: it is attached */
	char **reasons;	      /* those of skipped that are our own */
	size_t nreasons, reasons_capacity;
	struct kallmod_attach_link *links;
	size_t nlinks, capacity;
	size_t counts[KALLMOD_MECHANISM_NO + 1]; /* functions attached, by mechanism */
	size_t single_total, single_done;	 /* of functions with a probe of their own */
	uint64_t missed_before; /* what the programs had missed when we came */
};

/* File descriptors of a mechanism's programs; -1: not given, or not loaded. */
struct kallmod_attach_programs {
	int entry, on_return;
};
struct kallmod_attach_programs kallmod_attach_programs_of(const struct kallmod_attachment *attachment,
					  enum kallmod_mechanism mechanism);

uint64_t kallmod_attach_cookie(const struct kallmod_attachment *attachment, size_t index);
/* Says why function index is left out; err is what the kernel said, or 0. Returns 0 or -ENOMEM. */
int kallmod_attach_skip(struct kallmod_attachment *attachment, size_t index, int err, const char *why);
/* Takes a link over, or closes it when there is no memory. */
int kallmod_attach_keep(struct kallmod_attachment *attachment, struct kallmod_attach_link link);
void kallmod_attach_link_close(struct kallmod_attach_link *link);
/* One more single probe came or went. */
void kallmod_attach_progress(struct kallmod_attachment *attachment);

/* True for what is the same for every function: to go on would be no use. */
bool kallmod_attach_fatal(int err);
/* Records the line for it and returns it. */
int kallmod_attach_fail(struct kallmod_attachment *attachment, int err);

/*
 * Each attaches the functions that have its mechanism, in one go or one by one. What the kernel
 * refuses of them is skipped; an error is one that makes all the rest vain (no privilege, no
 * memory, no file descriptors left), and has its line.
 */
int kallmod_attach_multi(struct kallmod_attachment *attachment);
int kallmod_attach_kprobes(struct kallmod_attachment *attachment);
int kallmod_attach_fentries(struct kallmod_attachment *attachment);

/* Between open and load: has the program, which may be NULL, loaded or not. */
int kallmod_attach_need(struct bpf_program *program, bool needed);
/* Gives the programs for fentry, where they are needed, a function to be verified against. */
int kallmod_attach_fentry_prepare(struct kallmod_ctx *ctx,
				  const struct kallmod_function *functions, size_t n,
				  const struct kallmod_probe_programs *programs);

/* Hits that the kernel did not pass on to this program, and through this link. */
uint64_t kallmod_attach_program_missed(int fd);
uint64_t kallmod_attach_link_missed(int fd);

#endif
