// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: written as JSON lines and folded stacks, read, and summed up. */
#include <errno.h>

#include "fake_root.h"
#include "recording.h"
#include "report_sum.h"

/* A writer's output in memory. */
struct output {
	const struct kallmod_out_recording *format;
	void *state;
	FILE *file;
	char *text;
	size_t size;
};

static void output_open(struct output *output, const struct kallmod_out_recording *format)
{
	*output = (struct output){.format = format};
	output->file = open_memstream(&output->text, &output->size);
	assert_non_null(output->file);
	if (format->create)
		assert_int_equal(format->create(&output->state), 0);
}

static void output_end(struct output *output)
{
	static const struct kallmod_sampler_totals totals = {
		.stats = {.samples = 9, .kernel = 5, .user = 3, .idle = 1, .lost = 2},
		.expected = 10, .seconds = 1.5};

	assert_int_equal(output->format->footer(output->state, output->file, &totals), 0);
	assert_int_equal(fclose(output->file), 0);
	if (output->format->destroy)
		output->format->destroy(output->state);
}

static void put(struct output *output, const char *comm, const char *charged,
		const struct kallmod_recording_frame *frames, size_t n)
{
	struct kallmod_record record = {.type = KALLMOD_RECORD_SAMPLE, .time_ns = 17,
					.ip = frames[0].ip, .pid = 5, .tid = 6, .cpu = 1};
	struct kallmod_recording_sample sample = {.record = &record, .charged = charged,
						  .frames = frames, .nframes = n, .stack = n > 1};

	memcpy(record.comm, comm, strnlen(comm, sizeof(record.comm)));
	assert_int_equal(output->format->sample(output->state, output->file, &sample), 0);
}

static const struct kallmod_recording_frame stack[] = {
	{.ip = 0xffffffff81000010, .symbol = "memcpy", .offset = 16},
	{.ip = 0xffffffffc0000020, .symbol = "ext4_write", .offset = 32, .module = "ext4"},
	{.ip = 0xffffffff81000100, .symbol = "vfs_write", .offset = 0},
	{.ip = 0xffffffffc0100000, .module = "liquidio,liquidio_vf"},
};

static void folded_is_root_first(void **state)
{
	struct output output;

	(void)state;
	output_open(&output, &kallmod_out_recording_folded);
	put(&output, "dd", "ext4", stack, 3);
	put(&output, "dd", "ext4", stack, 3);
	output_end(&output);
	assert_string_equal(output.text, "dd;vfs_write_[k];ext4_write_[ext4];memcpy_[k] 2\n");
	free(output.text);
}

/* What would be read as the end of a frame or of a stack must not be in a name. */
static void folded_hostile_names(void **state)
{
	struct output output;

	(void)state;
	output_open(&output, &kallmod_out_recording_folded);
	put(&output, "a;b c\n\033", NULL, &stack[3], 1);
	put(&output, "", NULL, &stack[0], 1);
	put(&output, "sixteen letters!", NULL, &stack[0], 1);
	output_end(&output);
	assert_non_null(strstr(output.text, "a_b_c__;unknown_[liquidio,liquidio_vf] 1\n"));
	assert_non_null(strstr(output.text, "unknown;memcpy_[k] 1\n"));
	assert_non_null(strstr(output.text, "sixteen_letters!;memcpy_[k] 1\n"));
	free(output.text);
}

/* More stacks than the table holds: each sample is still there. */
static void folded_when_full(void **state)
{
	enum { STACKS = 100000 };
	struct output output;
	unsigned long long sum = 0, count;
	char *line, *rest = NULL;
	size_t lines = 0;

	(void)state;
	output_open(&output, &kallmod_out_recording_folded);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < STACKS; i++) {
			char name[32];
			struct kallmod_recording_frame frame = {.ip = i, .symbol = name};

			snprintf(name, sizeof(name), "function_%d", i);
			put(&output, "dd", NULL, &frame, 1);
		}
	}
	output_end(&output);
	for (line = strtok_r(output.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_int_equal(sscanf(line, "dd;%*s %llu", &count), 1);
		sum += count;
		lines++;
	}
	assert_int_equal(sum, 2 * STACKS);
	assert_true(lines >= STACKS && lines <= 2 * STACKS);
	free(output.text);
}

