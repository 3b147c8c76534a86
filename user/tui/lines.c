// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "lines.h"

void kmodtop_lines_deinit(struct kmodtop_lines *lines)
{
	free(lines->at);
	*lines = (struct kmodtop_lines){};
}

void kmodtop_lines_clear(struct kmodtop_lines *lines)
{
	lines->n = 0;
}

void kmodtop_lines_add(struct kmodtop_lines *lines, enum kmodtop_look look, const char *format,
		       ...)
{
	struct kmodtop_line *line;
	va_list args;

	if (kallmod_grow(&lines->at, &lines->capacity, lines->n, sizeof(*line)))
		return;
	line = &lines->at[lines->n++];
	line->look = look;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* ---- header ---------------------------------------------------------------------------- */

static void rate(char *text, size_t size, const struct kmodtop_about *about)
{
	if (about->period)
		snprintf(text, size, "%s every %" PRIu64, about->event, about->period);
	else
		snprintf(text, size, "%s %" PRIu64 " Hz", about->event, about->hz);
}

void kmodtop_lines_header(struct kmodtop_lines *lines, struct kmodtop_model *model,
			  const struct kmodtop_about *about, size_t width)
{
	const struct kallmod_sampler_totals *totals = kmodtop_model_totals(model);
	const struct kallmod_profile_stats *stats = &totals->stats;
	char first[256], second[256], third[256], event[64];

	rate(event, sizeof(event), about);
	snprintf(first, sizeof(first), "kmodtop  %s  %s  map: %s (%s)", about->release, event,
		 about->source, kallmod_trust_name(about->trust));
	if (totals->expected)
		snprintf(second, sizeof(second), "%.1fs  samples %" PRIu64 "/%" PRIu64
			 " expected  lost %" PRIu64, totals->seconds, (uint64_t)stats->samples,
			 totals->expected, (uint64_t)stats->lost);
	else
		snprintf(second, sizeof(second), "%.1fs  samples %" PRIu64 "  lost %" PRIu64,
			 totals->seconds, (uint64_t)stats->samples, (uint64_t)stats->lost);
	snprintf(third, sizeof(third), "kernel %.1f%%  user %.1f%%  idle %.1f%%",
		 percent(stats->kernel, stats->samples), percent(stats->user, stats->samples),
		 percent(stats->idle, stats->samples));
	kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s", first);
	if (width >= strlen(second) + strlen(third) + 2) {
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s  %s", second, third);
	} else {
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s", second);
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s", third);
	}
	if (stats->unresolved || stats->truncated)
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING,
				  "unresolved %" PRIu64 "  stacks cut %" PRIu64,
				  (uint64_t)stats->unresolved, (uint64_t)stats->truncated);
	if (kmodtop_model_filtered(model)[0])
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING, "only modules with \"%s\"",
				  kmodtop_model_filtered(model));
}

/* ---- the table of modules -------------------------------------------------------------- */

/* Columns in the order of the screen; priority says who goes first when there is no room. */
enum column { MODULE, CHARGED, SELF, TOTAL, SAMPLES, TREND, KIND, TRUST, FUNCTION, COLUMNS };

static const struct {
	const char *title;
	int width; /* with a blank after it; negative: flush left */
	int priority;
	bool stacks; /* needs them */
} columns[COLUMNS] = {
	[MODULE] = {"MODULE", -18, 0, false},
	[CHARGED] = {"CHARGED%", 9, 1, true},
	[SELF] = {"SELF%", 7, 2, false},
	[TOTAL] = {"TOTAL%", 7, 4, true},
	[SAMPLES] = {"SAMP/S", 8, 5, false},
	[TREND] = {"TREND", -9, 7, false},
	[KIND] = {"KIND", -9, 8, false},
	[TRUST] = {"TRUST", -6, 3, false},
	[FUNCTION] = {"HOTTEST FUNCTION", -24, 6, false},
};

/* Which columns have room in width; the function takes what is left. */
static unsigned int choose_columns(bool stacks, size_t width)
{
	unsigned int chosen = 0;
	size_t used = 0;

	for (int priority = 0; priority < COLUMNS; priority++) {
		for (int i = 0; i < COLUMNS; i++) {
			size_t wide = abs(columns[i].width);

			if (columns[i].priority != priority || (columns[i].stacks && !stacks))
				continue;
			if (used + wide > width && priority > 0)
				return chosen;
			used += wide;
			chosen |= 1u << i;
		}
	}
	return chosen;
}

