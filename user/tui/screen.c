// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "screen.h"

enum { MIN_DELAY_MS = 100, MAX_DELAY_MS = 3600000, MIN_HEADER_HEIGHT = 8 };

void kmodtop_screen_init(struct kmodtop_screen *screen)
{
	*screen = (struct kmodtop_screen){.waiting = true};
}

/* ---- rows ------------------------------------------------------------------------------ */

/* Identity of a row of the view, which outlives its place; *n_ret: how many rows there are. */
static uint64_t row_key(const struct kmodtop_screen *screen, struct kmodtop_session *session,
			size_t index, size_t *n_ret)
{
	struct kmodtop_model *model = session->model;
	const struct kmodtop_row *rows;
	const struct kmodtop_part *parts;
	const struct kallmod_probe_table_row *calls;
	const struct kmodtop_cpu *cpus;

	switch (screen->view) {
	case KMODTOP_VIEW_MODULES:
		*n_ret = kmodtop_model_rows(model, &rows);
		return index < *n_ret ? rows[index].set : 0;
	case KMODTOP_VIEW_FUNCTIONS:
		*n_ret = kmodtop_model_functions(model, screen->set, &parts);
		return index < *n_ret ? parts[index].addr : 0;
	case KMODTOP_VIEW_PROCESSES:
		*n_ret = kmodtop_model_processes(model, screen->set, screen->function, &parts);
		return index < *n_ret ? parts[index].tgid : 0;
	case KMODTOP_VIEW_CPUS:
		*n_ret = kmodtop_model_cpus(model, &cpus);
		return index;
	case KMODTOP_VIEW_CALLS:
		*n_ret = kallmod_probe_table_rows(session->calls.table, &calls);
		return index < *n_ret ? calls[index].addr : 0;
	default:
		*n_ret = 0;
		return 0;
	}
}

static void remember(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	size_t n;

	screen->key = row_key(screen, session, screen->selected, &n);
}

/* Follows the chosen row to where it is now; one that is gone leaves its place. */
static void follow(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	size_t n;

	row_key(screen, session, 0, &n);
	for (size_t i = 0; screen->moved && i < n; i++) {
		if (row_key(screen, session, i, &n) == screen->key) {
			screen->selected = i;
			return;
		}
	}
	if (screen->selected >= n)
		screen->selected = n ? n - 1 : 0;
}

static void open_view(struct kmodtop_screen *screen, enum kmodtop_view view)
{
	screen->view = view;
	screen->selected = 0;
	screen->top = 0;
	screen->moved = false;
}

/* ---- keys ------------------------------------------------------------------------------ */

static void move(struct kmodtop_screen *screen, struct kmodtop_session *session, long by)
{
	size_t n;

	if (screen->view == KMODTOP_VIEW_HELP) {
		screen->top = by < 0 && screen->top < (size_t)-by ? 0 : screen->top + by;
		return;
	}
	row_key(screen, session, 0, &n);
	if (by < 0 && screen->selected < (size_t)-by)
		screen->selected = 0;
	else
		screen->selected += by;
	if (screen->selected >= n)
		screen->selected = n ? n - 1 : 0;
	screen->moved = true;
	remember(screen, session);
}

static void enter(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	const struct kmodtop_row *rows;
	const struct kmodtop_part *parts;
	size_t n;

	if (screen->view == KMODTOP_VIEW_MODULES) {
		n = kmodtop_model_rows(session->model, &rows);
		if (screen->selected >= n)
			return;
		screen->set = rows[screen->selected].set;
		snprintf(screen->title, sizeof(screen->title), "%s",
			 rows[screen->selected].module);
		open_view(screen, KMODTOP_VIEW_FUNCTIONS);
	} else if (screen->view == KMODTOP_VIEW_FUNCTIONS) {
		size_t length = strlen(screen->title);

		n = kmodtop_model_functions(session->model, screen->set, &parts);
		if (screen->selected >= n)
			return;
		screen->function = parts[screen->selected].addr;
		snprintf(screen->title + length, sizeof(screen->title) - length, " > %s",
			 parts[screen->selected].name);
		open_view(screen, KMODTOP_VIEW_PROCESSES);
	}
}

