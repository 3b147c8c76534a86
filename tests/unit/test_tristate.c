// SPDX-License-Identifier: GPL-2.0-only
/* Tristate symbols from Kconfig files: the language, several files, and files that are none. */
#include <errno.h>

#include "fake_root.h"
#include "tristate.h"

/* "A B C": the tristate symbols of the tree, or "" with the error in the context. */
static const char *symbols(struct fake_root *root, const char *arch)
{
	static char names[4096];
	struct kallmod_tristate *tristate;
	size_t length = 0;

	names[0] = '\0';
	if (kallmod_tristate_read(root->ctx, root->path, arch, &tristate))
		return names;
	for (size_t i = 0; i < kallmod_tristate_count(tristate); i++) {
		const char *name = kallmod_tristate_name(tristate, i);

		assert_true(kallmod_tristate_has(tristate, name));
		length += snprintf(names + length, sizeof(names) - length, "%s%s",
				   i ? " " : "", name);
	}
	assert_false(kallmod_tristate_has(tristate, "NOT_THERE"));
	kallmod_tristate_destroy(tristate);
	return names;
}

static const char *symbols_of(struct fake_root *root, const char *text)
{
	fake_root_write(root, "Kconfig", text);
	return symbols(root, "x86");
}

static void types(void **state)
{
	assert_string_equal(symbols_of(*state,
				       "mainmenu \"Linux\"\n"
				       "config A\n\ttristate \"A\"\n\tdepends on B\n"
				       "config B\n\tbool \"B\"\n\tdefault y\n"
				       "menuconfig C\n\ttristate\n"
				       "config D\n\tdef_tristate y if A\n"
				       "config E\n\tdef_bool A\n"
				       "config F\n\tint \"tristate\"\n\trange 1 2\n"
				       "config G\n\thex\n"
				       "config H\n\tstring \"x\"\n"
				       "config I\n\tprompt \"no type\"\n"
				       "config 6LOWPAN\n\ttristate'6'\n"
				       "  config J\t# comment\n  tristate \"J\" if B # tristate\n"
				       "comment \"tristate\"\n"
				       "\ttristate \"of nothing\"\n"),
			    "6LOWPAN A C D J");
}

/* What looks like a keyword in a help text is none; the text ends where its indent does. */
static void help_texts(void **state)
{
	assert_string_equal(symbols_of(*state,
				       "config A\n\tbool\n\thelp\n"
				       "\t  A symbol.\n"
				       "\n"
				       "\t  config NOT1\n"
				       "\t    tristate \"no\"\n"
				       "\ttristate\n"
				       "config B\n\t---help---\n"
				       "        eight blanks are a tab\n"
				       "\ttristate\n"
				       "\n"
				       "  tristate \"less indented\"\n"
				       "config C\n\thelp\n\t  text\nconfig D\n\ttristate\n\thelp\n"
				       "\nconfig E\n\ttristate\n\thelp\n\t  the end\n"),
			    "B D E");
}

static void lines_and_comments(void **state)
{
	assert_string_equal(symbols_of(*state,
				       "# config NOT \\\n"
				       "config A \\\n\n\t# tristate\n\ttristate \\\n\t\"A\"\n"
				       "config B\n\tdepends on A && \\\n\t\ttristate\n"
				       "config C\n\tbool \"C\" \\\n\ttristate\n"
				       "config D\n\tselect \\\n\t\tE\\\n\n\ttristate\n"
				       "config E\r\n\ttristate\r\n"
				       "config F\n\ttristate"),
			    "A D E F");
}

/* Symbols of a choice have its type; a choice without one has that of its first symbol. */
static void choices(void **state)
{
	assert_string_equal(symbols_of(*state,
				       "choice\n\ttristate \"choose\"\n\toptional\n"
				       "config A\n\tprompt \"A\"\n"
				       "config B\n\tbool \"B\"\n"
				       "endchoice\n"
				       "config C\n\tprompt \"outside\"\n"
				       "choice\n\tprompt \"choose\"\n"
				       "config D\n\ttristate \"D\"\n"
				       "config E\n\tprompt \"E\"\n"
				       "endchoice\n"
				       "choice NAMED\n\tbool \"choose\"\n"
				       "config F\n\tprompt \"F\"\n"
				       "endchoice\n"),
			    "A D E");
}

/* The first type holds, wherever it is. */
static void several_entries(void **state)
{
	assert_string_equal(symbols_of(*state,
				       "config A\n\tdefault y\n"
				       "config B\n\tbool\n"
				       "if B\n"
				       "config A\n\ttristate\n"
				       "config B\n\ttristate\n"
				       "endif\n"
				       "config A\n\tbool\n"),
			    "A");
}

