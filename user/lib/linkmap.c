// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Linker maps. Which lines count, and as what, follows scripts/generate_builtin_ranges.awk of
 * Linux 6.12 to the letter, where that is odd as well: what is made of them shall be the same.
 */
#include <endian.h>
#include <string.h>

#include "cleanup.h"
#include "linkmap.h"
#include "parse.h"

enum { FIELDS = 7 };

int kallmod_linkmap_open(struct kallmod_linkmap *map, struct kallmod_ctx *ctx,
			 const char *path)
{
	return kallmod_reader_open(&map->reader, ctx, path);
}

int kallmod_linkmap_memory(struct kallmod_linkmap *map, struct kallmod_ctx *ctx,
			   const char *name, const void *data, size_t size)
{
	return kallmod_reader_memory(&map->reader, ctx, name, data, size);
}

void kallmod_linkmap_close(struct kallmod_linkmap *map)
{
	kallmod_reader_close(&map->reader);
	free(map->held);
	*map = (struct kallmod_linkmap)KALLMOD_LINKMAP_EMPTY;
}

static bool wants(const struct kallmod_linkmap *map, const char *name, size_t length)
{
	return !map->wants || map->wants(map->arg, name, length);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Maps have millions of characters, so these are looked at by eight; behind what a reader
 * hands out there is room for that. The first character is the lowest byte.
 */
static uint64_t load(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

static size_t lowest_byte(uint64_t word)
{
	return __builtin_ctzll(word) / 8;
}

/* Up to a blank or the end. */
static size_t field_length(const char *text)
{
	const char *at = text;

	for (;;) {
		uint64_t word = load(at);
		/* Bytes up to ' '; above the lowest of them there may be false ones. */
		uint64_t found = (word - 0x2121212121212121) & ~word & 0x8080808080808080;

		if (!found) {
			at += sizeof(word);
			continue;
		}
		at += lowest_byte(found);
		if (!*at || is_blank(*at))
			return at - text;
		at++;
	}
}

static char *skip_blanks(char *at)
{
	for (;;) {
		uint64_t others = load(at) ^ 0x2020202020202020;

		at += others ? lowest_byte(others) : sizeof(others);
		if (others && *at != '\t')
			return at;
		at += others != 0;
	}
}

/* Cuts a line into fields, numbered from first on. One past the last, at most FIELDS + 1. */
static size_t split(struct kallmod_linkmap *map, char *text, size_t first)
{
	size_t count = first;

	for (;;) {
		text = skip_blanks(text);
		if (!*text || count > FIELDS)
			return count;
		if (count < FIELDS)
			map->fields[count] = text;
		count++;
		text += field_length(text);
		if (*text)
			*text++ = '\0';
	}
}

static bool is_number(const char *text)
{
	return text[0] == '0' && text[1] == 'x';
}

/* As strtonum() has it: as far as there are digits, else 0. */
static uint64_t number(const char *text)
{
	uint64_t value = 0;

	if (is_number(text))
		text += 2;
	/* Most are offsets with eight zeros before them. */
	if (!memcmp(text, "00000000", 8)) {
		const char *rest = text + 8;

		if (kallmod_parse_hex(&rest, &value) && rest <= text + 16)
			return value;
	}
	if (!kallmod_parse_hex(&text, &value))
		return 0;
	return value;
}

/* A map without its end is torn; one without its beginning was cut on purpose. */
static void note_ends(struct kallmod_linkmap *map, const char *line)
{
	if (line[0] == 'L' && !strcmp(line, "Linker script and memory map"))
		map->has_head = true;
	if (line[0] == 'O' && !strncmp(line, "OUTPUT(", 7))
		map->has_tail = true;
}

/* The next line is the rest of a record. 1, 0: there is none; negative errno. */
static int next_line(struct kallmod_linkmap *map, char **ret)
{
	size_t length;
	int got = kallmod_reader_line(&map->reader, ret, &length);

	if (got > 0)
		note_ends(map, *ret);
	return got;
}

static int hold(struct kallmod_linkmap *map, const char *name)
{
	size_t size = strlen(name) + 1;

	if (size > map->held_size) {
		char *larger = realloc(map->held, 2 * size);

		if (!larger)
			return -ENOMEM;
		map->held = larger;
		map->held_size = 2 * size;
	}
	memcpy(map->held, name, size);
	return 0;
}

/* Keeps the one field of the line at hand and cuts the next line behind it. 1, 0: no more. */
static int join(struct kallmod_linkmap *map, size_t *count)
{
	char *line;
	int got = hold(map, map->fields[0]);

	if (!got)
		got = next_line(map, &line);
	if (got <= 0)
		return got;
	map->fields[0] = map->held;
	*count = split(map, line, 1);
	return 1;
}

static int give(struct kallmod_linkmap_record *ret, struct kallmod_linkmap_record record)
{
	*ret = record;
	return 1;
}

/* A section, from fields; names without a dot are of no interest, but end the one before. */
static int give_section(const struct kallmod_linkmap *map, size_t count,
			struct kallmod_linkmap_record *ret)
{
	if (!count || map->fields[0][0] != '.')
		return give(ret, (struct kallmod_linkmap_record){KALLMOD_LINKMAP_END});
	return give(ret, (struct kallmod_linkmap_record){
				 KALLMOD_LINKMAP_SECTION, map->fields[0],
				 .addr = count > 1 ? number(map->fields[1]) : 0,
				 .size = count > 2 ? number(map->fields[2]) : 0});
}

static int give_object(const struct kallmod_linkmap *map, struct kallmod_linkmap_record *ret)
{
	return give(ret, (struct kallmod_linkmap_record){
				 KALLMOD_LINKMAP_OBJECT, map->fields[0], map->fields[3],
				 number(map->fields[1]), number(map->fields[2])});
}

/* Beside 1, 0 and errors: the line says nothing. */
enum { NOTHING = 2 };

/* ---- GNU ld ---------------------------------------------------------------------- */

/* A line that begins in the first column; a long name has its numbers in the next line. */
static int gnu_section(struct kallmod_linkmap *map, char *line,
		       struct kallmod_linkmap_record *ret)
{
	size_t count;
	int got;

	note_ends(map, line);
	count = split(map, line, 0);
	if (count != 1)
		return give_section(map, count, ret);
	got = join(map, &count);
	if (got <= 0)
		return got;
	/* Then the section before goes on. */
	if (count < 3 || !is_number(map->fields[1]) || !is_number(map->fields[2]))
		return NOTHING;
	return give_section(map, count, ret);
}

/* Nobody wants it; rest is what follows its name in the line at hand. */
static int pass_object(struct kallmod_linkmap *map, char *rest, bool starred)
{
	int got;

	if (starred || *skip_blanks(rest))
		return NOTHING;
	got = next_line(map, &rest);
	return got > 0 ? NOTHING : got;
}

/* " .text 0xADDR 0xSIZE OBJECT" or " *fill* 0xADDR 0xSIZE PATTERN". */
static int gnu_object(struct kallmod_linkmap *map, char *line,
		      struct kallmod_linkmap_record *ret)
{
	bool starred = line[1] == '*';
	size_t length = field_length(line + 1), count;
	int got;

	if (starred ? map->wants != NULL : !wants(map, line + 1, length))
		return pass_object(map, line + 1 + length, starred);
	count = split(map, line, 0);
	if (count == 1 && !starred) {
		got = join(map, &count);
		if (got <= 0)
			return got;
	}
	if (count != 4)
		return NOTHING;
	if (!starred)
		return give_object(map, ret);
	return give(ret, (struct kallmod_linkmap_record){KALLMOD_LINKMAP_FILL,
							 .addr = number(map->fields[1]),
							 .size = number(map->fields[2])});
}

/* "  0xADDR NAME" or "  0xADDR NAME = .". */
static int gnu_symbol(struct kallmod_linkmap *map, char *line,
		      struct kallmod_linkmap_record *ret)
{
	size_t count = split(map, line, 0);
	struct kallmod_linkmap_record record = {KALLMOD_LINKMAP_SYMBOL};

	if (count == 4 && !strcmp(map->fields[2], "=") && !strcmp(map->fields[3], "."))
		record.kind = KALLMOD_LINKMAP_ANCHOR;
	else if (count != 2 || is_number(map->fields[1]))
		return NOTHING;
	if (!is_number(map->fields[0]))
		return NOTHING;
	record.name = map->fields[1];
	record.addr = number(map->fields[0]);
	return give(ret, record);
}

static int gnu_line(struct kallmod_linkmap *map, char *line,
		    struct kallmod_linkmap_record *ret)
{
	if (line[0] != ' ')
		return line[0] ? gnu_section(map, line, ret) : NOTHING;
	if (line[1] != ' ')
		return line[1] ? gnu_object(map, line, ret) : NOTHING;
	return map->symbols ? gnu_symbol(map, line, ret) : NOTHING;
}

/* ---- lld ------------------------------------------------------------------------- */

static void drop_parentheses(char *text)
{
	char *to = text;

	for (char *from = text; (*to = *from); from++)
		to += *from != ')';
}

/* "vmlinux.a(fs/ext4/inode.o):(.text)" is an object and its section. */
static bool cut_object(char *text, char **object_ret, char **section_ret)
{
	static const char archive[] = "vmlinux.a(";
	char *colon = strstr(text, ":(");

	if (!colon)
		return false;
	*colon = '\0';
	*object_ret = text;
	*section_ret = colon + 2;
	if (!strncmp(text, archive, sizeof(archive) - 1))
		*object_ret += sizeof(archive) - 1;
	drop_parentheses(*object_ret);
	drop_parentheses(*section_ret);
	return **object_ret && **section_ret;
}

static bool is_symbol(const char *text)
{
	if (!*text || (*text >= '0' && *text <= '9'))
		return false;
	while (*text == '_' || (*text >= '0' && *text <= '9') ||
	       (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
		text++;
	return !*text;
}

/* Sections stand in the column after the numbers; all else is further to the right. */
static bool is_section(const char *line, size_t length)
{
	const char *space = memrchr(line, ' ', length);

	return space && space > line && space[1] && space[-1] >= '0' && space[-1] <= '9';
}

/* "VMA LMA SIZE ALIGN SECTION", "… OBJECT:(SECTION)", "… SYMBOL" and "… SYMBOL = .". */
static int lld_line(struct kallmod_linkmap *map, char *line, size_t length,
		    struct kallmod_linkmap_record *ret)
{
	bool section = is_section(line, length);
	struct kallmod_linkmap_record record = {KALLMOD_LINKMAP_SYMBOL};
	size_t count;
	char *object, *name;

	count = split(map, line, 0);
	if (count != 5 && count != 7)
		return NOTHING;
	record.name = map->fields[4];
	record.addr = number(map->fields[0]);
	record.size = number(map->fields[2]);
	if (count == 7 && !strcmp(map->fields[5], "=") && !strcmp(map->fields[6], ".")) {
		record.kind = KALLMOD_LINKMAP_ANCHOR;
	} else if (count == 7) {
		return NOTHING;
	} else if (section && *record.name != '.') {
		record = (struct kallmod_linkmap_record){ KALLMOD_LINKMAP_END };
	} else if (section) {
		record.kind = KALLMOD_LINKMAP_SECTION;
	} else if (cut_object(map->fields[4], &object, &name)) {
		if (!wants(map, name, strlen(name)))
			return NOTHING;
		record.kind = KALLMOD_LINKMAP_OBJECT;
		record.object = object;
		record.name = name;
	} else if (!is_symbol(map->fields[4])) {
		return NOTHING;
	}
	return give(ret, record);
}

/* ---------------------------------------------------------------------------------- */

/* Symbols are most of a map, and are known by their column. */
static bool is_lld_symbol(const char *line, size_t length)
{
	static const char indent[] = "                ";

	return length > 65 && !memcmp(line + 49, indent, 16) &&
	       !memchr(line + 65, ':', length - 65);
}

static void skip_lld_symbols(struct kallmod_reader *reader)
{
	for (;;) {
		const char *line = reader->buffer + reader->start;
		const char *newline = memchr(line, '\n', reader->end - reader->start);

		if (!newline || !is_lld_symbol(line, newline - line))
			return;
		reader->start = newline + 1 - reader->buffer;
		reader->line++;
	}
}

static void skip_gnu_symbols(struct kallmod_reader *reader)
{
	const char *line = reader->buffer + reader->start, *end = reader->buffer + reader->end;

	while (end - line > 2 && line[0] == ' ' && line[1] == ' ') {
		const char *newline = memchr(line, '\n', end - line);

		if (!newline)
			break;
		line = newline + 1;
		reader->line++;
	}
	reader->start = line - reader->buffer;
}

/* Passes over symbols that nobody wants, as far as they are in the buffer. */
static void skip_symbols(struct kallmod_linkmap *map)
{
	/* A NUL says that this is no text, wherever it is. */
	if (map->reader.clean < map->reader.end)
		return;
	if (map->lld)
		skip_lld_symbols(&map->reader);
	else
		skip_gnu_symbols(&map->reader);
}

static bool is_lld_head(struct kallmod_linkmap *map, const char *line)
{
	return map->reader.line == 1 && strstr(line, " VMA ") && strstr(line, " LMA ") &&
	       strstr(line, " Symbol");
}

static int at_end(struct kallmod_linkmap *map)
{
	if (map->has_head && !map->has_tail)
		return kallmod_fail(
			map->reader.ctx, -EINVAL,
			"%s: is torn: a whole linker map ends with OUTPUT(…); build the kernel again",
			map->reader.path);
	return 0;
}

int kallmod_linkmap_next(struct kallmod_linkmap *map, struct kallmod_linkmap_record *ret)
{
	size_t length;
	char *line;
	int got;

	do {
		/* The first line says whose map it is. */
		if (!map->symbols && map->reader.line)
			skip_symbols(map);
		got = kallmod_reader_line(&map->reader, &line, &length);
		if (got <= 0)
			return got ? got : at_end(map);
		if (is_lld_head(map, line)) {
			map->lld = true;
			got = NOTHING;
		} else if (map->lld) {
			got = lld_line(map, line, length, ret);
		} else {
			got = gnu_line(map, line, ret);
		}
	} while (got == NOTHING);
	return got ? got : at_end(map);
}
