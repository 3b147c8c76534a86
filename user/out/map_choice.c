// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"

bool kallmod_out_chosen(const struct kallmod_out_choice *choice,
			const struct kallmod_range *range)
{
	return (choice->data || range->section != KALLMOD_SECTION_DATA) &&
	       (!choice->sets || choice->sets[range->set]);
}
