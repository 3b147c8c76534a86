/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal: the only place that knows curses. It is given back whatever happens. */
#ifndef KMODTOP_TERM_H
#define KMODTOP_TERM_H

#include "screen.h"

/* Takes the terminal. 0, or -ENOTTY, -EINVAL with a line in kallmod_ctx_error(). */
int kmodtop_term_open(struct kallmod_ctx *ctx, bool color);
/* Gives it back; also when it was never taken. */
void kmodtop_term_close(void);
/* The next key, or KMODTOP_KEY_NONE when there is none (yet). */
int kmodtop_term_key(void);
void kmodtop_term_size(size_t *width_ret, size_t *height_ret);
/* Takes the size that the terminal has now. */
void kmodtop_term_resize(void);
void kmodtop_term_draw(const struct kmodtop_picture *picture, bool from_scratch);

#endif
