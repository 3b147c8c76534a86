// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "modtables.h"

enum {
	NAMES_MAX = 1 << 30,
	NAME_MAX_BYTES = 512, /* far more than any module's; bounds the search for an end */
};

void kallmod_modtables_deinit(struct kallmod_modtables *tables)
{
	free(tables->entries);
	free(tables->names);
	*tables = (struct kallmod_modtables){};
}

static int names_push(struct kallmod_modtables *tables, const char *text, size_t length)
{
	size_t want = tables->names_len + length;

	if (want > NAMES_MAX)
		return -E2BIG;
	if (want > tables->names_capacity) {
		size_t capacity = want * 2 + 256;
		char *names = realloc(tables->names, capacity);

		if (!names)
			return -ENOMEM;
		tables->names = names;
		tables->names_capacity = capacity;
	}
	memcpy(tables->names + tables->names_len, text, length);
	tables->names_len = want;
	return 0;
}

/* Appends a name, or a list of names, and says where it begins. */
static int push_modules(struct kallmod_modtables *tables, const char *const *modules, size_t n,
			uint32_t *ret)
{
	const char head[2] = {'\0', (char)n};
	uint32_t at = tables->names_len;
	int err = n > 1 ? names_push(tables, head, sizeof(head)) : 0;

	for (size_t i = 0; !err && i < n; i++)
		err = *modules[i] ? names_push(tables, modules[i], strlen(modules[i]) + 1) : -EINVAL;
	if (err)
		tables->names_len = at;
	else
		*ret = at;
	return err;
}

int kallmod_modtables_add(struct kallmod_modtables *tables, uint64_t addr,
			  const char *const *modules, size_t n)
{
	struct kallmod_modtables_entry entry = {.addr = addr};
	int err = 0;

	if (tables->count && addr < tables->entries[tables->count - 1].addr)
		return -EINVAL;
	if (n > KALLMOD_MODTABLES_MODULES_MAX)
		return -E2BIG;
	if (!tables->names_len)
		err = names_push(tables, "", 1);
	if (!err)
		err = kallmod_grow(&tables->entries, &tables->capacity, tables->count,
				   sizeof(*tables->entries));
	if (!err && n)
		err = push_modules(tables, modules, n, &entry.module);
	if (!err)
		tables->entries[tables->count++] = entry;
	return err;
}

/* The string at *at, which is moved behind it; NULL where it does not end. */
static const char *take_name(const struct kallmod_modtables *tables, size_t *at)
{
	size_t left = *at < tables->names_len ? tables->names_len - *at : 0;
	const char *name = tables->names + (left ? *at : 0);
	const char *end = memchr(name, '\0', left < NAME_MAX_BYTES ? left : NAME_MAX_BYTES);

	if (!end || end == name)
		return NULL;
	*at += end - name + 1;
	return name;
}

int kallmod_modtables_modules(const struct kallmod_modtables *tables, uint32_t module,
			      const char **names_ret)
{
	size_t at = module;
	int n = 1;

	if (!module)
		return 0;
	if (at + 2 <= tables->names_len && !tables->names[at]) {
		n = (uint8_t)tables->names[at + 1];
		if (n < 2)
			return -EINVAL;
		at += 2;
	}
	for (int i = 0; i < n; i++) {
		names_ret[i] = take_name(tables, &at);
		if (!names_ret[i])
			return -EINVAL;
	}
	return n;
}

/* ---- optimising ---------------------------------------------------------------------- */

/* A name and where it is, sorted by name. */
struct place {
	const char *name;
	uint32_t at;
};

/* An entry's modules as text, one name after the other; sorted, equal ones stand together. */
struct list {
	const char *text; /* n names, each with its NUL */
	size_t length;
	size_t n;
	size_t entry; /* the first that has it; what it says then holds for all */
};

struct optimiser {
	const struct kallmod_modtables *from;
	struct kallmod_modtables to;
	struct list *lists;   /* one per entry that has modules */
	size_t list_count;
	struct place *places; /* names within lists */
	size_t place_count, place_capacity;
};

static void optimiser_deinit(struct optimiser *optimiser)
{
	kallmod_modtables_deinit(&optimiser->to);
	free(optimiser->lists);
	free(optimiser->places);
}