/* Eight steps of a bar for each of the last eight intervals. */
static void trend(char *text, const uint64_t *history, bool utf8)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ".", ":", ":", "+", "*", "#", "#"};
	const uint64_t *last = history + KMODTOP_HISTORY - 8;
	uint64_t top = 1;

	for (int i = 0; i < 8; i++)
		top = last[i] > top ? last[i] : top;
	*text = '\0';
	for (int i = 0; i < 8; i++)
		strcat(text, (utf8 ? blocks : ascii)[last[i] ? 1 + last[i] * 7 / top : 0]);
	strcat(text, " ");
}

static void trust_mark(char *text, size_t size, const struct kmodtop_row *row)
{
	if (row->kind == KALLMOD_KIND_CORE || row->set == KALLMOD_SET_UNRESOLVED)
		snprintf(text, size, "-");
	else if (row->trust == KALLMOD_TRUST_EXACT)
		snprintf(text, size, "=");
	else if (row->trust == KALLMOD_TRUST_DERIVED)
		snprintf(text, size, "~");
	else
		snprintf(text, size, "?%.2f", row->confidence);
}

static enum kmodtop_look look_of(const struct kmodtop_row *row)
{
	if (row->set == KALLMOD_SET_UNRESOLVED)
		return KMODTOP_LOOK_WARNING;
	if (row->kind == KALLMOD_KIND_CORE)
		return KMODTOP_LOOK_CORE;
	return row->trust == KALLMOD_TRUST_INFERRED ? KMODTOP_LOOK_INFERRED : KMODTOP_LOOK_EXACT;
}

/* The text of a cell. */
static void cell(char *text, size_t size, const struct kmodtop_model *model,
		 const struct kmodtop_about *about, const struct kmodtop_row *row, int column)
{
	uint64_t kernel = kmodtop_model_kernel(model);
	double seconds = kmodtop_model_totals(model)->seconds;
	bool stacks = kmodtop_model_stacks(model);

	switch (column) {
	case MODULE:
		snprintf(text, size, "%s", row->module);
		break;
	case CHARGED:
		snprintf(text, size, "%.1f", percent(row->charged, kernel));
		break;
	case SELF:
		snprintf(text, size, "%.1f", percent(row->self, kernel));
		break;
	case TOTAL:
		snprintf(text, size, "%.1f", percent(row->total, kernel));
		break;
	case SAMPLES:
		snprintf(text, size, "%.1f",
			 seconds > 0 ? (stacks ? row->charged : row->self) / seconds : 0);
		break;
	case TREND:
		trend(text, row->history, about->utf8);
		break;
	case KIND:
		snprintf(text, size, "%s", kallmod_kind_name(row->kind));
		break;
	case TRUST:
		trust_mark(text, size, row);
		break;
	default:
		snprintf(text, size, "%s", row->function ? row->function : "-");
	}
}

/* Appends a cell, cut or padded to the column; the last one may take all the room. */
static void append(char *line, size_t size, const char *text, int column, bool last, int room)
{
	int width = columns[column].width, wide = abs(width);
	size_t at = strlen(line);

	if (column == TREND && *text != 'T')
		snprintf(line + at, size - at, "%s", text);
	else if (last)
		snprintf(line + at, size - at, "%.*s", room, text);
	else if (width < 0)
		snprintf(line + at, size - at, "%-*.*s ", wide - 1, wide - 1, text);
	else
		snprintf(line + at, size - at, "%*.*s ", wide - 1, wide - 1, text);
}

static void add_row(struct kmodtop_lines *lines, const struct kmodtop_model *model,
		    const struct kmodtop_about *about, const struct kmodtop_row *row,
		    unsigned int chosen, size_t width)
{
	char line[1024] = "", text[KMODTOP_NAME];
	int room = width < KMODTOP_NAME ? width : KMODTOP_NAME;

	for (int i = 0; i < COLUMNS; i++) {
		if (!(chosen & 1u << i))
			continue;
		if (row)
			cell(text, sizeof(text), model, about, row, i);
		else
			snprintf(text, sizeof(text), "%s", columns[i].title);
		append(line, sizeof(line), text, i, !(chosen >> (i + 1)), room);
		room -= abs(columns[i].width);
	}
	kmodtop_lines_add(lines, row ? look_of(row) : KMODTOP_LOOK_TITLE, "%s", line);
}

