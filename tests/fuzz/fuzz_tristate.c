// SPDX-License-Identifier: GPL-2.0-only
/* Kconfig files: every line that is told is whole, and macros have an end. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "tristate_macro.h"
#include "tristate_parse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int take_line(void *arg, const struct kallmod_kconfig_line *line)
{
	char text[KALLMOD_MACRO_MAX];

	switch (line->kind) {
	case KALLMOD_KCONFIG_SYMBOL:
		if (!*line->text || strpbrk(line->text, " \t\n\"'"))
			abort();
		return 0;
	case KALLMOD_KCONFIG_TYPE:
		if (line->type == KALLMOD_KCONFIG_UNTYPED)
			abort();
		return 0;
	case KALLMOD_KCONFIG_SOURCE:
		if (!*line->text)
			abort();
		if (!kallmod_macros_expand(arg, line->text, text) && strlen(text) >= sizeof(text))
			abort();
		return 0;
	case KALLMOD_KCONFIG_ASSIGN:
		return kallmod_macros_set(arg, line->text, line->how, line->value);
	default:
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct kallmod_macros *macros = kallmod_macros_create("x86");
	cleanup_free char *text = strndup((const char *)data, size);
	size_t line = 0;
	int err;

	if (macros && text) {
		err = kallmod_kconfig_parse(text, take_line, macros, &line);
		if (line && !err)
			abort();
	}
	kallmod_macros_destroy(macros);
	return 0;
}