static void back(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	char *arrow = strstr(screen->title, " > ");

	if (screen->view == KMODTOP_VIEW_CALLS)
		kmodtop_calls_close(&session->calls);
	if (screen->view == KMODTOP_VIEW_HELP) {
		open_view(screen, screen->back);
	} else if (screen->view == KMODTOP_VIEW_PROCESSES) {
		if (arrow)
			*arrow = '\0';
		open_view(screen, KMODTOP_VIEW_FUNCTIONS);
	} else {
		open_view(screen, KMODTOP_VIEW_MODULES);
	}
}

/* Asks for the probes of the selected module. */
static unsigned int ask_probe(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	const struct kmodtop_row *rows;
	size_t n = kmodtop_model_rows(session->model, &rows);
	const struct kmodtop_row *row = &rows[screen->selected];

	if (screen->view != KMODTOP_VIEW_MODULES || screen->selected >= n)
		return 0;
	if (row->kind != KALLMOD_KIND_BUILTIN && row->kind != KALLMOD_KIND_LOADABLE) {
		snprintf(screen->message, sizeof(screen->message),
			 "%s is no module; 'kallmod probe core:FUNCTION' probes functions of the kernel proper",
			 row->module);
		return 0;
	}
	screen->set = row->set;
	snprintf(screen->title, sizeof(screen->title), "%s", row->module);
	snprintf(screen->message, sizeof(screen->message), "attaching to the functions of %s…",
		 row->module);
	return KMODTOP_PROBE;
}

void kmodtop_screen_probe(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	screen->message[0] = '\0';
	if (!kmodtop_calls_open(&session->calls, kallmod_sampler_map(session->sampler), screen->set,
				screen->message))
		open_view(screen, KMODTOP_VIEW_CALLS);
}

static void sort_by(struct kmodtop_session *session, int by)
{
	bool stacks = kmodtop_model_stacks(session->model);

	by = (by + KMODTOP_SORTS) % KMODTOP_SORTS;
	/* Without stacks there is no CHARGED and no TOTAL. */
	if (!stacks && (by == KMODTOP_SORT_CHARGED || by == KMODTOP_SORT_TOTAL))
		by = KMODTOP_SORT_SELF;
	kmodtop_model_sort(session->model, by);
}

static void ask(struct kmodtop_screen *screen, enum kmodtop_prompt prompt, const char *answer)
{
	screen->prompt = prompt;
	snprintf(screen->answer, sizeof(screen->answer), "%s", answer);
}

static unsigned int take_delay(struct kmodtop_screen *screen, struct kmodtop_session *session)
{
	char *end;
	double seconds = strtod(screen->answer, &end);

	if (*end || end == screen->answer || !(seconds >= MIN_DELAY_MS / 1e3) ||
	    seconds > MAX_DELAY_MS / 1e3) {
		snprintf(screen->message, sizeof(screen->message),
			 "%s: not a delay; 0.1 to 3600 seconds", screen->answer);
		return 0;
	}
	session->options.delay = seconds;
	session->about.delay = seconds;
	return KMODTOP_DELAY;
}

static unsigned int answer_key(struct kmodtop_screen *screen, struct kmodtop_session *session,
			       int key)
{
	enum kmodtop_prompt prompt = screen->prompt;
	size_t length = strlen(screen->answer);

	if (key == KMODTOP_KEY_BACKSPACE && length) {
		screen->answer[length - 1] = '\0';
	} else if (key >= ' ' && key <= '~' && length < sizeof(screen->answer) - 1) {
		screen->answer[length] = key;
		screen->answer[length + 1] = '\0';
	} else if (key == KMODTOP_KEY_ESCAPE) {
		screen->prompt = KMODTOP_NO_PROMPT;
	} else if (key == KMODTOP_KEY_ENTER) {
		screen->prompt = KMODTOP_NO_PROMPT;
		if (prompt == KMODTOP_ASK_DELAY)
			return take_delay(screen, session);
		kmodtop_calls_close(&session->calls);
		kmodtop_model_filter(session->model, screen->answer);
		open_view(screen, KMODTOP_VIEW_MODULES);
	}
	return 0;
}

