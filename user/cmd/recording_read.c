// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ctx.h"
#include "recording.h"
#include "recording_read.h"

enum { DEPTH = 6 }; /* a line, its stack, a frame; more is not ours */

/* ---- a line ---------------------------------------------------------------------------- */

/* Names go to terminals: no control characters, those that begin with U+0080 included. */
static bool is_printable(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < length; i++)
		if (s[i] < 0x20 || s[i] == 0x7f || (s[i] == 0xc2 && (s[i + 1] & 0xe0) == 0x80))
			return false;
	return true;
}

/* The string at key; NULL for null and for no such key. false: something else. */
static bool get_string(struct json_object *object, const char *key, const char **ret)
{
	struct json_object *value;

	*ret = NULL;
	if (!json_object_object_get_ex(object, key, &value) || !value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	*ret = json_object_get_string(value);
	return **ret && is_printable(*ret, json_object_get_string_len(value));
}

/* The whole number at key, 0 for no such key. */
static bool get_uint(struct json_object *object, const char *key, uint64_t *ret)
{
	struct json_object *value;

	*ret = 0;
	if (!json_object_object_get_ex(object, key, &value))
		return true;
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return false;
	*ret = json_object_get_uint64(value);
	return true;
}

static bool get_flag(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

static bool parse_header(struct kallmod_recline *line)
{
	struct {
		const char *key, **value;
	} fields[] = {
		{"release", &line->header.release}, {"event", &line->header.event},
		{"source", &line->header.source}, {"trust", &line->header.trust},
	};

	line->kind = KALLMOD_RECLINE_HEADER;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!get_string(line->json, fields[i].key, fields[i].value))
			return false;
		if (!*fields[i].value)
			*fields[i].value = "";
	}
	if (!json_object_object_get_ex(line->json, "inferred", &line->header.inferred) ||
	    !json_object_is_type(line->header.inferred, json_type_object))
		line->header.inferred = NULL;
	return get_uint(line->json, "format", &line->header.format) &&
	       get_uint(line->json, "hz", &line->header.hz) &&
	       get_uint(line->json, "period", &line->header.period);
}

static bool parse_frame(struct json_object *object, struct kallmod_recline_frame *ret)
{
	ret->irq = get_flag(object, "irq");
	return get_string(object, "symbol", &ret->symbol) &&
	       get_string(object, "module", &ret->module);
}

static bool parse_stack(struct kallmod_recline *line, struct json_object *stack)
{
	size_t n;

	if (!json_object_is_type(stack, json_type_array))
		return false;
	n = json_object_array_length(stack);
	if (!n || n > KALLMOD_MAX_FRAMES)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct json_object *frame = json_object_array_get_idx(stack, i);

		if (!json_object_is_type(frame, json_type_object) ||
		    !parse_frame(frame, &line->sample.frames[i]))
			return false;
	}
	line->sample.nframes = n;
	line->sample.stack = true;
	return true;
}

static bool parse_sample(struct kallmod_recline *line)
{
	static const char *const modes[] = {"kernel", "user", "idle"};
	struct json_object *stack;
	const char *mode;
	size_t i = 0;

	line->kind = KALLMOD_RECLINE_SAMPLE;
	if (!get_string(line->json, "mode", &mode) || !mode)
		return false;
	while (i < 3 && strcmp(modes[i], mode))
		i++;
	if (i == 3 || !get_string(line->json, "charged", &line->sample.charged))
		return false;
	line->sample.mode = i;
	line->sample.nframes = 1;
	line->sample.stack = false;
	if (json_object_object_get_ex(line->json, "stack", &stack))
		return parse_stack(line, stack);
	return parse_frame(line->json, &line->sample.frames[0]);
}

static bool parse_footer(struct kallmod_recline *line)
{
	struct {
		const char *key;
		uint64_t *value;
	} fields[] = {
		{"samples", &line->footer.samples}, {"kernel", &line->footer.kernel},
		{"user", &line->footer.user}, {"idle", &line->footer.idle},
		{"unresolved", &line->footer.unresolved}, {"expected", &line->footer.expected},
		{"lost", &line->footer.lost},
	};
	struct json_object *seconds;

	line->kind = KALLMOD_RECLINE_FOOTER;
	line->footer.seconds = 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!get_uint(line->json, fields[i].key, fields[i].value))
			return false;
	if (json_object_object_get_ex(line->json, "seconds", &seconds))
		line->footer.seconds = json_object_get_double(seconds);
	return line->footer.seconds >= 0 && line->footer.seconds < 1e12;
}

