// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "pathset.h"
#include "tristate.h"
#include "tristate_macro.h"
#include "tristate_parse.h"

/* Linux 6.12 has 1,800 files for an architecture, none over 100 kB, and nests them 8 deep. */
enum { MAX_FILES = 20000, MAX_DEPTH = 64, MAX_SYMBOLS = 1 << 20, NO_CHOICE = -1 };
static const size_t max_file = 4 << 20;

struct symbol {
	char *name; /* owned */
	size_t order;
	int choice; /* gives the type of a symbol that has none; or NO_CHOICE */
	enum kallmod_kconfig_type type;
};

struct kallmod_tristate {
	struct symbol *symbols; /* after finish(): tristate, sorted, each once */
	size_t n, capacity;
};

struct walk {
	struct kallmod_ctx *ctx;
	struct kallmod_tristate *out;
	struct kallmod_macros *macros;
	struct kallmod_pathset read; /* types do not change when a file is read again */
	enum kallmod_kconfig_type *choices;
	size_t nchoices, choice_capacity;
	int choice;		 /* we are in; or NO_CHOICE */
	struct symbol *symbol;	 /* whose entry this is; or NULL */
	bool choice_entry;	 /* or it is the choice's own */
	const char *srctree, *file;
	unsigned int depth;
};

static int read_kconfig(struct walk *walk, const char *name);

/* ---- entries --------------------------------------------------------------------------- */

static int line_fail(const struct walk *walk, int err, size_t line, const char *what)
{
	return kallmod_fail(walk->ctx, err, "%s: line %zu: %s", walk->file, line, what);
}

static int no_memory(const struct walk *walk)
{
	return kallmod_fail(walk->ctx, -ENOMEM, "%s: out of memory", walk->file);
}

static int add_symbol(struct walk *walk, const struct kallmod_kconfig_line *line)
{
	struct kallmod_tristate *out = walk->out;

	if (out->n == MAX_SYMBOLS)
		return line_fail(walk, -EFBIG, line->line,
				 "more symbols than a kernel has; give a kernel source tree");
	if (kallmod_grow(&out->symbols, &out->capacity, out->n, sizeof(*out->symbols)))
		return no_memory(walk);
	walk->symbol = &out->symbols[out->n];
	*walk->symbol = (struct symbol){strdup(line->text), out->n, walk->choice,
					KALLMOD_KCONFIG_UNTYPED};
	if (!walk->symbol->name)
		return no_memory(walk);
	out->n++;
	walk->choice_entry = false;
	return 0;
}

static int begin_choice(struct walk *walk)
{
	if (walk->nchoices == MAX_SYMBOLS ||
	    kallmod_grow(&walk->choices, &walk->choice_capacity, walk->nchoices,
			 sizeof(*walk->choices)))
		return no_memory(walk);
	walk->choices[walk->nchoices] = KALLMOD_KCONFIG_UNTYPED;
	walk->choice = (int)walk->nchoices++;
	walk->choice_entry = true;
	walk->symbol = NULL;
	return 0;
}

static void end_entry(struct walk *walk)
{
	walk->symbol = NULL;
	walk->choice_entry = false;
}

/* The first type holds; a choice without one has that of its first symbol. */
static void set_type(struct walk *walk, enum kallmod_kconfig_type type)
{
	if (walk->symbol && walk->symbol->type == KALLMOD_KCONFIG_UNTYPED)
		walk->symbol->type = type;
	if ((walk->symbol || walk->choice_entry) && walk->choice != NO_CHOICE &&
	    walk->choices[walk->choice] == KALLMOD_KCONFIG_UNTYPED)
		walk->choices[walk->choice] = type;
}

/* ---- files ----------------------------------------------------------------------------- */

/* Nothing but files of this tree is opened. */
static bool is_inside(const char *name)
{
	size_t length;

	if (*name == '/' || !*name)
		return false;
	for (; *name; name += length + (name[length] == '/')) {
		length = strcspn(name, "/");
		if (length == 2 && !memcmp(name, "..", 2))
			return false;
	}
	return true;
}

static int source(struct walk *walk, const struct kallmod_kconfig_line *line)
{
	char path[KALLMOD_MACRO_MAX];
	int err = kallmod_macros_expand(walk->macros, line->text, path);
	const char *file = walk->file;
	int choice = walk->choice;

	if (err)
		return line_fail(walk, err, line->line,
				 "its macros have no end; give a whole kernel source tree");
	if (!is_inside(path))
		return line_fail(walk, -EINVAL, line->line,
				 "sources a file outside the tree; give a kernel source tree");
	if (walk->depth == MAX_DEPTH)
		return line_fail(walk, -ELOOP, line->line,
				 "files that source each other nest too deeply; give a kernel source tree");
	end_entry(walk);
	err = read_kconfig(walk, path);
	walk->file = file;
	walk->choice = choice;
	end_entry(walk);
	return err;
}

