// SPDX-License-Identifier: GPL-2.0-only
/* Kernel images of any kind: what is handed out lies in them, symbols are in order. */
#include <stdlib.h>

#include "image.h"
#include "symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches the first and the last byte of every segment. */
static unsigned int read_segments(struct kallmod_image *image)
{
	const struct kallmod_image_segment *segment;
	unsigned int sum = 0;

	for (size_t i = 0; (segment = kallmod_image_segment(image, i)); i++) {
		const uint8_t *bytes =
			kallmod_image_at(image, segment->start, segment->end - segment->start);

		if (bytes)
			sum += bytes[0] + bytes[segment->end - segment->start - 1];
		if (kallmod_image_at(image, segment->end - 1, SIZE_MAX))
			abort();
	}
	return sum;
}

static void read_symbols(struct kallmod_image *image)
{
	struct kallmod_symbols *symbols;

	if (kallmod_image_symbols(NULL, image, &symbols))
		return;
	for (size_t i = 1; i < kallmod_symbols_count(symbols); i++)
		if (kallmod_symbols_at(symbols, i - 1)->addr > kallmod_symbols_at(symbols, i)->addr)
			abort();
	kallmod_symbols_destroy(symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallmod_image *image;
	volatile unsigned int sum;
	char release[64];

	if (kallmod_image_memory(NULL, "fuzz", data, size, 1 << 20, &image))
		return 0;
	sum = read_segments(image);
	(void)sum;
	kallmod_image_release(image, release, sizeof(release));
	read_symbols(image);
	kallmod_image_close(image);
	return 0;
}