static bool has(const struct kallmod_recline *line, const char *key)
{
	return json_object_object_get_ex(line->json, key, NULL);
}

int kallmod_recline_parse(struct kallmod_recline *line, const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	bool good = false;

	line->json = NULL;
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	if (length <= KALLMOD_RECLINE_MAX)
		line->json = json_tokener_parse_ex(tokener, text, length);
	if (json_tokener_get_parse_end(tokener) == length &&
	    json_object_is_type(line->json, json_type_object)) {
		if (has(line, "kallmod"))
			good = parse_header(line);
		else if (has(line, "mode"))
			good = parse_sample(line);
		else if (has(line, "samples"))
			good = parse_footer(line);
	}
	json_tokener_free(tokener);
	return good ? 0 : -EINVAL;
}

void kallmod_recline_release(struct kallmod_recline *line)
{
	json_object_put(line->json);
	line->json = NULL;
}

/* ---- a file ---------------------------------------------------------------------------- */

enum line_state { LINE_WHOLE, LINE_TOO_LONG, LINE_TORN, LINE_END };

/* The next line, without newline, in text, which has room for KALLMOD_RECLINE_MAX. */
static enum line_state read_line(FILE *file, char *text, size_t *length_ret)
{
	size_t n = 0, seen = 0;
	int c;

	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (n < KALLMOD_RECLINE_MAX)
			text[n++] = c;
		seen++;
	}
	*length_ret = n;
	if (c == EOF)
		return seen ? LINE_TORN : LINE_END;
	return seen > n ? LINE_TOO_LONG : LINE_WHOLE;
}

static int check_first(struct kallmod_ctx *ctx, const char *name,
		       const struct kallmod_recline *line)
{
	if (!line || line->kind != KALLMOD_RECLINE_HEADER)
		return kallmod_fail(ctx, -EINVAL,
				    "%s: does not begin as a recording; make one with 'kallmod record', in its format jsonl",
				    name);
	if (line->header.format != KALLMOD_RECORDING_FORMAT)
		return kallmod_fail(ctx, -EINVAL,
				    "%s: is of another format of recordings than this kallmod reads; use the kallmod that made it",
				    name);
	return 0;
}

struct recording_reader {
	struct kallmod_ctx *ctx;
	const char *name;
	int (*fn)(void *arg, const struct kallmod_recline *line);
	void *arg;
	struct kallmod_recording_flaws flaws;
	bool begun;
	struct kallmod_recline line;
};

static int take_line(struct recording_reader *reader, enum line_state state, const char *text,
		     size_t length)
{
	int err = state == LINE_WHOLE ? kallmod_recline_parse(&reader->line, text, length) :
					-EINVAL;
	const struct kallmod_recline *line = err ? NULL : &reader->line;

	if (err == -ENOMEM)
		return kallmod_fail(reader->ctx, err, "%s: no memory", reader->name);
	if (!reader->begun || (line && line->kind == KALLMOD_RECLINE_HEADER)) {
		err = check_first(reader->ctx, reader->name, line);
		if (err)
			return err;
		reader->begun = true;
	}
	if (line)
		return reader->fn(reader->arg, line);
	reader->flaws.unreadable++;
	reader->flaws.torn = state == LINE_TORN;
	return 0;
}

int kallmod_recording_read(struct kallmod_ctx *ctx, FILE *file, const char *name,
			   int (*fn)(void *arg, const struct kallmod_recline *line), void *arg,
			   struct kallmod_recording_flaws *ret)
{
	struct recording_reader reader = {.ctx = ctx, .name = name, .fn = fn, .arg = arg};
	cleanup_free char *text = malloc(KALLMOD_RECLINE_MAX);
	enum line_state state;
	size_t length;
	int err = 0;

	if (!text)
		return kallmod_fail(ctx, -ENOMEM, "%s: no memory", name);
	errno = 0;
	while (!err && (state = read_line(file, text, &length)) != LINE_END) {
		if (ferror(file))
			break;
		err = take_line(&reader, state, text, length);
		kallmod_recline_release(&reader.line);
	}
	if (!err && ferror(file))
		err = kallmod_fail(ctx, -EIO, "%s: %s", name, strerror(errno ? errno : EIO));
	if (!err && !reader.begun)
		err = kallmod_fail(ctx, -EINVAL,
				   "%s: is empty; make a recording with 'kallmod record'", name);
	*ret = reader.flaws;
	return err;
}
