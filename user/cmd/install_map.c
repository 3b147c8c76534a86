// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "cmd.h"
#include "ctx.h"
#include "install_files.h"
#include "ranges_export.h"
#include "ranges_sidecar.h"

#define NAME "kallmod install-map"

enum { KEY_UNINSTALL = 0x1000 };

struct options {
	struct kallmod_ctx *ctx;
	bool uninstall, dry_run;
};

/* What is to be installed, as text. */
struct texts {
	char *map, *ranges, *sidecar; /* owned; ranges are the sidecar's lines for them */
	size_t map_size, ranges_size, sidecar_size;
	size_t count;
	const char *source, *trust;
};

static void texts_deinit(struct texts *texts)
{
	free(texts->map);
	free(texts->ranges);
	free(texts->sidecar);
}

/* Symbols from elsewhere say nothing of the release; the running one's would be wrong. */
static void check_options(struct argp_state *state, const struct options *options)
{
	if (kallmod_ctx_get(options->ctx, KALLMOD_OPT_KALLSYMS) &&
	    !kallmod_ctx_get(options->ctx, KALLMOD_OPT_RELEASE) &&
	    !kallmod_ctx_get(options->ctx, KALLMOD_OPT_ROOT))
		argp_error(state, "--kallsyms: name the kernel that these symbols are of with --release");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->dry_run = true;
		return 0;
	case KEY_UNINSTALL:
		options->uninstall = true;
		return 0;
	case ARGP_KEY_END:
		check_options(state, options);
		return 0;
	default:
		return kallmod_cmd_parse_rest(key, arg, state, options->ctx);
	}
}

/* ---- what is installed ----------------------------------------------------------------- */

static int write_map(const struct options *options, const struct kallmod_map *map,
		     struct texts *texts)
{
	struct kallmod_ranges_export export = {
		.data = true, .out = open_memstream(&texts->map, &texts->map_size),
		.confidences = open_memstream(&texts->ranges, &texts->ranges_size)};
	int err = export.out && export.confidences ?
			  kallmod_ranges_export(options->ctx, map, &export, &texts->count) : -ENOMEM;

	if (export.out && fclose(export.out))
		err = -ENOMEM;
	if (export.confidences && fclose(export.confidences))
		err = -ENOMEM;
	if (err == -ENOMEM)
		return kallmod_fail(options->ctx, err, "no memory");
	if (!err && !texts->count)
		return kallmod_fail(options->ctx, -ENODATA,
				    "the map has no built-in modules; nothing is installed");
	return err;
}

static int describe(struct kallmod_ctx *ctx, const struct kallmod_map *map,
		    const struct texts *texts, struct kallmod_sidecar *ret)
{
	time_t now = time(NULL);
	struct tm utc;
	int err = kallmod_sha256(texts->map, texts->map_size, ret->sha256);

	if (err)
		return kallmod_fail(ctx, err, "SHA-256: %s", strerror(-err));
	snprintf(ret->release, sizeof(ret->release), "%s", kallmod_ctx_release(ctx));
	snprintf(ret->source, sizeof(ret->source), "%s", kallmod_map_source(map));
	snprintf(ret->version, sizeof(ret->version), "%s", KALLMOD_VERSION);
	if (!gmtime_r(&now, &utc) ||
	    !strftime(ret->date, sizeof(ret->date), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return kallmod_fail(ctx, -EOVERFLOW, "the clock is wrong; set it");
	ret->trust = kallmod_map_trust(map);
	if (ret->trust == KALLMOD_TRUST_INFERRED)
		kallmod_signatures_print(ctx, ret->signatures);
	return 0;
}

static int write_sidecar(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			 struct texts *texts)
{
	struct kallmod_sidecar sidecar = KALLMOD_SIDECAR_EMPTY;
	int err = describe(ctx, map, texts, &sidecar);
	FILE *out = err ? NULL : open_memstream(&texts->sidecar, &texts->sidecar_size);

	if (err)
		return err;
	if (out)
		kallmod_sidecar_write_head(&sidecar, out);
	if (out && sidecar.trust == KALLMOD_TRUST_INFERRED)
		fwrite(texts->ranges, 1, texts->ranges_size, out);
	return out && !fclose(out) ? 0 : kallmod_fail(ctx, -ENOMEM, "no memory");
}

static int make_texts(const struct options *options, struct texts *texts)
{
	struct kallmod_map *map;
	int err;

	kallmod_ctx_set_export(options->ctx);
	err = kallmod_map_build(options->ctx, &map);
	if (err)
		return err;
	err = write_map(options, map, texts);
	if (!err)
		err = write_sidecar(options->ctx, map, texts);
	texts->source = kallmod_map_source(map);
	texts->trust = kallmod_trust_name(kallmod_map_trust(map));
	kallmod_map_destroy(map);
	return err;
}

/* ---- the command ----------------------------------------------------------------------- */

static int put(const struct options *options, struct kallmod_install *install)
{
	__attribute__((cleanup(texts_deinit))) struct texts texts = {};
	const char *verb = install->there ? "replaced" : "installed";
	int err = make_texts(options, &texts);

	if (!err && !options->dry_run)
		err = kallmod_install_put(install, texts.map, texts.map_size, texts.sidecar,
					  texts.sidecar_size);
	if (err)
		return err;
	printf("%s: %s%s, %zu ranges, %s (source %s)\n%s: %s%s\n", install->path,
	       options->dry_run ? "would be " : "", verb, texts.count, texts.trust, texts.source,
	       install->sidecar, options->dry_run ? "would be " : "", verb);
	return 0;
}

static int take_away(const struct options *options, struct kallmod_install *install)
{
	const char *would = options->dry_run ? "would be " : "";
	int err;

	if (!install->there && !install->rest)
		return kallmod_fail(options->ctx, -ENOENT,
				    "%s: not found; there is nothing to uninstall", install->path);
	err = options->dry_run ? 0 : kallmod_install_remove(install);
	if (!err && install->there)
		printf("%s: %sremoved\n", install->path, would);
	if (!err)
		printf("%s: %sremoved\n", install->sidecar, would);
	return err;
}

static int install_map(void *input)
{
	const struct options *options = input;
	cleanup_install struct kallmod_install install = KALLMOD_INSTALL_EMPTY;
	int err = kallmod_install_open(&install, options->ctx);

	if (err)
		return err;
	return options->uninstall ? take_away(options, &install) : put(options, &install);
}

static int run(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"dry-run", 'n', NULL, 0, "Write nothing, say what would be done", 0},
		{"uninstall", KEY_UNINSTALL, NULL, 0, "Remove what was installed", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options, .parser = parse, .children = kallmod_cmd_children,
		.doc = "Write the map of the built-in modules to /lib/modules/RELEASE/modules.builtin.ranges, for all that read this file.\v"
		       "A file that came with the kernel is never touched. Beside the map stands modules.builtin.ranges.kallmod, which says what it was made from, and by which kallmod knows that it is no more than that."};
	struct options options = {.ctx = kallmod_cmd_context(NAME)};

	return kallmod_cmd_run(NAME, &argp, argc, argv, options.ctx, install_map, &options);
}

const struct kallmod_command kallmod_command_install_map = {
	.name = "install-map",
	.summary = "install the map as modules.builtin.ranges, for others to read",
	.run = run,
};
