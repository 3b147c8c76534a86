// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hash.h"
#include "report_sum.h"

enum {
	SLOTS = 1 << 20,      /* a power of 2 */
	ENTRIES_MAX = 400000, /* modules and functions; a large kernel has 200,000 */
	TEXT_MAX = 64 << 20,  /* bytes of their names */
};

/* A module, or a function of one. */
struct entry {
	struct kallmod_report_row row;
	uint32_t module; /* its entry's number + 1; 0: this is a module */
	uint64_t last;	 /* the sample that counted in total last: once per sample */
};

struct kallmod_report_sum {
	uint32_t *slots; /* number of an entry + 1; 0: free */
	struct entry *entries;
	size_t n, capacity, text;
	uint64_t samples;
	struct kallmod_report_row *functions; /* as handed out */
	struct kallmod_report_module *modules;
};

int kallmod_report_sum_create(struct kallmod_report_sum **ret)
{
	struct kallmod_report_sum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	sum->slots = calloc(SLOTS, sizeof(*sum->slots));
	if (!sum->slots) {
		free(sum);
		return -ENOMEM;
	}
	*ret = sum;
	return 0;
}

void kallmod_report_sum_destroy(struct kallmod_report_sum *sum)
{
	if (!sum)
		return;
	for (size_t i = 0; i < sum->n; i++)
		free((char *)sum->entries[i].row.name);
	free(sum->slots);
	free(sum->entries);
	free(sum->functions);
	free(sum->modules);
	free(sum);
}

/* ---- entries --------------------------------------------------------------------------- */

static uint64_t hash_key(uint32_t module, const char *name)
{
	uint64_t hash = kallmod_hash_text(KALLMOD_HASH_START ^ module, name);

	return hash ^ hash >> 32;
}

static uint32_t *find_slot(const struct kallmod_report_sum *sum, uint32_t module,
			   const char *name)
{
	size_t i = hash_key(module, name) & (SLOTS - 1);

	for (; sum->slots[i]; i = (i + 1) & (SLOTS - 1)) {
		const struct entry *entry = &sum->entries[sum->slots[i] - 1];

		if (entry->module == module && !strcmp(entry->row.name, name))
			break;
	}
	return &sum->slots[i];
}