static int compare_lists(const void *a, const void *b)
{
	const struct list *x = a, *y = b;
	size_t shorter = x->length < y->length ? x->length : y->length;
	int order = memcmp(x->text, y->text, shorter);

	/* Lists before single modules: these may be found in those. */
	if ((x->n > 1) != (y->n > 1))
		return x->n > 1 ? -1 : 1;
	if (!order && x->length != y->length)
		order = x->length < y->length ? -1 : 1;
	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

static int collect_lists(struct optimiser *optimiser)
{
	const struct kallmod_modtables *from = optimiser->from;

	optimiser->lists = calloc(from->count + 1, sizeof(*optimiser->lists));
	if (!optimiser->lists)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++) {
		const char *names[KALLMOD_MODTABLES_MODULES_MAX];
		int n = kallmod_modtables_modules(from, from->entries[i].module, names);

		if (n < 0)
			return n;
		if (!n)
			continue;
		optimiser->lists[optimiser->list_count++] = (struct list){
			.text = names[0],
			.length = names[n - 1] + strlen(names[n - 1]) + 1 - names[0],
			.n = n,
			.entry = i,
		};
	}
	qsort(optimiser->lists, optimiser->list_count, sizeof(*optimiser->lists), compare_lists);
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

/* Keeps where the names of a list were written, at + 2 being the first one's place. */
static int add_places(struct optimiser *optimiser, const struct list *list, uint32_t at)
{
	const char *name = list->text;

	at += 2;
	for (size_t i = 0; i < list->n; i++) {
		size_t length = strlen(name) + 1;
		int err = kallmod_grow(&optimiser->places, &optimiser->place_capacity,
				       optimiser->place_count, sizeof(*optimiser->places));

		if (err)
			return err;
		optimiser->places[optimiser->place_count++] = (struct place){name, at};
		name += length;
		at += length;
	}
	return 0;
}

static int write_list(struct optimiser *optimiser, const struct list *list, uint32_t *ret)
{
	const char head[2] = {'\0', (char)list->n};
	int err = names_push(&optimiser->to, head, sizeof(head));

	*ret = optimiser->to.names_len - sizeof(head);
	if (!err)
		err = names_push(&optimiser->to, list->text, list->length);
	return err ? err : add_places(optimiser, list, *ret);
}

static int write_single(struct optimiser *optimiser, const struct list *list, uint32_t *ret)
{
	struct place wanted = {.name = list->text}, *place = NULL;

	if (optimiser->place_count)
		place = bsearch(&wanted, optimiser->places, optimiser->place_count, sizeof(wanted),
				compare_places);
	*ret = place ? place->at : optimiser->to.names_len;
	return place ? 0 : names_push(&optimiser->to, list->text, list->length);
}

/* Writes every list and name once, and points the entries there. */
static int write_names(struct optimiser *optimiser)
{
	const struct list *lists = optimiser->lists;
	bool singles = false;
	uint32_t at = 0;
	int err = names_push(&optimiser->to, "", 1);

	for (size_t i = 0; !err && i < optimiser->list_count; i++) {
		bool same = i && lists[i].n == lists[i - 1].n &&
			    lists[i].length == lists[i - 1].length &&
			    !memcmp(lists[i].text, lists[i - 1].text, lists[i].length);

		if (!same && lists[i].n > 1) {
			err = write_list(optimiser, &lists[i], &at);
		} else if (!same) {
			if (!singles && optimiser->place_count)
				qsort(optimiser->places, optimiser->place_count,
				      sizeof(*optimiser->places), compare_places);
			singles = true;
			err = write_single(optimiser, &lists[i], &at);
		}
		optimiser->to.entries[lists[i].entry].module = at;
	}
	return err;
}

/* Of neighbours that say the same, the first is enough; of equal addresses, the last counts. */
static void fuse(struct kallmod_modtables *tables)
{
	size_t n = 0;

	for (size_t i = 0; i < tables->count; i++) {
		if (n && tables->entries[n - 1].addr == tables->entries[i].addr)
			n--;
		if (!n || tables->entries[n - 1].module != tables->entries[i].module)
			tables->entries[n++] = tables->entries[i];
	}
	tables->count = n;
}

int kallmod_modtables_optimise(struct kallmod_modtables *tables)
{
	__attribute__((cleanup(optimiser_deinit))) struct optimiser optimiser = {.from = tables};
	int err;

	optimiser.to.entries = calloc(tables->count + 1, sizeof(*tables->entries));
	if (!optimiser.to.entries)
		return -ENOMEM;
	if (tables->count)
		memcpy(optimiser.to.entries, tables->entries,
		       tables->count * sizeof(*tables->entries));
	optimiser.to.count = tables->count;
	optimiser.to.capacity = tables->count + 1;
	err = collect_lists(&optimiser);
	if (!err)
		err = write_names(&optimiser);
	if (err)
		return err;
	fuse(&optimiser.to);
	kallmod_modtables_deinit(tables);
	*tables = optimiser.to;
	optimiser.to = (struct kallmod_modtables){};
	return 0;
}
