// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "ctx.h"
#include "term.h"

enum { PAIR_EXACT = 1, PAIR_INFERRED, PAIR_WARNING };

/* What a handler of a fatal signal needs, found beforehand: it may call next to nothing. */
static struct {
	SCREEN *screen;
	bool taken;
	struct termios modes;
	char leave[256]; /* what the terminal is sent */
} term;

/* ---- giving it back -------------------------------------------------------------------- */

static void collect_leave(void)
{
	static const char *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};

	term.leave[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = tigetstr(names[i]);

		if (text && text != (const char *)-1 &&
		    strlen(term.leave) + strlen(text) < sizeof(term.leave))
			strcat(term.leave, text);
	}
}

static void on_crash(int number)
{
	ssize_t ignored = write(STDOUT_FILENO, term.leave, strlen(term.leave));

	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &term.modes);
	/* SA_RESETHAND: this time it kills. */
	raise(number);
}

static void catch_crashes(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

void kmodtop_term_close(void)
{
	if (!term.taken)
		return;
	term.taken = false;
	endwin();
	delscreen(term.screen);
	term.screen = NULL;
}

/* ---- taking it ------------------------------------------------------------------------- */

static void start_colors(bool color)
{
	if (!color || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(PAIR_EXACT, COLOR_GREEN, -1);
	init_pair(PAIR_INFERRED, COLOR_YELLOW, -1);
	init_pair(PAIR_WARNING, COLOR_RED, -1);
}

int kmodtop_term_open(struct kallmod_ctx *ctx, bool color)
{
	const char *name = getenv("TERM");

	if (tcgetattr(STDIN_FILENO, &term.modes))
		return kallmod_fail(ctx, -ENOTTY, "standard input is no terminal; use --batch");
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen)
		return kallmod_fail(ctx, -EINVAL,
				    "TERM=%s: no such terminal is known; set TERM, or use --batch",
				    name ? name : "");
	term.taken = true;
	atexit(kmodtop_term_close);
	collect_leave();
	catch_crashes();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	start_colors(color);
	return 0;
}

/* ---- keys and size --------------------------------------------------------------------- */

int kmodtop_term_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
	case KEY_RESIZE:
		return KMODTOP_KEY_NONE;
	case KEY_UP:
		return KMODTOP_KEY_UP;
	case KEY_DOWN:
		return KMODTOP_KEY_DOWN;
	case KEY_PPAGE:
		return KMODTOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return KMODTOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return KMODTOP_KEY_HOME;
	case KEY_END:
		return KMODTOP_KEY_END;
	case KEY_LEFT:
	case KEY_BACKSPACE:
	case 127:
		return KMODTOP_KEY_BACKSPACE;
	case KEY_RIGHT:
	case KEY_ENTER:
	case '\r':
		return KMODTOP_KEY_ENTER;
	default:
		return key < KEY_MIN ? key : KMODTOP_KEY_NONE;
	}
}

void kmodtop_term_size(size_t *width_ret, size_t *height_ret)
{
	*width_ret = COLS;
	*height_ret = LINES;
}

void kmodtop_term_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

/* ---- drawing --------------------------------------------------------------------------- */

static attr_t look_attributes(enum kmodtop_look look)
{
	switch (look) {
	case KMODTOP_LOOK_TITLE:
		return A_REVERSE;
	case KMODTOP_LOOK_EXACT:
		return COLOR_PAIR(PAIR_EXACT);
	case KMODTOP_LOOK_INFERRED:
		return COLOR_PAIR(PAIR_INFERRED);
	case KMODTOP_LOOK_CORE:
		return A_DIM;
	case KMODTOP_LOOK_WARNING:
		return COLOR_PAIR(PAIR_WARNING) | A_BOLD;
	default:
		return A_NORMAL;
	}
}

static void draw_line(int y, const struct kmodtop_line *line, bool selected)
{
	wchar_t text[sizeof(line->text)];
	size_t n = mbstowcs(text, line->text, sizeof(text) / sizeof(text[0]) - 1);
	attr_t attributes = look_attributes(line->look);

	if (n == (size_t)-1)
		return;
	if (selected)
		attributes = A_REVERSE | A_BOLD;
	attrset(attributes);
	/* Every character is one column wide; what does not fit is cut. */
	mvaddnwstr(y, 0, text, n < (size_t)COLS ? (int)n : COLS);
	if (selected || line->look == KMODTOP_LOOK_TITLE)
		for (int x = n; x < COLS; x++)
			mvaddch(y, x, ' ');
	attrset(A_NORMAL);
}

void kmodtop_term_draw(const struct kmodtop_picture *picture, bool from_scratch)
{
	if (from_scratch)
		clearok(curscr, TRUE);
	erase();
	for (size_t i = 0; i < picture->lines.n && i < (size_t)LINES; i++)
		draw_line(i, &picture->lines.at[i], i == picture->selected);
	refresh();
}