static int grow(struct kallmod_report_sum *sum)
{
	size_t capacity = sum->capacity ? 2 * sum->capacity : 1024;
	struct entry *entries;

	if (sum->n < sum->capacity)
		return 0;
	entries = reallocarray(sum->entries, capacity, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	sum->entries = entries;
	sum->capacity = capacity;
	return 0;
}

static uint32_t new_entry(struct kallmod_report_sum *sum, uint32_t *slot, uint32_t module,
			  const char *name)
{
	char *copy = strdup(name);

	if (!copy || grow(sum)) {
		free(copy);
		return 0;
	}
	sum->entries[sum->n] = (struct entry){.row.name = copy, .module = module};
	sum->text += strlen(name) + 1;
	return *slot = ++sum->n;
}

/* The number + 1 of the entry of name, made when it is new; 0: no memory. */
static uint32_t entry_of(struct kallmod_report_sum *sum, uint32_t module, const char *name)
{
	uint32_t *slot = find_slot(sum, module, name);

	/* Modules get others of their own: what is left of the room is for those. */
	if (!*slot && (sum->n >= ENTRIES_MAX || sum->text + strlen(name) >= TEXT_MAX)) {
		name = "(others)";
		slot = find_slot(sum, module, name);
	}
	return *slot ? *slot : new_entry(sum, slot, module, name);
}

static uint32_t module_of(struct kallmod_report_sum *sum, const char *name)
{
	return entry_of(sum, 0, name ? name : "core");
}

static uint32_t function_of(struct kallmod_report_sum *sum, uint32_t module,
			    const struct kallmod_recline_frame *frame)
{
	return module ? entry_of(sum, module, frame->symbol ? frame->symbol : "(unknown)") : 0;
}

/* ---- samples --------------------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void count_total(struct kallmod_report_sum *sum, uint32_t number)
{
	struct entry *entry = &sum->entries[number - 1];

	if (entry->last != sum->samples) {
		entry->last = sum->samples;
		entry->row.total++;
	}
}

/*
 * The frame that is charged: of the charged module, nearest to the leaf; when the core pays,
 * no module is on the stack, and it is the leaf. In front of an interrupt's entry: what is
 * behind it did not ask for this time.
 */
static size_t charged_frame(const struct kallmod_recline *line)
{
	for (size_t i = 0; i < line->sample.nframes && !line->sample.frames[i].irq; i++)
		if (same_name(line->sample.frames[i].module, line->sample.charged))
			return i;
	return 0;
}

int kallmod_report_sum_add(struct kallmod_report_sum *sum, const struct kallmod_recline *line)
{
	uint32_t payer = module_of(sum, line->sample.charged);
	size_t charged = charged_frame(line);

	if (!payer)
		return -ENOMEM;
	sum->entries[payer - 1].row.charged++;
	sum->samples++;
	for (size_t i = 0; i < line->sample.nframes; i++) {
		const struct kallmod_recline_frame *frame = &line->sample.frames[i];
		uint32_t module = module_of(sum, frame->module);
		uint32_t function = function_of(sum, module, frame);

		if (!function)
			return -ENOMEM;
		count_total(sum, module);
		count_total(sum, function);
		if (!i) {
			sum->entries[module - 1].row.self++;
			sum->entries[function - 1].row.self++;
		}
		if (i == charged)
			sum->entries[function - 1].row.charged++;
		if (frame->irq)
			break;
	}
	return 0;
}

/* ---- the outcome ----------------------------------------------------------------------- */

static uint64_t key_of(const struct kallmod_report_row *row, enum kallmod_report_sort sort)
{
	const uint64_t keys[] = {row->charged, row->self, row->total, 0};

	return keys[sort];
}

static int compare_rows(const struct kallmod_report_row *a, const struct kallmod_report_row *b,
			enum kallmod_report_sort sort)
{
	uint64_t x = key_of(a, sort), y = key_of(b, sort);

	if (x != y)
		return x > y ? -1 : 1;
	/* The same: by what else there is to say, but for names. */
	if (sort < KALLMOD_REPORT_TOTAL)
		return compare_rows(a, b, sort + 1);
	return strcmp(a->name, b->name);
}

static int compare_modules(const void *a, const void *b, void *sort)
{
	const struct kallmod_report_module *x = a, *y = b;

	return compare_rows(&x->row, &y->row, *(enum kallmod_report_sort *)sort);
}

static int compare_functions(const void *a, const void *b, void *sort)
{
	return compare_rows(a, b, *(enum kallmod_report_sort *)sort);
}

/*
 * Copies the functions to sum->functions, those of a module side by side. starts[m] is where
 * those of the module with number + 1 = m begin, and where those of the one before end.
 */
static void group_functions(struct kallmod_report_sum *sum, size_t *starts)
{
	for (size_t i = 0; i < sum->n; i++)
		if (sum->entries[i].module)
			starts[sum->entries[i].module + 1]++;
	for (size_t m = 1; m < sum->n + 2; m++)
		starts[m] += starts[m - 1];
	/* Filled from the front, each start moves to its end, which is the next one's start. */
	for (size_t i = 0; i < sum->n; i++)
		if (sum->entries[i].module)
			sum->functions[starts[sum->entries[i].module]++] = sum->entries[i].row;
}

static size_t make_modules(struct kallmod_report_sum *sum, const size_t *ends,
			   enum kallmod_report_sort sort, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < sum->n; i++) {
		struct kallmod_report_row *functions = sum->functions + ends[i];
		size_t count = ends[i + 1] - ends[i], shown = count < max ? count : max;

		if (sum->entries[i].module)
			continue;
		qsort_r(functions, count, sizeof(*functions), compare_functions, &sort);
		sum->modules[n++] = (struct kallmod_report_module){
			.row = sum->entries[i].row, .functions = functions, .nfunctions = shown,
			.hidden = count - shown, .confidence = -1};
	}
	qsort_r(sum->modules, n, sizeof(*sum->modules), compare_modules, &sort);
	return n;
}

int kallmod_report_sum_modules(struct kallmod_report_sum *sum, enum kallmod_report_sort sort,
			       size_t max, struct kallmod_report_module **ret,
			       size_t *n_ret)
{
	/* One more at each end: see group_functions(). */
	cleanup_free size_t *starts = calloc(sum->n + 2, sizeof(*starts));

	free(sum->functions);
	free(sum->modules);
	sum->functions = calloc(sum->n + 1, sizeof(*sum->functions));
	sum->modules = calloc(sum->n + 1, sizeof(*sum->modules));
	if (!starts || !sum->functions || !sum->modules)
		return -ENOMEM;
	group_functions(sum, starts);
	*n_ret = make_modules(sum, starts, sort, max);
	*ret = sum->modules;
	return 0;
}