void kmodtop_lines_modules(struct kmodtop_lines *lines, struct kmodtop_model *model,
			   const struct kmodtop_about *about, size_t width)
{
	unsigned int chosen = choose_columns(kmodtop_model_stacks(model), width);
	const struct kmodtop_row *rows;
	size_t n = kmodtop_model_rows(model, &rows);

	add_row(lines, model, about, NULL, chosen, width);
	for (size_t i = 0; i < n; i++)
		add_row(lines, model, about, &rows[i], chosen, width);
	if (kmodtop_model_hidden(model))
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING,
				  "%zu modules of less confidence are hidden",
				  kmodtop_model_hidden(model));
}

/* ---- drill-down, CPUs, help ------------------------------------------------------------- */

void kmodtop_lines_functions(struct kmodtop_lines *lines, struct kmodtop_model *model,
			     uint32_t set, size_t width)
{
	uint64_t kernel = kmodtop_model_kernel(model);
	const struct kmodtop_part *parts;
	size_t n = kmodtop_model_functions(model, set, &parts);

	(void)width;
	kmodtop_lines_add(lines, KMODTOP_LOOK_TITLE, "%8s %7s  FUNCTION", "CHARGED%", "SELF%");
	for (size_t i = 0; i < n; i++)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%8.1f %7.1f  %s",
				  percent(parts[i].charged, kernel),
				  percent(parts[i].self, kernel), parts[i].name);
}

void kmodtop_lines_processes(struct kmodtop_lines *lines, struct kmodtop_model *model,
			     uint32_t set, uint64_t addr, size_t width)
{
	uint64_t kernel = kmodtop_model_kernel(model);
	const struct kmodtop_part *parts;
	size_t n = kmodtop_model_processes(model, set, addr, &parts);

	(void)width;
	kmodtop_lines_add(lines, KMODTOP_LOOK_TITLE, "%8s %7s %8s  PROCESS", "CHARGED%", "SELF%",
			  "PID");
	for (size_t i = 0; i < n; i++)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%8.1f %7.1f %8u  %s",
				  percent(parts[i].charged, kernel),
				  percent(parts[i].self, kernel), parts[i].tgid, parts[i].name);
}

void kmodtop_lines_cpus(struct kmodtop_lines *lines, struct kmodtop_model *model, size_t width)
{
	const struct kmodtop_cpu *cpus;
	size_t n = kmodtop_model_cpus(model, &cpus);

	(void)width;
	kmodtop_lines_add(lines, KMODTOP_LOOK_TITLE, "%4s %8s %7s %6s %6s  MODULE", "CPU",
			  "SAMPLES", "KERNEL%", "USER%", "IDLE%");
	for (size_t i = 0; i < n; i++) {
		const struct kallmod_profile_stats *stats = &cpus[i].stats;

		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN,
				  "%4d %8" PRIu64 " %7.1f %6.1f %6.1f  %s", cpus[i].cpu,
				  (uint64_t)stats->samples, percent(stats->kernel, stats->samples),
				  percent(stats->user, stats->samples),
				  percent(stats->idle, stats->samples), cpus[i].module);
	}
}

void kmodtop_lines_help(struct kmodtop_lines *lines)
{
	static const char *const text[] = {
		"kmodtop: kernel CPU time by module, built in or loaded",
		"",
		"CHARGED%  samples whose nearest module to the leaf this is: sums to 100",
		"SELF%     samples whose address is in the module",
		"TOTAL%    samples with the module anywhere on the kernel stack",
		"TRUST     = exact   ~ derived   ?0.98 inferred, with confidence",
		"",
		"Up Down PgUp PgDn Home End   move",
		"Enter          functions of the module, then its processes",
		"P              calls of the module's functions: attaches to all of them",
		"Esc Backspace  back; from there, detaches",
		"s < >          sort by the next, previous or next column",
		"c f t a n      sort by charged, self, total, samples or name",
		"/              show only modules with some text in their name",
		"1              per-CPU view",
		"p Space        pause",
		"d              seconds between screens",
		"r              draw again",
		"h ?            this help",
		"q              quit",
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s", text[i]);
}
