/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on the screen and what keys do to it. Knows no curses: keys are characters and these. */
#ifndef KMODTOP_SCREEN_H
#define KMODTOP_SCREEN_H

#include "session.h"

enum kmodtop_key {
	KMODTOP_KEY_NONE = 0,
	KMODTOP_KEY_BACKSPACE = 8,
	KMODTOP_KEY_ENTER = 10,
	KMODTOP_KEY_ESCAPE = 27,
	KMODTOP_KEY_UP = 0x1000,
	KMODTOP_KEY_DOWN,
	KMODTOP_KEY_PAGE_UP,
	KMODTOP_KEY_PAGE_DOWN,
	KMODTOP_KEY_HOME,
	KMODTOP_KEY_END,
};

enum kmodtop_reaction {
	KMODTOP_QUIT = 1 << 0,
	KMODTOP_REDRAW = 1 << 1, /* from scratch: something else may have written there */
	KMODTOP_PAUSE = 1 << 2,	 /* paused has changed */
	KMODTOP_DELAY = 1 << 3,	 /* the delay has changed */
	KMODTOP_PROBE = 1 << 4,	 /* kmodtop_screen_probe() is to be called, after a screen */
};

enum kmodtop_view {
	KMODTOP_VIEW_MODULES,
	KMODTOP_VIEW_FUNCTIONS,
	KMODTOP_VIEW_PROCESSES,
	KMODTOP_VIEW_CPUS,
	KMODTOP_VIEW_CALLS,
	KMODTOP_VIEW_HELP,
};

struct kmodtop_screen {
	enum kmodtop_view view, back; /* back: what help returns to */
	uint32_t set;	      /* of the functions and processes */
	uint64_t function;    /* of the processes */
	char title[2 * KMODTOP_NAME];
	size_t selected, top; /* rows, from 0 */
	uint64_t key;	      /* of the selected row, to stay on it while rows move */
	bool moved;	      /* the user has chosen a row */
	bool paused;
	bool waiting;	      /* there has been no interval yet */
	enum kmodtop_prompt { KMODTOP_NO_PROMPT, KMODTOP_ASK_FILTER, KMODTOP_ASK_DELAY } prompt;
	char answer[64];
	char message[KMODTOP_CALLS_TEXT]; /* for one screen */
};

/* What a terminal of width x height shows: height lines at most. */
struct kmodtop_picture {
	struct kmodtop_lines lines;
	size_t selected; /* line of the selected row, or SIZE_MAX */
};

void kmodtop_screen_init(struct kmodtop_screen *screen);
/* Returns enum kmodtop_reaction flags. height: the terminal's, for pages. */
unsigned int kmodtop_screen_key(struct kmodtop_screen *screen, struct kmodtop_session *session,
				int key, size_t height);
/*
 * Attaches to the functions of screen->set and shows their calls. It may take some seconds, so a
 * screen with screen->message comes before it.
 */
void kmodtop_screen_probe(struct kmodtop_screen *screen, struct kmodtop_session *session);
/* Fills picture, which is emptied first. */
void kmodtop_screen_draw(struct kmodtop_screen *screen, struct kmodtop_session *session,
			 size_t width, size_t height, struct kmodtop_picture *picture);

#endif
