// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "hash.h"
#include "ranges_sidecar.h"

/* The NUL included. */
static uint64_t add_text(uint64_t hash, const char *text)
{
	return kallmod_hash_word(kallmod_hash_text(hash, text), 0);
}

/* Not by time: the same files, installed on another machine, are the same signatures. */
static uint64_t add_file(uint64_t hash, const char *path)
{
	const char *name = strrchr(path, '/');
	struct stat st;
	char size[32];

	if (stat(path, &st))
		st.st_size = 0;
	snprintf(size, sizeof(size), "%jd", (intmax_t)st.st_size);
	return add_text(add_text(hash, name ? name + 1 : path), size);
}

void kallmod_signatures_print(struct kallmod_ctx *ctx, char ret[KALLMOD_SIGNATURES_PRINT])
{
	const char *exclude = kallmod_ctx_get(ctx, KALLMOD_OPT_EXCLUDE_RELEASE);
	uint64_t hash = KALLMOD_HASH_START;
	cleanup_free char *pattern = NULL;
	glob_t found = { 0 };

	*ret = '\0';
	if (asprintf(&pattern, "%s/*.sig", kallmod_ctx_signatures(ctx)) < 0) {
		pattern = NULL;
		return;
	}
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		hash = add_file(hash, found.gl_pathv[i]);
	globfree(&found);
	hash = add_text(hash, exclude ? exclude : "");
	snprintf(ret, KALLMOD_SIGNATURES_PRINT, "%016llx", (unsigned long long)hash);
}