/* Keys that move; false: another key. */
static bool move_key(struct kmodtop_screen *screen, struct kmodtop_session *session, int key,
		     size_t height)
{
	long page = height > 8 ? height - 8 : 1;

	switch (key) {
	case KMODTOP_KEY_UP:
	case 'k':
		move(screen, session, -1);
		return true;
	case KMODTOP_KEY_DOWN:
	case 'j':
		move(screen, session, 1);
		return true;
	case KMODTOP_KEY_PAGE_UP:
		move(screen, session, -page);
		return true;
	case KMODTOP_KEY_PAGE_DOWN:
		move(screen, session, page);
		return true;
	case KMODTOP_KEY_HOME:
		move(screen, session, -1000000);
		return true;
	case KMODTOP_KEY_END:
		move(screen, session, 1000000);
		return true;
	default:
		return false;
	}
}

static bool sort_key(struct kmodtop_session *session, int key)
{
	int sorted = kmodtop_model_sorted(session->model);
	/* In the order of enum kmodtop_sort. */
	static const char letters[] = "cftan";
	const char *letter = strchr(letters, key);

	if (key == 's' || key == '>')
		sort_by(session, sorted + 1);
	else if (key == '<')
		sort_by(session, sorted - 1);
	else if (letter)
		sort_by(session, letter - letters);
	else
		return false;
	return true;
}

/* In the view of calls the letters sort by its own columns. */
static bool calls_key(const struct kmodtop_screen *screen, struct kmodtop_session *session, int key)
{
	enum kallmod_probe_sort sort;

	if (screen->view != KMODTOP_VIEW_CALLS || !kmodtop_calls_sort_key(key, false, &sort))
		return false;
	kallmod_probe_table_sort(session->calls.table, sort);
	return true;
}

static unsigned int view_key(struct kmodtop_screen *screen, struct kmodtop_session *session,
			     int key)
{
	char delay[32];

	switch (key) {
	case KMODTOP_KEY_ENTER:
		enter(screen, session);
		return 0;
	case KMODTOP_KEY_ESCAPE:
	case KMODTOP_KEY_BACKSPACE:
		back(screen, session);
		return 0;
	case '/':
		ask(screen, KMODTOP_ASK_FILTER, kmodtop_model_filtered(session->model));
		return 0;
	case 'd':
		snprintf(delay, sizeof(delay), "%g", session->options.delay);
		ask(screen, KMODTOP_ASK_DELAY, delay);
		return 0;
	case 'P':
		return ask_probe(screen, session);
	case '1':
		if (screen->view == KMODTOP_VIEW_CALLS)
			back(screen, session);
		session->per_cpu = screen->view != KMODTOP_VIEW_CPUS;
		open_view(screen, session->per_cpu ? KMODTOP_VIEW_CPUS : KMODTOP_VIEW_MODULES);
		return 0;
	case 'h':
	case '?':
		if (screen->view != KMODTOP_VIEW_HELP)
			screen->back = screen->view;
		open_view(screen, KMODTOP_VIEW_HELP);
		return 0;
	case 'p':
	case ' ':
		screen->paused = !screen->paused;
		return KMODTOP_PAUSE;
	case 'r':
	case 'L' & 31:
		return KMODTOP_REDRAW;
	case 'q':
		return KMODTOP_QUIT;
	default:
		return 0;
	}
}

unsigned int kmodtop_screen_key(struct kmodtop_screen *screen, struct kmodtop_session *session,
				int key, size_t height)
{
	screen->message[0] = '\0';
	if (key == KMODTOP_KEY_NONE)
		return 0;
	if (screen->prompt)
		return answer_key(screen, session, key);
	if (move_key(screen, session, key, height) || calls_key(screen, session, key) ||
	    sort_key(session, key))
		return 0;
	return view_key(screen, session, key);
}

/* ---- drawing --------------------------------------------------------------------------- */

/* A message may need more than one line; it is cut between words. */
static void add_message(struct kmodtop_lines *lines, const char *text, size_t width)
{
	while (*text) {
		size_t length = strlen(text), cut = length;

		if (length > width && width)
			for (cut = width; cut > 1 && text[cut] != ' ';)
				cut--;
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING, "%.*s", (int)cut, text);
		text += cut;
		text += *text == ' ';
	}
}

