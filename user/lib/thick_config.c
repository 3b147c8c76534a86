// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "file.h"
#include "grow.h"
#include "thick_config.h"

enum { MAX_ENTRIES = 1 << 20 }; /* Linux 6.12 for arm64 has 12,000 */

struct entry {
	char *name, *value; /* owned, in one piece */
};

struct kallmod_config {
	struct entry *entries; /* sorted by name */
	size_t n, capacity;
	char *path;
	char arch[32]; /* as the first lines say: "x86", or "" */
};

/* ---- reading --------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

/* Strings lose their quotes, which make would take for part of them (as since Linux 5.18). */
static void unquote(char *value)
{
	char *to = value;

	if (*value != '"')
		return;
	for (value++; *value && *value != '"'; value++) {
		if (*value == '\\' && value[1])
			value++;
		*to++ = *value;
	}
	*to = '\0';
}

static int add_entry(struct kallmod_config *config, const char *text)
{
	struct entry entry;

	if (config->n == MAX_ENTRIES ||
	    kallmod_grow(&config->entries, &config->capacity, config->n, sizeof(entry)))
		return -ENOMEM;
	entry.name = strdup(text);
	if (!entry.name)
		return -ENOMEM;
	entry.value = strchr(entry.name, '=');
	*entry.value++ = '\0';
	unquote(entry.value);
	config->entries[config->n++] = entry;
	return is_name(entry.name) ? 0 : -EINVAL;
}

/* "# Linux/x86 6.12.9 Kernel Configuration" */
static void take_comment(struct kallmod_config *config, const char *text)
{
	size_t length;

	if (*config->arch || strncmp(text, "# Linux/", 8) ||
	    !strstr(text, " Kernel Configuration"))
		return;
	length = strcspn(text + 8, " ");
	if (length < sizeof(config->arch))
		memcpy(config->arch, text + 8, length);
}

static int take_line(struct kallmod_config *config, const char *text)
{
	if (*text == '#')
		take_comment(config, text);
	if (*text == '#' || !text[strspn(text, " \t\r")])
		return 0;
	if (strncmp(text, "CONFIG_", 7) || !strchr(text, '='))
		return -EINVAL;
	return add_entry(config, text + 7);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int read_lines(struct kallmod_config *config, struct kallmod_reader *reader)
{
	size_t length;
	char *text;
	int got, err;

	while ((got = kallmod_reader_line(reader, &text, &length)) > 0) {
		err = take_line(config, text);
		if (err == -ENOMEM)
			return kallmod_reader_fail(reader, err, "out of memory");
		if (err)
			return kallmod_reader_fail(reader, err,
						   "is not 'CONFIG_NAME=value'; give a kernel's .config");
	}
	if (!got && !config->n)
		return kallmod_fail(reader->ctx, -EINVAL,
				    "%s: sets nothing; give a kernel's .config", config->path);
	return got;
}

int kallmod_config_read(struct kallmod_ctx *ctx, const char *path, struct kallmod_config **ret)
{
	cleanup_reader struct kallmod_reader reader = KALLMOD_READER_EMPTY;
	struct kallmod_config *config = calloc(1, sizeof(*config));
	int err = -ENOMEM;

	if (config)
		config->path = strdup(path);
	if (config && config->path)
		err = kallmod_reader_open(&reader, ctx, path);
	if (err == -ENOMEM)
		kallmod_fail(ctx, err, "%s: out of memory", path);
	if (!err)
		err = read_lines(config, &reader);
	if (err) {
		kallmod_config_destroy(config);
		return err;
	}
	qsort(config->entries, config->n, sizeof(*config->entries), compare_entries);
	*ret = config;
	return 0;
}

void kallmod_config_destroy(struct kallmod_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n; i++)
		free(config->entries[i].name);
	free(config->entries);
	free(config->path);
	free(config);
}

const char *kallmod_config_value(const struct kallmod_config *config, const char *name)
{
	struct entry key = {(char *)name, NULL}, *found;

	found = bsearch(&key, config->entries, config->n, sizeof(key), compare_entries);
	return found ? found->value : NULL;
}

/* ---- the architecture ------------------------------------------------------------------ */

/* What the kernel's Makefile calls SRCARCH, for the ARCH that are not a directory. */
static const char *const aliases[][2] = {
	{"i386", "x86"},     {"x86_64", "x86"},	   {"amd64", "x86"},	{"i586", "x86"},
	{"i686", "x86"},     {"aarch64", "arm64"}, {"sparc32", "sparc"}, {"sparc64", "sparc"},
	{"parisc64", "parisc"}, {"ppc", "powerpc"}, {"ppc64", "powerpc"}, {"ppc64le", "powerpc"},
	{"ppc64el", "powerpc"}, {"s390x", "s390"}, {"riscv32", "riscv"}, {"riscv64", "riscv"},
	{"sh64", "sh"},	     {"tilepro", "tile"},  {"tilegx", "tile"},	{"armhf", "arm"},
	{"armel", "arm"},    {"armv7l", "arm"},	   {"mips64", "mips"},	{"loongarch64", "loongarch"},
	{"uml", "um"},
};

