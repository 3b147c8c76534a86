// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "verify.h"

static void print(const struct kallmod_tally *tally, const struct kallmod_verify_row *rows,
		  size_t n)
{
	printf("precision %.4f%%  recall %.4f%%\n", 100 * kallmod_tally_precision(tally),
	       100 * kallmod_tally_recall(tally));
	printf("%-28s %10s %10s %10s %10s  %s\n", "MODULE", "AGREED", "WRONG", "MISSED", "EXTRA",
	       "MOSTLY TAKEN FOR");
	printf("%-28s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
	       "  core agreed: %" PRIu64 "\n",
	       "(all)", tally->agreed, tally->wrong, tally->missed, tally->extra, tally->core);
	for (size_t i = 0; i < n; i++)
		printf("%-28s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n",
		       rows[i].module, rows[i].tally.agreed, rows[i].tally.wrong,
		       rows[i].tally.missed, rows[i].tally.extra,
		       rows[i].wrong_as ? rows[i].wrong_as : "");
}

const struct kallmod_out_verify kallmod_out_verify_text = {print};
