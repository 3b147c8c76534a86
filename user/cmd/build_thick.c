// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_thick.h"
#include "cleanup.h"
#include "clock.h"
#include "ctx.h"
#include "savefile.h"
#include "thick_walk.h"

enum { PROGRESS_NS = 200 * 1000 * 1000 };

/* What the list is made from, and it. */
struct inputs {
	struct kallmod_config *config;
	struct kallmod_tristate *tristate;
	char *srcarch;
	struct kallmod_thick thick;
	struct kallmod_builtin_paths builtin;
};

static void release_inputs(struct inputs *inputs)
{
	kallmod_builtin_paths_deinit(&inputs->builtin);
	kallmod_thick_deinit(&inputs->thick);
	kallmod_tristate_destroy(inputs->tristate);
	kallmod_config_destroy(inputs->config);
	free(inputs->srcarch);
}

/* ---- while it runs --------------------------------------------------------------------- */

/* make has a directory that is to be removed, so an interrupt ends the work in order. */
static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
enum { NENDS = sizeof(ends) / sizeof(ends[0]) };

static void catch_signals(struct sigaction *before)
{
	struct sigaction action = {.sa_handler = interrupt};

	interrupted = 0;
	for (size_t i = 0; i < NENDS; i++) {
		sigaction(ends[i], NULL, &before[i]);
		/* nohup stays nohup. */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(ends[i], &action, NULL);
	}
}

static void restore_signals(const struct sigaction *before)
{
	for (size_t i = 0; i < NENDS; i++)
		sigaction(ends[i], &before[i], NULL);
}

static bool show_progress(void *arg, size_t done, size_t known)
{
	uint64_t *last = arg, now = kallmod_now_ns();

	if (*last && now - *last >= PROGRESS_NS) {
		fprintf(stderr, "\r%zu of %zu Kbuild files so far", done, known);
		*last = now;
	}
	return !interrupted;
}

static int walk(struct kallmod_ctx *ctx, const char *srctree, struct inputs *inputs)
{
	uint64_t last = isatty(STDERR_FILENO) ? kallmod_now_ns() : 0;
	struct kallmod_thick_tree tree = {srctree, inputs->srcarch, inputs->config,
					  inputs->tristate, show_progress, &last,
					  inputs->builtin.n ? &inputs->builtin : NULL};
	struct sigaction before[NENDS];
	int err;

	catch_signals(before);
	err = kallmod_thick_walk(ctx, &tree, &inputs->thick);
	restore_signals(before);
	if (last)
		fputs("\r\033[K", stderr);
	return err;
}

/* ---- files ----------------------------------------------------------------------------- */

static int read_inputs(struct kallmod_ctx *ctx, const struct build_thick_options *options,
		       struct inputs *inputs)
{
	cleanup_free char *beside = NULL, *top = NULL;
	int err;

	if (asprintf(&beside, "%s/.config", options->srctree) < 0)
		beside = NULL;
	if (asprintf(&top, "%s/Kconfig", options->srctree) < 0)
		top = NULL;
	if (!beside || !top)
		return kallmod_fail(ctx, -ENOMEM, "%s: out of memory", options->srctree);
	if (access(top, F_OK))
		return kallmod_fail(ctx, -ENOENT, "%s: not found; give a kernel source tree", top);
	err = kallmod_config_read(ctx, options->config ? options->config : beside,
				  &inputs->config);
	if (err == -ENOENT && !options->config)
		return kallmod_fail(ctx, err, "%s: not found; name a configuration with --config",
				    beside);
	if (!err)
		err = kallmod_config_srcarch(ctx, inputs->config, options->srctree, options->arch,
					     &inputs->srcarch);
	if (!err && options->builtin)
		err = kallmod_builtin_paths_read(ctx, options->builtin, &inputs->builtin);
	return err ? err : kallmod_tristate_read(ctx, options->srctree, inputs->srcarch,
						 &inputs->tristate);
}

enum { NAMES_SHOWN = 5 };

/* What the list was to have and has not, in one line. */
static void report_unmet(struct kallmod_ctx *ctx, const char *file,
			 const struct kallmod_builtin_paths *builtin)
{
	cleanup_free char *names = NULL;
	size_t size, missed = 0;
	FILE *text = open_memstream(&names, &size);

	if (!text)
		return;
	for (size_t i = 0; i < builtin->n; i++)
		if (!builtin->paths[i].met && missed++ < NAMES_SHOWN)
			fprintf(text, "%s%s", missed > 1 ? ", " : "", builtin->paths[i].object);
	if (!fclose(text) && missed)
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "%s: %zu of %zu modules are in no Kbuild file as configured: %s%s; is it this configuration's?",
			    file, missed, builtin->n, names, missed > NAMES_SHOWN ? ", …" : "");
}

static void write_thick(const struct inputs *inputs, FILE *file)
{
	kallmod_thick_write(&inputs->thick, file);
}

static void write_tristate(const struct inputs *inputs, FILE *file)
{
	kallmod_config_write_tristate(inputs->config, inputs->tristate, file);
}

static int save(struct kallmod_ctx *ctx, const struct inputs *inputs, const char *path,
		void (*write)(const struct inputs *inputs, FILE *file))
{
	cleanup_savefile struct kallmod_savefile file = KALLMOD_SAVEFILE_EMPTY;
	int err = kallmod_savefile_open(&file, ctx, path);

	if (err)
		return err;
	write(inputs, file.file);
	kallmod_savefile_open_to_all(&file);
	return kallmod_savefile_commit(&file);
}

static int save_in(struct kallmod_ctx *ctx, const struct inputs *inputs, const char *directory)
{
	cleanup_free char *thick = NULL, *tristate = NULL;
	int err;

	if (asprintf(&thick, "%s/modules_thick.builtin", directory) < 0)
		thick = NULL;
	if (asprintf(&tristate, "%s/tristate.conf", directory) < 0)
		tristate = NULL;
	if (!thick || !tristate)
		return kallmod_fail(ctx, -ENOMEM, "%s: out of memory", directory);
	err = save(ctx, inputs, tristate, write_tristate);
	return err ? err : save(ctx, inputs, thick, write_thick);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Said before the work, not after it. */
static int check_output(struct kallmod_ctx *ctx, const char *output)
{
	size_t length = strlen(output);

	if (!length || output[length - 1] != '/' || is_directory(output) || !mkdir(output, 0777))
		return 0;
	return kallmod_fail(ctx, -errno, "%s: cannot be made: %s; name another place with -o",
			    output, strerror(errno));
}

int build_thick_run(struct kallmod_ctx *ctx, const struct build_thick_options *options)
{
	const char *output = options->output ? options->output : "-";
	struct inputs inputs = {.thick = KALLMOD_THICK_EMPTY};
	int err = check_output(ctx, output);

	if (!err)
		err = read_inputs(ctx, options, &inputs);
	if (!err)
		err = walk(ctx, options->srctree, &inputs);
	if (!err && !inputs.thick.n)
		kallmod_log(ctx, KALLMOD_LOG_WARN,
			    "%s: no module is built in; is the configuration this tree's?",
			    options->config ? options->config : options->srctree);
	if (!err && options->builtin)
		report_unmet(ctx, options->builtin, &inputs.builtin);
	if (!err)
		err = is_directory(output) ? save_in(ctx, &inputs, output) :
					     save(ctx, &inputs, output, write_thick);
	release_inputs(&inputs);
	return err;
}
