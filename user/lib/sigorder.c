// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Kbuild walks the source tree depth first, so the order of all directories is a tree whose
 * nodes have their children in order. Each sequence is a tree of its own, of the part that it
 * saw; these are put together when the order is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sigorder.h"

struct node {
	char *name; /* one component; NULL for the top */
	struct node *child, *last, *next; /* last: of the children */
	struct kallmod_sigplace place;
};

struct sequence {
	struct node top;
	bool listed;
	struct sequence *next;
};

struct kallmod_sigorder {
	struct node top; /* of all sequences, once merged */
	struct sequence *sequences, *last;
	bool numbered;
};

int kallmod_sigorder_create(struct kallmod_sigorder **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void free_children(struct node *node)
{
	for (struct node *child = node->child, *next; child; child = next) {
		next = child->next;
		free_children(child);
		free(child->name);
		free(child);
	}
}

void kallmod_sigorder_destroy(struct kallmod_sigorder *order)
{
	if (!order)
		return;
	for (struct sequence *at = order->sequences, *next; at; at = next) {
		next = at->next;
		free_children(&at->top);
		free(at);
	}
	free_children(&order->top);
	free(order);
}

int kallmod_sigorder_begin(struct kallmod_sigorder *order, bool listed)
{
	struct sequence *sequence = calloc(1, sizeof(*sequence));

	if (!sequence)
		return -ENOMEM;
	sequence->listed = listed;
	if (order->last)
		order->last->next = sequence;
	else
		order->sequences = sequence;
	order->last = sequence;
	order->numbered = false;
	return 0;
}

/* Modules are called with '_' where their objects may have '-'. */
static bool is_called(const struct node *node, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (node->name[i] != name[i] &&
		    (!strchr("-_", name[i]) || !strchr("-_", node->name[i])))
			return false;
	return !node->name[length];
}

static struct node *find_child(const struct node *node, const char *name, size_t length)
{
	for (struct node *child = node->child; child; child = child->next)
		if (is_called(child, name, length))
			return child;
	return NULL;
}

/* Adds a child behind another one, or first. */
static struct node *add_child(struct node *node, struct node *behind, const char *name,
			      size_t length)
{
	struct node *child = calloc(1, sizeof(*child));
	struct node **at = behind ? &behind->next : &node->child;

	if (child)
		child->name = strndup(name, length);
	if (!child || !child->name) {
		free(child);
		return NULL;
	}
	child->next = *at;
	*at = child;
	if (behind == node->last)
		node->last = child;
	return child;
}

int kallmod_sigorder_add(struct kallmod_sigorder *order, const char *path)
{
	struct node *node;

	if (!order->last && kallmod_sigorder_begin(order, false))
		return -ENOMEM;
	for (node = &order->last->top; *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");
		/* What a later part of the text comes back to says nothing of the order. */
		struct node *child = find_child(node, path, length);

		if (!child)
			child = add_child(node, node->last, path, length);
		if (!child)
			return -ENOMEM;
		node = child;
		path += length;
	}
	return 0;
}

/* The child before the first one that the sequence has later on; without one, the last. */
static struct node *before_later(const struct node *node, const struct node *later)
{
	for (; later; later = later->next) {
		struct node *before = NULL, *child = node->child;

		while (child && !is_called(child, later->name, strlen(later->name))) {
			before = child;
			child = child->next;
		}
		if (child)
			return before;
	}
	return node->last;
}

/* What is new goes behind what was before it in the sequence, or else before what comes next. */
static int merge(struct node *node, const struct node *sequence)
{
	struct node *previous = NULL;

	for (const struct node *from = sequence->child; from; from = from->next) {
		size_t length = strlen(from->name);
		struct node *child = find_child(node, from->name, length);

		if (!child)
			child = add_child(node,
					  previous ? previous : before_later(node, from->next),
					  from->name, length);
		if (!child || merge(child, from))
			return -ENOMEM;
		previous = child;
	}
	return 0;
}

static unsigned int number(struct node *node, unsigned int next)
{
	node->place.low = next < UINT16_MAX ? next : UINT16_MAX;
	next++;
	for (struct node *child = node->child; child; child = child->next)
		next = number(child, next);
	node->place.high = next < UINT16_MAX ? next : UINT16_MAX;
	return next;
}

/* What was linked says more than a list: that has directories of built-in code first. */
static void put_together(struct kallmod_sigorder *order)
{
	for (int listed = 0; listed < 2; listed++)
		for (const struct sequence *at = order->sequences; at; at = at->next)
			if (at->listed == listed && merge(&order->top, &at->top))
				break;
	number(&order->top, 0);
	order->numbered = true;
}

struct kallmod_sigplace kallmod_sigorder_find(struct kallmod_sigorder *order, const char *path)
{
	const struct node *node = &order->top;

	if (!order->numbered)
		put_together(order);
	if (!strncmp(path, "arch/", 5) || !strcmp(path, "lib"))
		return KALLMOD_SIGPLACE_ANYWHERE;
	while (node && *path) {
		size_t length = strcspn(path, "/");

		node = find_child(node, path, length);
		path += length;
		path += strspn(path, "/");
	}
	return node && node != &order->top ? node->place : KALLMOD_SIGPLACE_ANYWHERE;
}
