// SPDX-License-Identifier: GPL-2.0-only
/* Specs: the first line is parsed, each of the others is a name to match. */
#include <stdlib.h>
#include <string.h>

#include "spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A glob without wildcards matches its own name and no other. */
static void check_literal(struct kallmod_spec *spec)
{
	const char *literal = spec->function.literal;
	char longer[2048];

	if (!literal)
		return;
	snprintf(longer, sizeof(longer), "%sx", literal);
	if (!kallmod_spec_has_function(spec, literal) ||
	    kallmod_spec_has_function(spec, longer) ||
	    !kallmod_glob_matches(spec->function.text, literal))
		abort();
}

static void match_all(struct kallmod_spec *spec, char *names)
{
	static const char *const usual[] = {
		"", "vfs_read", "ext4_iget.isra.0", "a:b", "\\", "init_once",
	};
	char *rest = NULL;

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		kallmod_spec_has_function(spec, usual[i]);
	for (char *name = strtok_r(names, "\n", &rest); name;
	     name = strtok_r(NULL, "\n", &rest))
		if (strlen(name) < 512)
			kallmod_spec_has_function(spec, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallmod_ctx *ctx;
	struct kallmod_spec spec;
	char *text, *names;

	if (size > 4096 || kallmod_ctx_create(&ctx))
		return 0;
	text = strndup((const char *)data, size);
	names = text + strcspn(text, "\n");
	if (*names)
		*names++ = '\0';
	if (!kallmod_spec_parse(ctx, text, &spec)) {
		check_literal(&spec);
		match_all(&spec, names);
		kallmod_spec_deinit(&spec);
	} else if (!strchr(kallmod_ctx_error(ctx), ';') &&
		   !strstr(kallmod_ctx_error(ctx), ": ")) {
		abort();
	}
	free(text);
	kallmod_ctx_destroy(ctx);
	return 0;
}