static int take_line(void *arg, const struct kallmod_kconfig_line *line)
{
	struct walk *walk = arg;

	switch (line->kind) {
	case KALLMOD_KCONFIG_SYMBOL:
		return add_symbol(walk, line);
	case KALLMOD_KCONFIG_CHOICE:
		return begin_choice(walk);
	case KALLMOD_KCONFIG_TYPE:
		set_type(walk, line->type);
		return 0;
	case KALLMOD_KCONFIG_ENDCHOICE:
		walk->choice = NO_CHOICE;
		end_entry(walk);
		return 0;
	case KALLMOD_KCONFIG_OUTSIDE:
		end_entry(walk);
		return 0;
	case KALLMOD_KCONFIG_SOURCE:
		return source(walk, line);
	case KALLMOD_KCONFIG_ASSIGN:
		end_entry(walk);
		return kallmod_macros_set(walk->macros, line->text, line->how, line->value) ?
			       no_memory(walk) : 0;
	}
	return 0;
}

static int parse_text(struct walk *walk, char *text, size_t size)
{
	size_t line = 0;
	int err;

	if (strlen(text) != size)
		return kallmod_fail(walk->ctx, -EINVAL,
				    "%s: has a NUL byte, so this is no Kconfig file; give a kernel source tree",
				    walk->file);
	err = kallmod_kconfig_parse(text, take_line, walk, &line);
	return line ? line_fail(walk, err, line, "is not Kconfig; give a kernel source tree") : err;
}

static int check_file(struct walk *walk, const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return kallmod_file_fail(walk->ctx, path, -errno);
		return kallmod_fail(walk->ctx, -ENOENT,
				    "%s: not found, and %s sources it; give a whole kernel source tree",
				    path, walk->file);
	}
	if (!S_ISREG(st.st_mode))
		return kallmod_fail(walk->ctx, -EINVAL,
				    "%s: is not a file; give a kernel source tree", path);
	return 0;
}

/* Reads SRCTREE/name, unless it was read before. */
static int read_kconfig(struct walk *walk, const char *name)
{
	cleanup_free char *path = NULL, *text = NULL;
	size_t size;
	int err = kallmod_pathset_add(&walk->read, name);

	if (err <= 0)
		return err ? no_memory(walk) : 0;
	if (walk->read.n > MAX_FILES)
		return kallmod_fail(walk->ctx, -EFBIG,
				    "%s: sources more files than a kernel has; give a kernel source tree",
				    walk->file);
	if (asprintf(&path, "%s/%s", walk->srctree, name) < 0) {
		path = NULL;
		return no_memory(walk);
	}
	err = check_file(walk, path);
	if (!err)
		err = kallmod_file_read(walk->ctx, path, max_file, &text, &size);
	if (err)
		return err;
	walk->file = path;
	walk->depth++;
	err = parse_text(walk, text, size);
	walk->depth--;
	return err;
}

/* ---- the set --------------------------------------------------------------------------- */

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* A symbol can have several entries: the first that has a type gives it. */
static void finish(struct walk *walk)
{
	struct kallmod_tristate *out = walk->out;
	enum kallmod_kconfig_type type = KALLMOD_KCONFIG_UNTYPED;
	size_t kept = 0;

	if (out->n)
		qsort(out->symbols, out->n, sizeof(*out->symbols), compare_symbols);
	for (size_t i = 0; i < out->n; i++) {
		struct symbol *symbol = &out->symbols[i];
		bool last = i + 1 == out->n || strcmp(symbol->name, symbol[1].name);

		if (symbol->type == KALLMOD_KCONFIG_UNTYPED && symbol->choice != NO_CHOICE)
			symbol->type = walk->choices[symbol->choice];
		if (type == KALLMOD_KCONFIG_UNTYPED)
			type = symbol->type;
		if (last && type == KALLMOD_KCONFIG_TRISTATE)
			out->symbols[kept++] = *symbol;
		else
			free(symbol->name);
		if (last)
			type = KALLMOD_KCONFIG_UNTYPED;
	}
	out->n = kept;
}

static void release_walk(struct walk *walk)
{
	kallmod_pathset_deinit(&walk->read);
	free(walk->choices);
	kallmod_macros_destroy(walk->macros);
}

int kallmod_tristate_read(struct kallmod_ctx *ctx, const char *srctree, const char *srcarch,
			  struct kallmod_tristate **ret)
{
	struct walk walk = {.ctx = ctx, .choice = NO_CHOICE, .srctree = srctree, .file = srctree};
	int err;

	walk.out = calloc(1, sizeof(*walk.out));
	walk.macros = kallmod_macros_create(srcarch);
	err = walk.out && walk.macros ? read_kconfig(&walk, "Kconfig") : no_memory(&walk);
	if (!err) {
		finish(&walk);
		*ret = cleanup_take(walk.out);
	}
	kallmod_tristate_destroy(walk.out);
	release_walk(&walk);
	return err;
}

void kallmod_tristate_destroy(struct kallmod_tristate *tristate)
{
	if (!tristate)
		return;
	for (size_t i = 0; i < tristate->n; i++)
		free(tristate->symbols[i].name);
	free(tristate->symbols);
	free(tristate);
}

size_t kallmod_tristate_count(const struct kallmod_tristate *tristate)
{
	return tristate->n;
}

const char *kallmod_tristate_name(const struct kallmod_tristate *tristate, size_t index)
{
	return tristate->symbols[index].name;
}

static int compare_name(const void *name, const void *symbol)
{
	return strcmp(name, ((const struct symbol *)symbol)->name);
}

bool kallmod_tristate_has(const struct kallmod_tristate *tristate, const char *name)
{
	return tristate->n && bsearch(name, tristate->symbols, tristate->n,
				      sizeof(*tristate->symbols), compare_name);
}