static const char *alias_of(const char *arch)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(aliases[i][0], arch))
			return aliases[i][1];
	return arch;
}

/* Only a plain name becomes part of a path. */
static bool has_arch(const char *srctree, const char *arch)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (!is_name(arch) || asprintf(&path, "%s/arch/%s", srctree, arch) < 0) {
		path = NULL;
		return false;
	}
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The symbol that every configuration of an architecture sets: X86, ARM64, PPC, UML. */
static bool is_set_for(const struct kallmod_config *config, const char *arch)
{
	char name[64] = "";

	if (!strcmp(arch, "powerpc"))
		return kallmod_config_value(config, "PPC");
	if (!strcmp(arch, "um"))
		return kallmod_config_value(config, "UML");
	for (size_t i = 0; i < sizeof(name) - 1 && arch[i]; i++)
		name[i] = toupper((unsigned char)arch[i]);
	return is_name(name) && kallmod_config_value(config, name);
}

/* Where the first lines do not say it. A user-mode kernel sets the machine's symbol, too. */
static char *arch_by_symbols(const struct kallmod_config *config, const char *srctree)
{
	cleanup_free char *path = NULL;
	cleanup_dir DIR *dir = NULL;
	char *found = NULL;
	struct dirent *entry;

	if (is_set_for(config, "um") && has_arch(srctree, "um"))
		return strdup("um");
	if (asprintf(&path, "%s/arch", srctree) < 0)
		path = NULL;
	dir = path ? opendir(path) : NULL;
	while (!found && dir && (entry = readdir(dir)))
		if (is_set_for(config, entry->d_name) && has_arch(srctree, entry->d_name))
			found = strdup(entry->d_name);
	return found;
}

/* What the configuration is for, else the architecture of this machine. */
static char *guess_arch(const struct kallmod_config *config, const char *srctree)
{
	const char *name = alias_of(config->arch);
	struct utsname host;
	char *found;

	if (has_arch(srctree, name))
		return strdup(name);
	found = arch_by_symbols(config, srctree);
	if (found || uname(&host))
		return found;
	name = alias_of(host.machine);
	return has_arch(srctree, name) ? strdup(name) : NULL;
}

int kallmod_config_srcarch(struct kallmod_ctx *ctx, const struct kallmod_config *config,
			   const char *srctree, const char *arch, char **ret)
{
	char *found;

	if (arch && !has_arch(srctree, alias_of(arch)))
		return kallmod_fail(ctx, -ENOENT,
				    "%s/arch/%s: not found; name an architecture of this tree",
				    srctree, alias_of(arch));
	found = arch ? strdup(alias_of(arch)) : guess_arch(config, srctree);
	if (!found)
		return kallmod_fail(ctx, -ENOENT,
				    "%s: is for no architecture that %s/arch has; name one with --arch",
				    config->path, srctree);
	*ret = found;
	return 0;
}

/* ---- writing --------------------------------------------------------------------------- */

/* Nothing in a value is to mean anything to make. */
static void write_value(const char *value, FILE *file)
{
	const char *last = value;

	for (; *value; last = value++) {
		if (*value == '$')
			putc('$', file);
		if (*value == '#')
			putc('\\', file);
		putc(*value, file);
	}
	/* A backslash at the end would continue the line. */
	fputs(*last == '\\' ? "$()\n" : "\n", file);
}

void kallmod_config_write_auto(const struct kallmod_config *config, FILE *file)
{
	for (size_t i = 0; i < config->n; i++) {
		/* Nobody writes n, but to read one as "is set" would be wrong. */
		if (!strcmp(config->entries[i].value, "n"))
			continue;
		fprintf(file, "CONFIG_%s := ", config->entries[i].name);
		write_value(config->entries[i].value, file);
	}
}

void kallmod_config_write_modular(const struct kallmod_config *config,
				  const struct kallmod_tristate *tristate, FILE *file)
{
	fputs("CONFIG_MODULES := y\n", file);
	for (size_t i = 0; i < config->n; i++)
		if (!strcmp(config->entries[i].value, "y") &&
		    kallmod_tristate_has(tristate, config->entries[i].name))
			fprintf(file, "CONFIG_%s := m\n", config->entries[i].name);
}

void kallmod_config_write_tristate(const struct kallmod_config *config,
				   const struct kallmod_tristate *tristate, FILE *file)
{
	for (size_t i = 0; i < config->n; i++) {
		const char *value = config->entries[i].value;

		if ((!strcmp(value, "y") || !strcmp(value, "m")) &&
		    kallmod_tristate_has(tristate, config->entries[i].name))
			fprintf(file, "CONFIG_%s=%c\n", config->entries[i].name,
				toupper((unsigned char)*value));
	}
}
