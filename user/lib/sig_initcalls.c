// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "sig_initcalls.h"

static const char prefix[] = "__initcall__kmod_";

/* Behind "__COUNTER_LINE_" at the start of text, or NULL. */
static const char *skip_numbers(const char *text)
{
	size_t counter, line;

	if (strncmp(text, "__", 2))
		return NULL;
	text += 2;
	counter = strspn(text, "0123456789");
	if (!counter || text[counter] != '_')
		return NULL;
	text += counter + 1;
	line = strspn(text, "0123456789");
	return line && text[line] == '_' ? text + line + 1 : NULL;
}

/* How long the function's name is without the level: a digit, a digit and 's', or a word. */
static size_t without_level(const char *function)
{
	static const char *const words[] = {"early", "rootfs", "con"};
	size_t length = strlen(function);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if (length > n && !strcmp(function + length - n, words[i]))
			return length - n;
	}
	if (length > 2 && function[length - 1] == 's')
		length--;
	return length > 1 && strchr("01234567", function[length - 1]) ? length - 1 : 0;
}

bool kallmod_sig_initcall_split(const char *name, const char **module_ret, size_t *module_length,
				const char **function_ret, size_t *function_length)
{
	const char *at, *function = NULL;

	if (strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	name += sizeof(prefix) - 1;
	for (at = strstr(name, "__"); at && !function; at = strstr(at + 1, "__")) {
		function = skip_numbers(at);
		*module_length = at - name;
	}
	if (!function || !*module_length)
		return false;
	*module_ret = name;
	*function_ret = function;
	*function_length = without_level(function);
	return *function_length > 0;
}

static int compare(const void *a, const void *b)
{
	const struct kallmod_sig_initcall *x = a, *y = b;
	int order = strcmp(x->function, y->function);

	return order ? order : strcmp(x->module, y->module);
}

int kallmod_sig_initcalls_add(struct kallmod_sig_initcalls *initcalls, const char *module,
			      size_t module_length, const char *function,
			      size_t function_length)
{
	struct kallmod_sig_initcall *new;

	if (initcalls->n == KALLMOD_SIG_INITCALLS_MAX)
		return 0;
	if (kallmod_grow(&initcalls->at, &initcalls->capacity, initcalls->n,
			 sizeof(*initcalls->at)))
		return -ENOMEM;
	new = &initcalls->at[initcalls->n++];
	*new = (struct kallmod_sig_initcall){strndup(module, module_length),
					     strndup(function, function_length)};
	return new->module && new->function ? 0 : -ENOMEM;
}

static int add(struct kallmod_sig_initcalls *initcalls, const char *name)
{
	const char *module, *function;
	size_t module_length, function_length;

	/* Nearly all of a table's names end here. */
	if (name[0] != '_' || name[1] != '_' || name[2] != 'i' ||
	    !kallmod_sig_initcall_split(name, &module, &module_length, &function,
					&function_length))
		return 0;
	return kallmod_sig_initcalls_add(initcalls, module, module_length, function,
					 function_length);
}

void kallmod_sig_initcalls_sort(struct kallmod_sig_initcalls *initcalls)
{
	size_t n = 0;

	if (initcalls->n)
		qsort(initcalls->at, initcalls->n, sizeof(*initcalls->at), compare);
	for (size_t i = 0; i < initcalls->n; i++) {
		struct kallmod_sig_initcall *at = &initcalls->at[i];

		if (!n || compare(&initcalls->at[n - 1], at)) {
			initcalls->at[n++] = *at;
			continue;
		}
		free(at->module);
		free(at->function);
	}
	initcalls->n = n;
}

int kallmod_sig_initcalls_read(const struct kallmod_symbols *symbols,
			       struct kallmod_sig_initcalls *ret)
{
	struct kallmod_sig_initcalls initcalls = {};
	int err = 0;

	for (size_t i = 0; !err && i < kallmod_symbols_count(symbols); i++)
		if (!kallmod_symbols_at(symbols, i)->module)
			err = add(&initcalls, kallmod_symbols_at(symbols, i)->name);
	if (err) {
		kallmod_sig_initcalls_deinit(&initcalls);
		return err;
	}
	kallmod_sig_initcalls_sort(&initcalls);
	*ret = initcalls;
	return 0;
}

void kallmod_sig_initcalls_deinit(struct kallmod_sig_initcalls *initcalls)
{
	for (size_t i = 0; i < initcalls->n; i++) {
		free(initcalls->at[i].module);
		free(initcalls->at[i].function);
	}
	free(initcalls->at);
	*initcalls = (struct kallmod_sig_initcalls){};
}

const struct kallmod_sig_initcall *
kallmod_sig_initcalls_find(const struct kallmod_sig_initcalls *initcalls, const char *function,
			   size_t *n_ret)
{
	size_t low = 0, high = initcalls->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(initcalls->at[middle].function, function) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < initcalls->n; end++)
		if (strcmp(initcalls->at[end].function, function))
			break;
	*n_ret = end - low;
	return initcalls->at + low;
}