/* The longest stack that there can be. */
static void folded_long_stack(void **state)
{
	struct kallmod_recording_frame frames[KALLMOD_MAX_FRAMES];
	struct output output;
	char name[512], module[120];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	memset(module, 'm', sizeof(module) - 1);
	name[sizeof(name) - 1] = module[sizeof(module) - 1] = '\0';
	for (size_t i = 0; i < KALLMOD_MAX_FRAMES; i++)
		frames[i] = (struct kallmod_recording_frame){.symbol = name, .module = module};
	output_open(&output, &kallmod_out_recording_folded);
	put(&output, "dd", NULL, frames, KALLMOD_MAX_FRAMES);
	output_end(&output);
	assert_int_equal(output.size, 2 + KALLMOD_MAX_FRAMES * (1 + 511 + 2 + 119 + 1) + 3);
	assert_string_equal(output.text + output.size - 4, "] 1\n");
	free(output.text);
}

/* ---- JSON lines ------------------------------------------------------------------------ */

static const struct kallmod_recording_header header = {
	.release = "6.12.0", .event = "cpu-clock", .source = "ranges", .trust = "exact",
	.boot_id = "b", .hz = 99, .stacks = true};

static void jsonl_as_documented(void **state)
{
	struct output output;

	(void)state;
	output_open(&output, &kallmod_out_recording_jsonl);
	assert_int_equal(output.format->header(NULL, output.file, &header), 0);
	put(&output, "dd", NULL, &stack[0], 1);
	put(&output, "q\"\\\n\xc3\xa9\xff", "ext4", stack, 2);
	output_end(&output);
	assert_string_equal(output.text,
		"{\"kallmod\":\"" KALLMOD_VERSION "\",\"format\":1,\"release\":\"6.12.0\",\"boot_id\":\"b\",\"event\":\"cpu-clock\",\"hz\":99,\"period\":0,\"source\":\"ranges\",\"trust\":\"exact\",\"stacks\":true}\n"
		"{\"time_ns\":17,\"ip\":\"ffffffff81000010\",\"symbol\":\"memcpy\",\"offset\":16,\"module\":null,\"charged\":null,\"pid\":5,\"tid\":6,\"comm\":\"dd\",\"cpu\":1,\"mode\":\"kernel\"}\n"
		"{\"time_ns\":17,\"ip\":\"ffffffff81000010\",\"symbol\":\"memcpy\",\"offset\":16,\"module\":null,\"charged\":\"ext4\",\"pid\":5,\"tid\":6,\"comm\":\"q\\\"\\\\\\u000a\xc3\xa9\\ufffd\",\"cpu\":1,\"mode\":\"kernel\",\"stack\":[{\"ip\":\"ffffffff81000010\",\"symbol\":\"memcpy\",\"offset\":16,\"module\":null},{\"ip\":\"ffffffffc0000020\",\"symbol\":\"ext4_write\",\"offset\":32,\"module\":\"ext4\"}]}\n"
		"{\"samples\":9,\"kernel\":5,\"user\":3,\"idle\":1,\"unresolved\":0,\"expected\":10,\"lost\":2,\"truncated\":0,\"seconds\":1.500000}\n");
	free(output.text);
}

struct seen {
	struct kallmod_report_sum *sum;
	size_t headers, samples, footers;
	double seconds;
};

static int see(void *arg, const struct kallmod_recline *line)
{
	struct seen *seen = arg;

	seen->headers += line->kind == KALLMOD_RECLINE_HEADER;
	seen->samples += line->kind == KALLMOD_RECLINE_SAMPLE;
	seen->footers += line->kind == KALLMOD_RECLINE_FOOTER;
	if (line->kind == KALLMOD_RECLINE_FOOTER)
		seen->seconds = line->footer.seconds;
	if (line->kind == KALLMOD_RECLINE_SAMPLE)
		return kallmod_report_sum_add(seen->sum, line);
	return 0;
}

