// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach_cost.h"
#include "probe_about.h"

double kallmod_probe_attach_seconds(size_t singles)
{
	return singles * KALLMOD_ATTACH_MS / 1e3;
}

double kallmod_probe_detach_seconds(size_t singles)
{
	return singles * KALLMOD_DETACH_MS / 1e3;
}

size_t kallmod_probe_singles(const struct kallmod_prober *prober, bool attached)
{
	const struct kallmod_prober_row *rows;
	size_t n = kallmod_prober_rows(prober, &rows), singles = 0;

	for (size_t i = 0; i < n; i++)
		singles += (rows[i].mechanism == KALLMOD_MECHANISM_KPROBE ||
			    rows[i].mechanism == KALLMOD_MECHANISM_FENTRY) &&
			   (rows[i].attached || !attached);
	return singles;
}

/* ---- why functions are left out ------------------------------------------------------------ */

static void add_skip(struct kallmod_probe_about *into, const char *reason)
{
	size_t *n = &into->about.nskips;

	into->skipped++;
	for (size_t i = 0; i < *n; i++) {
		if (!strcmp(into->skips[i].reason, reason)) {
			into->skips[i].functions++;
			return;
		}
	}
	if (*n == KALLMOD_PROBE_REASONS) {
		into->skips[*n - 1].reason = "other reasons";
		into->skips[*n - 1].functions++;
		return;
	}
	into->skips[(*n)++] = (struct kallmod_out_probe_skip){reason, 1};
}

static int compare_skips(const void *a, const void *b)
{
	const struct kallmod_out_probe_skip *x = a, *y = b;

	return x->functions > y->functions ? -1 : x->functions < y->functions;
}

int kallmod_probe_about_read(struct kallmod_probe_about *into, struct kallmod_prober *prober)
{
	const struct kallmod_prober_row *rows;
	int err;

	*into = (struct kallmod_probe_about){};
	err = kallmod_prober_totals(prober, &into->about.totals);
	into->rows = kallmod_prober_rows(prober, &rows);
	into->about.skips = into->skips;
	for (size_t i = 0; i < into->rows; i++)
		if (!rows[i].attached && rows[i].skipped)
			add_skip(into, rows[i].skipped);
	qsort(into->skips, into->about.nskips, sizeof(into->skips[0]), compare_skips);
	for (int i = KALLMOD_MECHANISM_MULTI; i <= KALLMOD_MECHANISM_FENTRY; i++)
		into->about.attached[i] = kallmod_prober_attached(prober, i);
	return err;
}

const char *kallmod_probe_about_text(const struct kallmod_probe_about *about, char *text,
				     size_t size)
{
	static const char *const names[] = {
		[KALLMOD_MECHANISM_MULTI] = "by kprobe.multi",
		[KALLMOD_MECHANISM_KPROBE] = "by a kprobe each",
		[KALLMOD_MECHANISM_FENTRY] = "by fentry",
	};
	const struct kallmod_out_probe_about *from = &about->about;
	size_t at = 0;

	*text = '\0';
	for (int i = KALLMOD_MECHANISM_MULTI; i <= KALLMOD_MECHANISM_FENTRY; i++)
		if (from->attached[i] && at < size)
			at += snprintf(text + at, size - at, "%s%zu function%s %s", at ? ", " : "",
				       from->attached[i], from->attached[i] == 1 ? "" : "s",
				       names[i]);
	if (about->skipped && at < size)
		at += snprintf(text + at, size - at, "%s%zu skipped: ", at ? "; " : "",
			       about->skipped);
	for (size_t i = 0; i < from->nskips && at < size; i++)
		at += snprintf(text + at, size - at, "%s%zu %s", i ? ", " : "",
			       from->skips[i].functions, from->skips[i].reason);
	return text;
}
