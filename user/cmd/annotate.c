// SPDX-License-Identifier: GPL-2.0-only
/*
 * A filter that adds " [module]" behind kernel addresses and "symbol+0xoff[/0xsize]" in any
 * text: oopses, stack traces, perf script, ftrace, bpftrace.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctx.h"
#include "resolve.h"
#include "simple.h"

static bool is_name(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '.' || c == '$';
}

/* A word of the text, [start, end), that names a place in the kernel. */
struct token {
	const char *end;
	const char *module; /* NULL: leave it alone */
};

/* Does a module tag follow already? "[ext4]", perhaps behind the ">]" of "[<address>]". */
static bool has_tag(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '>' || *at == ']' || *at == ')'))
		at++;
	if (at + 1 >= end || *at != '[' || !(isalpha((unsigned char)at[1]) || at[1] == '_'))
		return false;
	for (at++; at < end && (is_name(*at) || *at == ',' || *at == '-'); at++)
		;
	return at < end && *at == ']';
}

/* Sixteen hex digits of the upper half of the address space, with 0x before them or not. */
static bool address_token(const struct kallmod_resolver *resolver, const char *at,
			  const char *end, struct token *ret)
{
	char digits[17];
	struct kallmod_place place;
	size_t n = 0;

	if (end - at > 2 && at[0] == '0' && at[1] == 'x')
		at += 2;
	while (n < 17 && at + n < end && isxdigit((unsigned char)at[n]))
		n++;
	if (n != 16 || (at + n < end && is_name(at[n])))
		return false;
	memcpy(digits, at, 16);
	digits[16] = '\0';
	if (!(strtoull(digits, NULL, 16) >> 63))
		return false;
	kallmod_resolve(resolver, strtoull(digits, NULL, 16), &place);
	*ret = (struct token){at + n, place.module};
	return true;
}

/* "+0x1f" or "/0x80" at at: its value and where it ends; NULL when it is not that. */
static const char *hex_part(const char *at, const char *end, char sign, uint64_t *ret)
{
	char digits[17] = "";
	size_t n = 0;

	if (end - at < 4 || at[0] != sign || at[1] != '0' || at[2] != 'x')
		return NULL;
	for (at += 3; at + n < end && isxdigit((unsigned char)at[n]); n++)
		;
	if (!n || n > 16)
		return NULL;
	memcpy(digits, at, n);
	*ret = strtoull(digits, NULL, 16);
	return at + n;
}

static uint64_t size_of(const struct kallmod_resolver *resolver,
			const struct kallmod_symbol *symbol)
{
	struct kallmod_place place;

	kallmod_resolve(resolver, symbol->addr, &place);
	return place.size;
}

/*
 * The module of the functions of that name, if they agree; size 0: of all, else of those of
 * that size. *found_ret: there are such functions.
 */
static const char *module_by_name(const struct kallmod_resolver *resolver, const char *name,
				  uint64_t size, bool *found_ret)
{
	const struct kallmod_symbol *symbol = kallmod_symbols_by_name(resolver->symbols, name);
	const struct kallmod_symbol *last =
		kallmod_symbols_at(resolver->symbols, 0) +
		kallmod_symbols_count(resolver->symbols);
	const char *module = NULL;

	*found_ret = false;
	for (; symbol && symbol < last; symbol++) {
		struct kallmod_place place;

		if (strcmp(symbol->name, name) || (size && size_of(resolver, symbol) != size))
			continue;
		kallmod_resolve(resolver, symbol->addr, &place);
		if (*found_ret && (!module != !place.module ||
				   (module && strcmp(module, place.module))))
			return NULL;
		*found_ret = true;
		module = place.module;
	}
	return module;
}

/*
 * A size tells functions of one name apart. When none has it, the text is of another build of
 * the kernel, and the name alone has to do.
 */
static const char *module_of(const struct kallmod_resolver *resolver, const char *name,
			     uint64_t size)
{
	bool found;
	const char *module = module_by_name(resolver, name, size, &found);

	return found || !size ? module : module_by_name(resolver, name, 0, &found);
}

static bool symbol_token(const struct kallmod_resolver *resolver, const char *at,
			 const char *end, struct token *ret)
{
	const char *name_end = at, *next;
	uint64_t offset, size = 0;
	char name[512];

	while (name_end < end && is_name(*name_end))
		name_end++;
	next = hex_part(name_end, end, '+', &offset);
	if (!next || name_end == at || (size_t)(name_end - at) >= sizeof(name))
		return false;
	memcpy(name, at, name_end - at);
	name[name_end - at] = '\0';
	*ret = (struct token){next, NULL};
	next = hex_part(next, end, '/', &size);
	ret->end = next ? next : ret->end;
	ret->module = module_of(resolver, name, size);
	return true;
}

/* Prints a line, tags added. */
static void annotate_line(const struct kallmod_resolver *resolver, const char *line,
			  size_t length)
{
	const char *at = line, *end = line + length;

	while (at < end) {
		struct token token;
		const char *start = at;

		if (!is_name(*at)) {
			putchar(*at++);
			continue;
		}
		if (!address_token(resolver, at, end, &token) &&
		    !symbol_token(resolver, at, end, &token)) {
			while (at < end && is_name(*at))
				at++;
			fwrite(start, 1, at - start, stdout);
			continue;
		}
		at = token.end;
		/* "[<ffffffff81000000>]": the tag goes behind the brackets. */
		if (token.module && start > line && end - at >= 2 && !memcmp(at, ">]", 2))
			at += 2;
		fwrite(start, 1, at - start, stdout);
		if (token.module && !has_tag(at, end))
			printf(" [%s]", token.module);
	}
}

static int annotate(struct kallmod_ctx *ctx, bool json, int n, char **arguments)
{
	struct kallmod_resolver resolver;
	cleanup_free char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool pipe = !isatty(STDIN_FILENO) && lseek(STDIN_FILENO, 0, SEEK_CUR) < 0;
	int err = kallmod_resolver_init(&resolver, ctx);

	(void)json, (void)n, (void)arguments;
	while (!err && (length = getline(&line, &size, stdin)) > 0) {
		annotate_line(&resolver, line, length);
		if (pipe)
			fflush(stdout);
	}
	if (!err && ferror(stdin))
		err = kallmod_fail(ctx, -EIO, "standard input: %s", strerror(errno));
	kallmod_resolver_deinit(&resolver);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct kallmod_simple simple = {
		.name = "kallmod annotate",
		.doc = "Copy standard input to standard output and add the module, as \" [ext4]\", behind every kernel address and symbol+0xoffset that belongs to one.",
		.fn = annotate,
	};

	return kallmod_simple_run(&simple, argc, argv);
}

const struct kallmod_command kallmod_command_annotate = {
	.name = "annotate",
	.summary = "add modules to any text with kernel addresses or symbols",
	.run = run,
};