static int read_text(struct kallmod_ctx *ctx, const char *text, struct seen *seen,
		     struct kallmod_recording_flaws *flaws)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(file);
	*seen = (struct seen){};
	assert_int_equal(kallmod_report_sum_create(&seen->sum), 0);
	err = kallmod_recording_read(ctx, file, "recording", see, seen, flaws);
	fclose(file);
	return err;
}

/* What is written is read. */
static void round_trip(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_recording_flaws flaws;
	struct output output;
	struct seen seen;

	output_open(&output, &kallmod_out_recording_jsonl);
	assert_int_equal(output.format->header(NULL, output.file, &header), 0);
	put(&output, "\xff\xfe;\"", "ext4", stack, 4);
	output_end(&output);
	assert_int_equal(read_text(root->ctx, output.text, &seen, &flaws), 0);
	assert_int_equal(seen.headers, 1);
	assert_int_equal(seen.samples, 1);
	assert_int_equal(seen.footers, 1);
	assert_true(seen.seconds == 1.5);
	assert_int_equal(flaws.unreadable, 0);
	kallmod_report_sum_destroy(seen.sum);
	free(output.text);
}

#define HEADER "{\"kallmod\":\"1\",\"format\":1}\n"
#define FRAME(symbol, module) "{\"symbol\":\"" symbol "\",\"module\":" module "}"
#define SAMPLE(charged, frames) \
	"{\"mode\":\"kernel\",\"charged\":" charged ",\"stack\":[" frames "]}\n"

static const struct kallmod_report_row *row_of(const struct kallmod_report_module *modules,
					       size_t n, const char *module, const char *function)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(modules[i].row.name, module))
			continue;
		for (size_t k = 0; function && k < modules[i].nfunctions; k++)
			if (!strcmp(modules[i].functions[k].name, function))
				return &modules[i].functions[k];
		return function ? NULL : &modules[i].row;
	}
	return NULL;
}

static void assert_row(const struct kallmod_report_module *modules, size_t n, const char *module,
		       const char *function, unsigned int self, unsigned int charged,
		       unsigned int total)
{
	const struct kallmod_report_row *row = row_of(modules, n, module, function);

	assert_non_null(row);
	assert_int_equal(row->self, self);
	assert_int_equal(row->charged, charged);
	assert_int_equal(row->total, total);
}

/* Nearest to the leaf is charged; total is once per sample; an interrupt ends the walk. */
static void three_attributions(void **state)
{
	static const char text[] = HEADER
		SAMPLE("\"ext4\"", FRAME("memcpy", "null") "," FRAME("write", "\"ext4\"") ","
		       FRAME("write", "\"ext4\"") "," FRAME("sync", "\"md\""))
		SAMPLE("null", FRAME("tick", "null") ",{\"symbol\":\"asm_irq\",\"module\":null,\"irq\":true},"
		       FRAME("write", "\"ext4\""))
		SAMPLE("\"ext4\"", FRAME("write", "\"ext4\""));
	struct fake_root *root = *state;
	struct kallmod_recording_flaws flaws;
	struct kallmod_report_module *modules;
	struct seen seen;
	size_t n;

	assert_int_equal(read_text(root->ctx, text, &seen, &flaws), 0);
	assert_int_equal(kallmod_report_sum_modules(seen.sum, KALLMOD_REPORT_CHARGED, 10, &modules,
						    &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(modules[0].row.name, "ext4");
	assert_row(modules, n, "ext4", NULL, 1, 2, 2);
	assert_row(modules, n, "ext4", "write", 1, 2, 2);
	assert_row(modules, n, "core", NULL, 2, 1, 2);
	assert_row(modules, n, "core", "tick", 1, 1, 1);
	assert_row(modules, n, "core", "asm_irq", 0, 0, 1);
	assert_row(modules, n, "core", "memcpy", 1, 0, 1);
	assert_row(modules, n, "md", NULL, 0, 0, 1);
	assert_int_equal(kallmod_report_sum_modules(seen.sum, KALLMOD_REPORT_NAME, 1, &modules,
						    &n), 0);
	assert_string_equal(modules[0].row.name, "core");
	assert_int_equal(modules[0].nfunctions, 1);
	assert_int_equal(modules[0].hidden, 2);
	kallmod_report_sum_destroy(seen.sum);
}

/* A bad line is counted, and no more. */
static void bad_lines(void **state)
{
	static const char *const lines[] = {
		"", "{", "[]", "null", "{}", "{\"mode\":\"kernel\"", "{\"mode\":7}",
		"{\"mode\":\"odd\"}", "{\"mode\":\"kernel\",\"module\":7}",
		"{\"mode\":\"kernel\",\"module\":\"\"}", "{\"mode\":\"kernel\",\"symbol\":\"\\u001b[2J\"}",
		"{\"mode\":\"kernel\",\"symbol\":\"a\\u0000b\"}",
		"{\"mode\":\"kernel\",\"symbol\":\"a\\u009bb\"}",
		"{\"mode\":\"kernel\",\"stack\":{}}", "{\"mode\":\"kernel\",\"stack\":[]}",
		"{\"mode\":\"kernel\",\"stack\":[1]}", "{\"mode\":\"kernel\"} x",
		"{\"mode\":\"kernel\",\"stack\":[[[[[[[[[[[[]]]]]]]]]]]]}",
		"{\"samples\":-1}", "{\"samples\":\"1\"}", "{\"samples\":1,\"seconds\":-1}",
	};
	struct fake_root *root = *state;
	struct kallmod_recording_flaws flaws;
	struct seen seen;
	char text[512];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), HEADER "%s\n{\"mode\":\"user\"}\n", lines[i]);
		assert_int_equal(read_text(root->ctx, text, &seen, &flaws), 0);
		assert_int_equal(flaws.unreadable, 1);
		assert_int_equal(seen.samples, 1);
		assert_int_equal(seen.footers, 0);
		assert_false(flaws.torn);
		kallmod_report_sum_destroy(seen.sum);
	}
}