static void add_status(const struct kmodtop_screen *screen, struct kmodtop_lines *lines,
		       const struct kmodtop_session *session, size_t width)
{
	if (screen->prompt == KMODTOP_ASK_FILTER)
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING, "show modules with: %s_",
				  screen->answer);
	else if (screen->prompt == KMODTOP_ASK_DELAY)
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING, "seconds between screens: %s_",
				  screen->answer);
	else if (screen->message[0])
		add_message(lines, screen->message, width);
	else if (screen->paused)
		kmodtop_lines_add(lines, KMODTOP_LOOK_WARNING, "paused: p goes on");
	else if (screen->view == KMODTOP_VIEW_MODULES)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "by %s, every %g s; h for help",
				  kmodtop_sort_name(kmodtop_model_sorted(session->model)),
				  session->options.delay);
	else if (screen->view == KMODTOP_VIEW_CALLS)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "calls by %s (c r f); %s: %s  (Esc: back)",
				  kmodtop_calls_sort_name(kallmod_probe_table_sorted(
					  session->calls.table)),
				  screen->title, session->calls.what);
	else
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "%s  (Esc: back)",
				  screen->view == KMODTOP_VIEW_CPUS ? "by CPU" : screen->title);
}

/* The view's title line and rows. */
static void add_view(const struct kmodtop_screen *screen, struct kmodtop_session *session,
		     struct kmodtop_lines *lines, size_t width)
{
	struct kmodtop_model *model = session->model;

	if (screen->waiting)
		kmodtop_lines_add(lines, KMODTOP_LOOK_PLAIN, "sampling…");
	else if (screen->view == KMODTOP_VIEW_FUNCTIONS)
		kmodtop_lines_functions(lines, model, screen->set, width);
	else if (screen->view == KMODTOP_VIEW_PROCESSES)
		kmodtop_lines_processes(lines, model, screen->set, screen->function, width);
	else if (screen->view == KMODTOP_VIEW_CPUS)
		kmodtop_lines_cpus(lines, model, width);
	else if (screen->view == KMODTOP_VIEW_CALLS)
		kmodtop_lines_calls(lines, session->calls.table, false);
	else
		kmodtop_lines_modules(lines, model, &session->about, width);
}

/* Leaves lines[first], the title, and of those after it the n from top on. */
static void scroll(struct kmodtop_lines *lines, size_t first, size_t top, size_t n)
{
	size_t rows = lines->n > first + 1 ? lines->n - first - 1 : 0;

	top = top < rows ? top : rows;
	n = n < rows - top ? n : rows - top;
	if (!rows)
		return;
	memmove(&lines->at[first + 1], &lines->at[first + 1 + top], n * sizeof(*lines->at));
	lines->n = first + 1 + n;
}

static void draw_help(struct kmodtop_screen *screen, size_t height, struct kmodtop_lines *lines)
{
	kmodtop_lines_help(lines);
	if (screen->top + height > lines->n)
		screen->top = lines->n > height ? lines->n - height : 0;
	scroll(lines, 0, screen->top, height ? height - 1 : 0);
}

void kmodtop_screen_draw(struct kmodtop_screen *screen, struct kmodtop_session *session,
			 size_t width, size_t height, struct kmodtop_picture *picture)
{
	struct kmodtop_lines *lines = &picture->lines;
	size_t first, room;

	kmodtop_lines_clear(lines);
	picture->selected = SIZE_MAX;
	if (screen->view == KMODTOP_VIEW_HELP) {
		draw_help(screen, height, lines);
		return;
	}
	if (height >= MIN_HEADER_HEIGHT)
		kmodtop_lines_header(lines, session->model, &session->about, width);
	add_status(screen, lines, session, width);
	first = lines->n;
	follow(screen, session);
	add_view(screen, session, lines, width);
	room = height > first + 1 ? height - first - 1 : 0;
	if (screen->selected < screen->top)
		screen->top = screen->selected;
	if (room && screen->selected >= screen->top + room)
		screen->top = screen->selected - room + 1;
	scroll(lines, first, screen->top, room);
	if (!screen->waiting && lines->n > first + 1)
		picture->selected = first + 1 + screen->selected - screen->top;
	if (lines->n > height)
		lines->n = height;
}
