/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Sizes of symbols, which no kallsyms has: from the ELF symbol table of the kernel's image. */
#ifndef KALLMOD_SYMBOLS_SIZES_H
#define KALLMOD_SYMBOLS_SIZES_H

#include "image.h"

/*
 * Gives symbols the sizes that image's ELF symbols have, by name and address; the kernel may
 * have been moved (KASLR). 0; -ENODATA: the image has no sizes; -EINVAL: it is of another build
 * of the kernel, and symbols are as they were; -ENOMEM.
 */
int kallmod_symbols_take_sizes(struct kallmod_ctx *ctx, struct kallmod_symbols *symbols,
			       struct kallmod_image *image);

/*
 * Gives the context's symbols their sizes, where there is an image that has them: the one that
 * was set, or the installed debug information. Where there is none, or it is of another build
 * (logged), they stay without. -ENOMEM, and what kallmod_ctx_symbols() returns.
 */
int kallmod_ctx_symbol_sizes(struct kallmod_ctx *ctx);

#endif
