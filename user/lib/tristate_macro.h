/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The macros of Kconfig files, as far as the paths in them need any. */
#ifndef KALLMOD_TRISTATE_MACRO_H
#define KALLMOD_TRISTATE_MACRO_H

enum { KALLMOD_MACRO_MAX = 4096 }; /* bytes of an expanded text, with its NUL */

struct kallmod_macros;

/* With $(SRCARCH) and its like set; $(srctree) is ".". NULL: no memory. */
struct kallmod_macros *kallmod_macros_create(const char *srcarch);
void kallmod_macros_destroy(struct kallmod_macros *macros);
/* how: '=', ':' (expanded at once), '+' (appended). One that is too long is empty. -ENOMEM. */
int kallmod_macros_set(struct kallmod_macros *macros, const char *name, char how,
		       const char *value);
/*
 * $(NAME), ${NAME} and $NAME become their values, functions nothing: none is run. -ELOOP: the
 * values have no end, or too long a one.
 */
int kallmod_macros_expand(const struct kallmod_macros *macros, const char *text,
			  char ret[KALLMOD_MACRO_MAX]);

#endif