static void torn_and_too_long(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_recording_flaws flaws;
	struct seen seen;
	size_t size = 3 * KALLMOD_RECLINE_MAX;
	char *text = calloc(1, size);

	assert_non_null(text);
	assert_int_equal(read_text(root->ctx, HEADER "{\"mode\":\"user\"}\n{\"mode\":\"user\"}",
				   &seen, &flaws), 0);
	assert_int_equal(seen.samples, 1);
	assert_int_equal(flaws.unreadable, 1);
	assert_true(flaws.torn);
	kallmod_report_sum_destroy(seen.sum);

	strcpy(text, HEADER);
	memset(text + strlen(HEADER), '{', 2 * KALLMOD_RECLINE_MAX);
	strcat(text, "\n{\"mode\":\"user\"}\n");
	assert_int_equal(read_text(root->ctx, text, &seen, &flaws), 0);
	assert_int_equal(seen.samples, 1);
	assert_int_equal(flaws.unreadable, 1);
	assert_false(flaws.torn);
	kallmod_report_sum_destroy(seen.sum);
	free(text);
}

static void no_recordings(void **state)
{
	static const struct {
		const char *text, *error;
	} files[] = {
		{"\n", "does not begin"},
		{"garbage\n", "does not begin"},
		{"{\"mode\":\"user\"}\n" HEADER, "does not begin"},
		{"dd;vfs_write_[k] 2\n", "does not begin"},
		{"{\"kallmod\":\"9\",\"format\":2}\n", "another format"},
		{"{\"kallmod\":\"9\"}\n", "another format"},
		{HEADER "{\"kallmod\":\"9\",\"format\":2}\n", "another format"},
	};
	struct fake_root *root = *state;
	struct kallmod_recording_flaws flaws;
	struct seen seen;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(read_text(root->ctx, files[i].text, &seen, &flaws), -EINVAL);
		assert_error(root->ctx, files[i].error);
		assert_error(root->ctx, "recording: ");
		kallmod_report_sum_destroy(seen.sum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folded_is_root_first),
		cmocka_unit_test(folded_hostile_names),
		cmocka_unit_test(folded_when_full),
		cmocka_unit_test(folded_long_stack),
		cmocka_unit_test(jsonl_as_documented),
		rooted_test(round_trip),
		rooted_test(three_attributions),
		rooted_test(bad_lines),
		rooted_test(torn_and_too_long),
		rooted_test(no_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
