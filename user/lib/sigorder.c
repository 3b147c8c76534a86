// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Kbuild walks the source tree depth first, so the order of all directories is a tree whose
 * nodes have their children in order. Each sequence tells a part of that; a child that is
 * new comes behind the one that was before it in its sequence.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sigorder.h"

struct node {
	char *name; /* one component; NULL for the top */
	struct node *child, *next;
	struct node *last;     /* the child that the sequence at hand came to last */
	unsigned int sequence; /* that last and seen are of */
	bool seen;	       /* was itself in the sequence */
	struct kallmod_sigplace place;
};

struct kallmod_sigorder {
	struct node top;
	unsigned int sequence;
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
	if (order)
		free_children(&order->top);
	free(order);
}

void kallmod_sigorder_begin(struct kallmod_sigorder *order)
{
	order->sequence++;
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

/* Behind the child that came before in this sequence; the first one of a sequence goes last. */
static struct node *add_child(struct node *node, const char *name, size_t length)
{
	struct node *child = calloc(1, sizeof(*child)), **at = &node->child;

	if (child)
		child->name = strndup(name, length);
	if (!child || !child->name) {
		free(child);
		return NULL;
	}
	if (node->last)
		at = &node->last->next;
	else
		while (*at)
			at = &(*at)->next;
	child->next = *at;
	*at = child;
	return child;
}

static void renew(const struct kallmod_sigorder *order, struct node *node)
{
	if (node->sequence == order->sequence)
		return;
	node->sequence = order->sequence;
	node->last = NULL;
	node->seen = false;
}

int kallmod_sigorder_add(struct kallmod_sigorder *order, const char *directory)
{
	struct node *node = &order->top;

	order->numbered = false;
	renew(order, node);
	while (*directory) {
		size_t length = strcspn(directory, "/");
		struct node *child = find_child(node, directory, length);

		if (!child)
			child = add_child(node, directory, length);
		if (!child)
			return -ENOMEM;
		renew(order, child);
		/* What a later part of the text comes back to says nothing of the order. */
		if (!child->seen)
			node->last = child;
		child->seen = true;
		node = child;
		directory += length;
		directory += strspn(directory, "/");
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

struct kallmod_sigplace kallmod_sigorder_find(struct kallmod_sigorder *order,
					      const char *directory)
{
	const struct node *node = &order->top;

	if (!order->numbered)
		number(&order->top, 0);
	order->numbered = true;
	if (!strncmp(directory, "arch/", 5) || !strcmp(directory, "lib"))
		return KALLMOD_SIGPLACE_ANYWHERE;
	while (node && *directory) {
		size_t length = strcspn(directory, "/");

		node = find_child(node, directory, length);
		directory += length;
		directory += strspn(directory, "/");
	}
	return node && node != &order->top ? node->place : KALLMOD_SIGPLACE_ANYWHERE;
}
