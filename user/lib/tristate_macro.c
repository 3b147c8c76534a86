// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Documentation/kbuild/kconfig-macro-language.rst has the language (4.18). Its functions run
 * programs or print; paths use none of them, so they are not there for us.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "tristate_macro.h"

/* scripts/Kconfig.include has some 40 macros, which nest four deep. */
enum { MAX_MACROS = 4096, MAX_DEPTH = 16, MAX_STEPS = 1000 };

struct macro {
	char *name, *value; /* owned */
};

struct kallmod_macros {
	struct macro *macros;
	size_t n, capacity;
};

struct output {
	char *text;
	size_t length;
	unsigned int steps;
};

static struct macro *find(const struct kallmod_macros *macros, const char *name, size_t length)
{
	for (size_t i = 0; i < macros->n; i++)
		if (!strncmp(macros->macros[i].name, name, length) &&
		    !macros->macros[i].name[length])
			return &macros->macros[i];
	return NULL;
}

static bool append(struct output *out, const char *text, size_t length)
{
	if (length >= KALLMOD_MACRO_MAX - out->length)
		return false;
	memcpy(out->text + out->length, text, length);
	out->length += length;
	return true;
}

/* What stands behind a dollar: its name, and where the text goes on. */
static const char *split(const char *text, const char **name, size_t *length)
{
	if (*text == '(' || *text == '{') {
		size_t depth = 0;
		const char *at = text;

		*name = text + 1;
		do {
			depth += *at == '(' || *at == '{';
			depth -= *at == ')' || *at == '}';
		} while (*at++ && depth);
		*length = depth ? 0 : at - 1 - *name;
		return depth ? at - 1 : at;
	}
	*name = text;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	*length = text - *name;
	return text;
}

static bool expand(const struct kallmod_macros *macros, const char *text, unsigned int depth,
		   struct output *out)
{
	if (depth == MAX_DEPTH || ++out->steps > MAX_STEPS)
		return false;
	for (;;) {
		size_t length = strcspn(text, "$");
		const struct macro *macro;
		const char *name;

		if (!append(out, text, length))
			return false;
		text += length;
		if (!*text)
			return true;
		text = split(text + 1, &name, &length);
		macro = length ? find(macros, name, length) : NULL;
		if (macro && macro->value && !expand(macros, macro->value, depth + 1, out))
			return false;
	}
}

int kallmod_macros_expand(const struct kallmod_macros *macros, const char *text,
			  char ret[KALLMOD_MACRO_MAX])
{
	struct output out = {.text = ret};

	if (!expand(macros, text, 0, &out))
		return -ELOOP;
	ret[out.length] = '\0';
	return 0;
}

/* A new one, without a value yet. */
static struct macro *add(struct kallmod_macros *macros, const char *name)
{
	struct macro *macro;

	if (macros->n == MAX_MACROS ||
	    kallmod_grow(&macros->macros, &macros->capacity, macros->n, sizeof(*macro)))
		return NULL;
	macro = &macros->macros[macros->n];
	macro->name = strdup(name);
	macro->value = NULL;
	macros->n += macro->name != NULL;
	return macro->name ? macro : NULL;
}

static int set(struct kallmod_macros *macros, const char *name, const char *value)
{
	struct macro *macro = find(macros, name, strlen(name));

	if (!macro)
		macro = add(macros, name);
	if (!macro)
		return -ENOMEM;
	free(macro->value);
	macro->value = strdup(value);
	return macro->value ? 0 : -ENOMEM;
}

int kallmod_macros_set(struct kallmod_macros *macros, const char *name, char how,
		       const char *value)
{
	const struct macro *old = how == '+' ? find(macros, name, strlen(name)) : NULL;
	char text[KALLMOD_MACRO_MAX];
	size_t length = old && old->value ? strlen(old->value) + 1 : 0;

	if (how == ':')
		return set(macros, name, kallmod_macros_expand(macros, value, text) ? "" : text);
	if (length + strlen(value) >= sizeof(text))
		return set(macros, name, "");
	if (!length)
		return set(macros, name, value);
	strcpy(stpcpy(stpcpy(text, old->value), " "), value);
	return set(macros, name, text);
}

struct kallmod_macros *kallmod_macros_create(const char *srcarch)
{
	/* User-mode Linux takes parts of the machine that it runs on. */
	const char *machine = strcmp(srcarch, "um") ? srcarch : "x86";
	struct kallmod_macros *macros = calloc(1, sizeof(*macros));

	if (macros && !set(macros, "srctree", ".") && !set(macros, "SRCARCH", srcarch) &&
	    !set(macros, "ARCH", srcarch) && !set(macros, "HEADER_ARCH", machine) &&
	    !set(macros, "SUBARCH", machine))
		return macros;
	kallmod_macros_destroy(macros);
	return NULL;
}

void kallmod_macros_destroy(struct kallmod_macros *macros)
{
	if (!macros)
		return;
	for (size_t i = 0; i < macros->n; i++) {
		free(macros->macros[i].name);
		free(macros->macros[i].value);
	}
	free(macros->macros);
	free(macros);
}