static void sources(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "Kconfig",
			"source \"scripts/Kconfig.include\"\n"
			"source \"arch/$(SRCARCH)/Kconfig\"\n"
			"source 'drivers/$(dir)/Kconfig'\n"
			"source arch/$SRCARCH/Kconfig.old # once more\n"
			"source arch/${SRCARCH}/Kconfig\n"
			"source \"$(srctree)/./none-$(undefined)$(shell,echo no)/Kconfig\"\n");
	fake_root_write(root, "scripts/Kconfig.include",
			"dot := .\n"
			"tail = net\n"
			"dir = $(head)/$(tail)\n"
			"head := a\n"
			"head += b\n"
			"tail = new\n"
			"if-success = $(shell,{ $(1); } >/dev/null 2>&1 && echo \"$(2)\")\n"
			"$(error-if,$(success,test $(CC)),no compiler)\n");
	fake_root_write(root, "arch/x86/Kconfig", "config X86_X\n\ttristate\n");
	fake_root_write(root, "arch/x86/Kconfig.old", "config X86_OLD\n\ttristate\n");
	fake_root_write(root, "arch/arm64/Kconfig", "config ARM_X\n\ttristate\n");
	fake_root_write(root, "arch/arm64/Kconfig.old", "");
	fake_root_write(root, "drivers/a b/new/Kconfig", "config NEW\n\ttristate\n");
	fake_root_write(root, "none-/Kconfig", "config NONE\n\ttristate\n");
	assert_string_equal(symbols(root, "x86"), "NEW NONE X86_OLD X86_X");
	assert_string_equal(symbols(root, "arm64"), "ARM_X NEW NONE");
}

/* A file is read once: types do not change, and files that source each other have an end. */
static void circles(void **state)
{
	struct fake_root *root = *state;

	fake_root_write(root, "a", "source \"b\"\nconfig A\n\ttristate\nsource \"b\"\n");
	fake_root_write(root, "b", "source \"a\"\nconfig B\n\ttristate\nsource \"Kconfig\"\n");
	assert_string_equal(symbols_of(root, "source \"a\"\n\ttristate\n"), "A B");
}

static void assert_refused(struct fake_root *root, const char *text, int err, const char *why)
{
	struct kallmod_tristate *tristate = NULL;

	fake_root_write(root, "Kconfig", text);
	assert_int_equal(kallmod_tristate_read(root->ctx, root->path, "x86", &tristate), err);
	assert_null(tristate);
	assert_error(root->ctx, root->path);
	assert_error(root->ctx, why);
	assert_error(root->ctx, ";");
}

static void refused(void **state)
{
	struct fake_root *root = *state;

	assert_refused(root, "source \"gone/Kconfig\"\n", -ENOENT, "gone/Kconfig: not found");
	assert_refused(root, "config A\nsource \"../Kconfig\"\n", -EINVAL, "line 2: ");
	assert_refused(root, "source \"/etc/passwd\"\n", -EINVAL, "outside the tree");
	assert_refused(root, "source \"a/../../b\"\n", -EINVAL, "outside the tree");
	assert_refused(root, "source \"$(x)\"\n", -EINVAL, "outside the tree");
	assert_refused(root, "x = $(x)$(x)\nsource \"$(x)\"\n", -ELOOP, "line 2: its macros");
	assert_refused(root, "source \"no end\n", -EINVAL, "line 1: is not Kconfig");
	assert_refused(root, "\n\nconfig \"A\"\n", -EINVAL, "line 3: is not Kconfig");
	assert_refused(root, "source proc\n", -EINVAL, "is not a file");
}

static void not_there(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_tristate *tristate;

	assert_int_equal(kallmod_tristate_read(root->ctx, root->path, "x86", &tristate), -ENOENT);
	assert_error(root->ctx, "/Kconfig: not found");
}

/* Each file sources the next: what nests too deeply is no kernel's. */
static void deep(void **state)
{
	struct fake_root *root = *state;
	char name[16], text[64];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		snprintf(text, sizeof(text), "source \"k%d\"\n", i + 1);
		fake_root_write(root, name, text);
	}
	assert_refused(root, "source \"k0\"\n", -ELOOP, "nest too deeply");
}

static void not_text(void **state)
{
	struct fake_root *root = *state;
	char path[128];
	FILE *file;

	fake_root_write(root, "Kconfig", "config A\n");
	snprintf(path, sizeof(path), "%s/Kconfig", root->path);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fwrite("\0config B\n", 1, 10, file), 10);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(symbols(root, "x86"), "");
	assert_error(root->ctx, "has a NUL byte");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(types),	    rooted_test(help_texts),
		rooted_test(choices),	    rooted_test(lines_and_comments),
		rooted_test(sources),	    rooted_test(several_entries),
		rooted_test(circles),	    rooted_test(refused),
		rooted_test(not_there),	    rooted_test(deep),
		rooted_test(not_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
