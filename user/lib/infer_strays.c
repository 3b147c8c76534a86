// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The linker puts a module's objects next to each other: once in each part of the text (.text,
 * .text.unlikely, .init.text, …). Another piece, of a function or two, that lies in the same part is
 * not the module's, whatever its name: the function has moved into another object, or that has
 * one of the same name. Whether two places are in one part, the order of linking tells: going from one
 * to the other in one part meets nothing that is linked before both or behind both.
 */
#include <stdlib.h>
#include <string.h>

#include "infer_priv.h"

enum {
	NONE = -1,
	AROUND = 7,	/* functions on either side, whose places are where a piece is */
	SAMPLES = 512,	/* functions between two pieces that are looked at, at most */
	MANY = 12,	/* with fewer, one cannot tell */
	INSIDE = 9,	/* of ten; some names are another's */
	WRAP = 2,	/* a step back by so many times is the start of another part */
	WEAKER = 4,	/* so many times more in the largest piece */
};

/* The place of an item, by what the path has there. */
static bool find_place(const struct kallmod_infer *infer, size_t i, struct kallmod_sigplace *ret)
{
	const struct kallmod_sigset_hit *hit =
		kallmod_infer_hit(infer, &infer->items[i], infer->path[i]);

	if (!hit || hit->place.high == UINT16_MAX)
		return false;
	*ret = hit->place;
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The middle one of the places where AROUND functions before i, or from i on, begin; or NONE. */
static int find_middle(const struct kallmod_infer *infer, size_t i, bool before)
{
	struct kallmod_sigplace place;
	uint16_t lows[AROUND];
	size_t n = 0;

	for (; n < AROUND && (before ? i > 0 : i < infer->nitems); i += before ? -1 : 1)
		if (find_place(infer, i - before, &place))
			lows[n++] = place.low;
	if (n < AROUND)
		return NONE;
	qsort(lows, n, sizeof(*lows), compare_numbers);
	return lows[n / 2];
}

/*
 * Where in the order of linking a piece is, by the functions around it; NONE: they do not tell, as
 * where one part of the text ends and the next one begins.
 */
static int find_around(const struct kallmod_infer *infer, const struct kallmod_infer_piece *piece)
{
	int before = find_middle(infer, piece->from, true);
	int behind = find_middle(infer, piece->to, false);

	return before == NONE || behind * WRAP < before ? NONE : before;
}

/* Is nearly all in [from, to) linked between low and high? */
static bool is_between(const struct kallmod_infer *infer, size_t from, size_t to, uint16_t low,
		       uint16_t high)
{
	size_t step = (to - from) / SAMPLES + 1, known = 0, inside = 0;
	struct kallmod_sigplace place;

	for (size_t i = from; i < to; i += step) {
		if (!find_place(infer, i, &place))
			continue;
		known++;
		inside += place.high > low && place.low <= high;
	}
	return known >= MANY && inside * 10 >= known * INSIDE;
}

static bool is_stray(const struct kallmod_infer *infer, const struct kallmod_infer_piece *piece,
		     const struct kallmod_infer_piece *main)
{
	struct kallmod_sigplace place = {};
	int around = find_around(infer, piece);
	size_t i = main->from;

	while (i < main->to && !find_place(infer, i, &place))
		i++;
	if (i == main->to || around == NONE)
		return false;
	if (around < place.low)
		place.low = around;
	if (around >= place.high)
		place.high = around;
	return piece->to <= main->from ?
		       is_between(infer, piece->to, main->from, place.low, place.high) :
		       is_between(infer, main->to, piece->from, place.low, place.high);
}

static struct kallmod_infer_piece piece_at(const struct kallmod_infer *infer, size_t from)
{
	struct kallmod_infer_piece piece = {.from = from, .to = from};
	uint16_t module = infer->path[from];

	for (; piece.to < infer->nitems && infer->path[piece.to] == module; piece.to++)
		piece.matched +=
			kallmod_infer_hit(infer, &infer->items[piece.to], module) != NULL;
	return piece;
}

static void find_largest(struct kallmod_infer *infer)
{
	struct kallmod_infer_piece piece;

	memset(infer->largest, 0, kallmod_sigset_modules(infer->set) * sizeof(*infer->largest));
	for (size_t i = 0; i < infer->nitems; i = piece.to) {
		uint16_t module = infer->path[i];

		piece = piece_at(infer, i);
		if (module != KALLMOD_INFER_CORE && piece.matched > infer->largest[module].matched)
			infer->largest[module] = piece;
	}
}

void kallmod_infer_drop_strays(struct kallmod_infer *infer)
{
	struct kallmod_infer_piece piece;

	find_largest(infer);
	for (size_t i = 0; i < infer->nitems; i = piece.to) {
		uint16_t module = infer->path[i];
		const struct kallmod_infer_piece *main;

		piece = piece_at(infer, i);
		if (module == KALLMOD_INFER_CORE)
			continue;
		main = &infer->largest[module];
		if (piece.from == main->from || piece.matched * WEAKER > main->matched ||
		    !is_stray(infer, &piece, main))
			continue;
		for (size_t k = piece.from; k < piece.to; k++)
			infer->path[k] = KALLMOD_INFER_CORE;
	}
}
