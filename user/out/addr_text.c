// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "out.h"

static void nothing(void)
{
}

static void row(const struct kallmod_out_addr_row *row)
{
	printf("%016" PRIx64 "\t", row->addr);
	if (row->symbol)
		printf("%s+0x%" PRIx64 "/0x%" PRIx64, row->symbol, row->offset, row->size);
	else
		putchar('-');
	printf("\t%s\n", row->module ? row->module : "-");
}

const struct kallmod_out_addr kallmod_out_addr_text = {nothing, row, nothing};
