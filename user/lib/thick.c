// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A line has no limit but the file's: that of amdgpu is 60 kB long. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "thick.h"

static const size_t max_file = 64 << 20; /* of Linux 6.12 with all of it built in: 3 MB */

static void free_module(struct kallmod_thick_module *module)
{
	for (size_t i = 0; i < module->n; i++)
		free(module->objects[i]);
	free(module->objects);
	free(module->name);
}

void kallmod_thick_deinit(struct kallmod_thick *thick)
{
	for (size_t i = 0; i < thick->n; i++)
		free_module(&thick->modules[i]);
	free(thick->modules);
	*thick = (struct kallmod_thick)KALLMOD_THICK_EMPTY;
}

int kallmod_thick_add(struct kallmod_thick *thick, const char *name, size_t length)
{
	char *copy = strndup(name, length);

	if (!copy ||
	    kallmod_grow(&thick->modules, &thick->capacity, thick->n, sizeof(*thick->modules))) {
		free(copy);
		return -ENOMEM;
	}
	thick->modules[thick->n++] = (struct kallmod_thick_module){.name = copy};
	return 0;
}

int kallmod_thick_add_object(struct kallmod_thick *thick, const char *object, size_t length)
{
	struct kallmod_thick_module *module = &thick->modules[thick->n - 1];
	char *copy = strndup(object, length);

	if (!copy ||
	    kallmod_grow(&module->objects, &module->capacity, module->n, sizeof(copy))) {
		free(copy);
		return -ENOMEM;
	}
	module->objects[module->n++] = copy;
	return 0;
}

static int compare_modules(const void *a, const void *b)
{
	const struct kallmod_thick_module *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void kallmod_thick_sort(struct kallmod_thick *thick)
{
	size_t kept = 0;

	if (thick->n)
		qsort(thick->modules, thick->n, sizeof(*thick->modules), compare_modules);
	for (size_t i = 0; i < thick->n; i++)
		if (kept && !strcmp(thick->modules[kept - 1].name, thick->modules[i].name))
			free_module(&thick->modules[i]);
		else
			thick->modules[kept++] = thick->modules[i];
	thick->n = kept;
}

/* ---- reading --------------------------------------------------------------------------- */

struct text {
	struct kallmod_ctx *ctx;
	const char *name, *at, *end;
	size_t line;
};

static int text_fail(const struct text *text, int err, const char *what)
{
	return kallmod_fail(text->ctx, err, "%s: line %zu: %s", text->name, text->line, what);
}

/* The length of the next word of the line, 0 at its end. A backslash continues a line. */
static size_t next_word(struct text *text)
{
	const char *at = text->at, *start;

	for (;; at++) {
		if (at < text->end && (*at == ' ' || *at == '\t'))
			continue;
		if (text->end - at < 2 || at[0] != '\\' || at[1] != '\n')
			break;
		at++;
		text->line++;
	}
	start = text->at = at;
	while (at < text->end && *at && !strchr(" \t\n", *at))
		at++;
	return at - start;
}

static bool is_object(const char *word, size_t length)
{
	return length > 2 && !memcmp(word + length - 2, ".o", 2) && *word != '/' &&
	       !memchr(word, ':', length);
}

static int parse_line(struct text *text, struct kallmod_thick *thick)
{
	static const char what[] = "is not 'MODULE.o: OBJECT.o…'; give a modules_thick.builtin";
	size_t length = next_word(text);
	int err;

	if (!length || text->at[length - 1] != ':' || !is_object(text->at, length - 1))
		return text_fail(text, -EINVAL, what);
	err = kallmod_thick_add(thick, text->at, length - 1);
	text->at += length;
	while (!err && (length = next_word(text))) {
		if (!is_object(text->at, length))
			return text_fail(text, -EINVAL, what);
		err = kallmod_thick_add_object(thick, text->at, length);
		text->at += length;
	}
	return err ? text_fail(text, err, "out of memory") : 0;
}

int kallmod_thick_parse(struct kallmod_ctx *ctx, const char *name, const char *data,
			size_t size, struct kallmod_thick *thick)
{
	struct text text = {ctx, name, data, data + size, 1};
	int err = 0;

	for (; !err && text.at < text.end; text.line++) {
		err = parse_line(&text, thick);
		if (!err && text.at == text.end)
			err = text_fail(&text, -EINVAL,
					"the file is torn, its last line has no end; get a whole copy");
		else if (!err && *text.at++ != '\n')
			err = text_fail(&text, -EINVAL,
					"has a NUL byte, so this is no text; name the right file");
	}
	if (err)
		kallmod_thick_deinit(thick);
	return err;
}

int kallmod_thick_read(struct kallmod_ctx *ctx, const char *path, struct kallmod_thick *thick)
{
	cleanup_free char *data = NULL;
	size_t size;
	int err = kallmod_file_read(ctx, path, max_file, &data, &size);

	return err ? err : kallmod_thick_parse(ctx, path, data, size, thick);
}

void kallmod_thick_write(const struct kallmod_thick *thick, FILE *file)
{
	for (size_t i = 0; i < thick->n; i++) {
		const struct kallmod_thick_module *module = &thick->modules[i];

		fprintf(file, "%s:", module->name);
		for (size_t j = 0; j < module->n; j++)
			fprintf(file, " %s", module->objects[j]);
		putc('\n', file);
	}
}
