// SPDX-License-Identifier: GPL-2.0-only
/* Kernel images: every wrapping, cores, what is none; contexts that work on one. */
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "fake_root.h"

#include "fake_kernel.h"
#include "symbols.h"

static struct kallmod_ctx *ctx;

static int setup(void **state)
{
	(void)state;
	return kallmod_ctx_create(&ctx);
}

static int teardown(void **state)
{
	(void)state;
	kallmod_ctx_destroy(ctx);
	return 0;
}

static void write_file(const struct fake_root *root, const char *name, const void *data,
		       size_t size)
{
	char path[256];
	FILE *file;

	fake_root_write(root, name, "");
	snprintf(path, sizeof(path), "%s/%s", root->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* ---- wrappings ---------------------------------------------------------------------- */

static const struct fake_kernel plain = { 8, false, FAKE_6_4, KALLMOD_KALLSYMS_PERCPU,
					  .count = 700, .long_names = true };

static size_t pack_gzip(const uint8_t *data, size_t size, uint8_t *to, size_t room)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = size, .next_out = to,
			    .avail_out = room };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

static size_t pack_xz(const uint8_t *data, size_t size, uint8_t *to, size_t room)
{
	size_t at = 0;

	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, data, size, to, &at,
						 room), LZMA_OK);
	return at;
}

static size_t pack_zstd(const uint8_t *data, size_t size, uint8_t *to, size_t room)
{
	size_t got = ZSTD_compress(to, room, data, size, 3);

	assert_false(ZSTD_isError(got));
	return got;
}

/* The legacy frame, with the unpacked size behind it, as the kernel's build does it. */
static size_t pack_lz4(const uint8_t *data, size_t size, uint8_t *to, size_t room)
{
	int got = LZ4_compress_default((const char *)data, (char *)to + 8, size, room - 12);

	assert_true(got > 0);
	fake_store(to, 0x184c2102, 4, false);
	fake_store(to + 4, got, 4, false);
	fake_store(to + 8 + got, size, 4, false);
	return got + 12;
}

static size_t (*const packers[])(const uint8_t *data, size_t size, uint8_t *to, size_t room) = {
	pack_gzip, pack_xz, pack_zstd, pack_lz4,
};

/* Into a bzImage: the header fields that boot.rst names. Returns its size. */
static size_t wrap_bzimage(uint8_t *to, const uint8_t *payload, size_t size)
{
	memset(to, 0, 0x1000);
	to[0x1f1] = 4;
	memcpy(to + 0x202, "HdrS", 4);
	fake_store(to + 0x206, 0x20f, 2, false);
	fake_store(to + 0x248, 0x100, 4, false);
	fake_store(to + 0x24c, size, 4, false);
	memcpy(to + 5 * 512 + 0x100, payload, size);
	return 5 * 512 + 0x100 + size;
}

static size_t wrap_zboot(uint8_t *to, const uint8_t *payload, size_t size)
{
	memset(to, 0, 64);
	memcpy(to, "MZ\0\0zimg", 8);
	fake_store(to + 8, 64, 4, false);
	fake_store(to + 12, size, 4, false);
	memcpy(to + 64, payload, size);
	return 64 + size;
}

/* As an ARM zImage: code, and the payload somewhere in it. */
static size_t wrap_unknown(uint8_t *to, const uint8_t *payload, size_t size)
{
	memset(to, 0x5a, 5000);
	memcpy(to + 100, "\x1f\x8b\x08 no gzip", 11);
	memcpy(to + 5000, payload, size);
	return 5000 + size;
}

static size_t wrap_none(uint8_t *to, const uint8_t *payload, size_t size)
{
	memcpy(to, payload, size);
	return size;
}

static size_t (*const wrappers[])(uint8_t *to, const uint8_t *payload, size_t size) = {
	wrap_none, wrap_bzimage, wrap_zboot, wrap_unknown,
};

static void check_release(struct kallmod_image *image)
{
	char release[65], tiny[5];

	assert_int_equal(kallmod_image_release(image, release, sizeof(release)), 0);
	assert_string_equal(release, "6.1.0-fake");
	assert_int_equal(kallmod_image_release(image, tiny, sizeof(tiny)), -E2BIG);
}

static void wrapped_images_are_unpacked(void **state)
{
	uint8_t *packed = malloc(1 << 20), *wrapped = malloc(1 << 20);
	struct fake_kernel kernel = plain;

	(void)state;
	fake_kernel_init(&kernel);
	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++) {
		size_t size = packers[i](kernel.data, kernel.size, packed, 1 << 20);

		for (size_t k = 0; k < sizeof(wrappers) / sizeof(*wrappers); k++) {
			size_t all = wrappers[k](wrapped, packed, size);
			struct kallmod_image *image = fake_open(ctx, wrapped, all);
			struct kallmod_kallsyms *table;

			assert_int_equal(kallmod_kallsyms_open(ctx, image, &table), 0);
			fake_check_names(&kernel, table);
			check_release(image);
			kallmod_kallsyms_close(table);
			kallmod_image_close(image);
		}
	}
	fake_kernel_deinit(&kernel);
	free(packed);
	free(wrapped);
}

static void torn_wrappings_are_refused(void **state)
{
	uint8_t *packed = malloc(1 << 20), *wrapped = malloc(1 << 20);
	struct fake_kernel kernel = plain;

	(void)state;
	fake_kernel_init(&kernel);
	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++) {
		size_t size = packers[i](kernel.data, kernel.size, packed, 1 << 20);
		size_t all = wrap_bzimage(wrapped, packed, size);

		for (size_t cut = 1; cut < all; cut += 1 + all / 50) {
			struct kallmod_image *image = NULL;
			uint8_t *exact = malloc(cut);

			memcpy(exact, wrapped, cut);
			assert_true(kallmod_image_memory(ctx, "fake", exact, cut, FAKE_UNPACKED_MAX,
							 &image) < 0);
			assert_error(ctx, "fake: ");
			free(exact);
		}
	}
	fake_kernel_deinit(&kernel);
	free(packed);
	free(wrapped);
}

/* A bomb: as small as may be, but as large as no kernel. */
static void what_unpacks_to_too_much_is_refused(void **state)
{
	uint8_t *zeroes = calloc(1, 4 << 20), *packed = malloc(4 << 20);
	struct kallmod_image *image = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++) {
		size_t size = packers[i](zeroes, 4 << 20, packed, 4 << 20);

		assert_int_equal(kallmod_image_memory(ctx, "bomb", packed, size, 1 << 20, &image),
				 -EFBIG);
		assert_error(ctx, "bomb: unpacks to more than any kernel");
	}
	free(zeroes);
	free(packed);
}

/* ---- raw images --------------------------------------------------------------------- */

/* An arm64 Image: what the ELF file's segment holds, with a header of its own. */
static void make_raw(struct fake_kernel *kernel)
{
	memset(kernel->data, 0, 0x1000);
	memcpy(kernel->data + 56, "ARM\x64", 4);
}

static void raw_images_say_where_they_are_linked(void **state)
{
	struct fake_kernel kernel = { 8, false, FAKE_6_2, KALLMOD_KALLSYMS_RELATIVE,
				      .count = 700 };
	struct kallmod_image *image;
	struct kallmod_kallsyms *table;

	(void)state;
	fake_kernel_init(&kernel);
	make_raw(&kernel);
	image = fake_open(ctx, kernel.data, kernel.size);
	assert_int_equal(kallmod_image_kind(image), KALLMOD_IMAGE_RAW);
	assert_int_equal(kallmod_kallsyms_open(ctx, image, &table), 0);
	fake_check_names(&kernel, table);
	assert_int_equal(kallmod_image_segment(image, 0)->start, kernel.text);
	assert_non_null(kallmod_image_at(image, kernel.at[FAKE_NAMES], 16));
	kallmod_kallsyms_close(table);
	kallmod_image_close(image);
	fake_kernel_deinit(&kernel);
}

/* The base is zero in the file, and a relocation says what belongs there. */
static void a_base_can_be_in_the_relocations(void **state)
{
	struct fake_kernel kernel = { 8, false, FAKE_6_4, KALLMOD_KALLSYMS_RELATIVE,
				      .count = 700 };
	struct kallmod_image *image;
	struct kallmod_kallsyms *table;

	(void)state;
	fake_kernel_init(&kernel);
	memset(kernel.data + (kernel.at[FAKE_BASE] - kernel.text), 0, 8);
	fake_number(&kernel, kernel.at[FAKE_BASE], 8);
	fake_number(&kernel, R_AARCH64_RELATIVE, 8);
	fake_number(&kernel, kernel.text, 8);
	make_raw(&kernel);
	image = fake_open(ctx, kernel.data, kernel.size);
	assert_int_equal(kallmod_kallsyms_open(ctx, image, &table), 0);
	fake_check_names(&kernel, table);
	assert_int_equal(kallmod_kallsyms_base(table), kernel.text);
	kallmod_kallsyms_close(table);
	kallmod_image_close(image);
	fake_kernel_deinit(&kernel);
}

/* ---- cores -------------------------------------------------------------------------- */

/* Makes a core of the image: another type, and a note behind it that names some tables. */
static void make_core(struct fake_kernel *kernel, bool named)
{
	char text[512];
	int length = sprintf(text, "OSRELEASE=6.1.0-core\nSYMBOL(_stext)=%lx\n",
			     (unsigned long)kernel->text);
	uint8_t *header;
	size_t note;

	for (size_t i = 0; named && i < FAKE_MARKERS; i++)
		length += sprintf(text + length, "SYMBOL(%s)=%lx\n", fake_tables[i],
				  (unsigned long)kernel->at[i]);
	note = kernel->size;
	fake_number(kernel, 11, 4);
	fake_number(kernel, length, 4);
	fake_number(kernel, 0, 4);
	fake_bytes(kernel, "VMCOREINFO\0", 12);
	fake_bytes(kernel, text, length);
	fake_align(kernel, 4);
	header = kernel->data + 64 + sizeof(Elf64_Phdr);
	FAKE_PUT(kernel, header, Phdr, p_type, PT_NOTE);
	FAKE_PUT(kernel, header, Phdr, p_offset, note);
	FAKE_PUT(kernel, header, Phdr, p_filesz, kernel->size - note);
	FAKE_PUT(kernel, kernel->data, Ehdr, e_phnum, 2);
	FAKE_PUT(kernel, kernel->data, Ehdr, e_type, ET_CORE);
}

static void check_core(struct fake_root *root, bool named)
{
	struct fake_kernel kernel = plain;
	struct kallmod_kallsyms *table;
	struct kallmod_image *image;
	char path[256], release[65];

	fake_kernel_init(&kernel);
	make_core(&kernel, named);
	write_file(root, "vmcore", kernel.data, kernel.size);
	snprintf(path, sizeof(path), "%s/vmcore", root->path);
	assert_int_equal(kallmod_image_open(root->ctx, path, &image), 0);
	assert_int_equal(kallmod_image_kind(image), KALLMOD_IMAGE_CORE);
	assert_int_equal(kallmod_image_release(image, release, sizeof(release)), 0);
	assert_string_equal(release, "6.1.0-core");
	assert_int_equal(kallmod_kallsyms_open(root->ctx, image, &table), 0);
	fake_check_names(&kernel, table);
	assert_null(kallmod_image_at(image, kernel.text - 1, 2));
	assert_null(kallmod_image_at(image, kernel.text, 1 << 24));
	kallmod_kallsyms_close(table);
	kallmod_image_close(image);
	fake_kernel_deinit(&kernel);
}

static void cores_are_read_on_demand(void **state)
{
	check_core(*state, true);
	check_core(*state, false);
}

/* ---- symbols ------------------------------------------------------------------------ */

static void symbols_have_the_sizes_of_the_elf_file(void **state)
{
	struct fake_kernel kernel = plain;
	const struct kallmod_symbol *symbol;
	struct kallmod_symbols *symbols;
	struct kallmod_image *image;

	(void)state;
	kernel.symtab = true;
	fake_kernel_init(&kernel);
	image = fake_open(ctx, kernel.data, kernel.size);
	assert_int_equal(kallmod_image_symbols(ctx, image, &symbols), 0);
	assert_int_equal(kallmod_symbols_count(symbols), 700);
	symbol = kallmod_symbols_at(symbols, 100);
	assert_string_equal(symbol->name, kernel.names[100]);
	assert_int_equal(symbol->size, 6);
	assert_int_equal(kallmod_symbols_by_name(symbols, "_text")->size, 0);
	kallmod_symbols_destroy(symbols);
	kallmod_image_close(image);
	fake_kernel_deinit(&kernel);
}

/* Without tables the symbol table alone has the symbols; without either it is said. */
static void symbols_come_from_the_symbol_table_else(void **state)
{
	struct fake_kernel kernel = plain;
	struct kallmod_symbols *symbols = NULL;
	struct kallmod_image *image;

	(void)state;
	kernel.symtab = true;
	fake_kernel_init(&kernel);
	memset(kernel.data + (kernel.at[FAKE_INDEX] - kernel.text), 0xff, 512);
	image = fake_open(ctx, kernel.data, kernel.size);
	assert_int_equal(kallmod_image_symbols(ctx, image, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, kernel.names[100]));
	kallmod_symbols_destroy(symbols);
	kallmod_image_close(image);
	fake_store(kernel.data + offsetof(Elf64_Ehdr, e_shoff), 0, 8, false);
	image = fake_open(ctx, kernel.data, kernel.size);
	assert_int_equal(kallmod_image_symbols(ctx, image, &symbols), -ENODATA);
	assert_error(ctx, "fake: has no kallsyms tables");
	kallmod_image_close(image);
	fake_kernel_deinit(&kernel);
}

/* ---- bad input ---------------------------------------------------------------------- */

static void what_is_no_kernel_is_refused(void **state)
{
	struct kallmod_image *image;

	(void)state;
	assert_int_equal(kallmod_image_open(ctx, "/nonexistent/vmlinuz", &image), -ENOENT);
	assert_int_equal(kallmod_image_open(ctx, "/tmp", &image), -EISDIR);
	assert_int_equal(kallmod_image_open(ctx, "/dev/null", &image), -EINVAL);
	assert_error(ctx, "/dev/null: empty or no plain file");
	assert_int_equal(kallmod_image_memory(ctx, "text", "no kernel at all", 16, 100, &image),
			 -EINVAL);
	assert_error(ctx, "text: no kernel image");
	assert_int_equal(kallmod_image_memory(ctx, "dump", "KDUMP   \0\0\0", 11, 100, &image),
			 -EINVAL);
	assert_error(ctx, "makedumpfile -E");
	assert_int_equal(kallmod_image_memory(ctx, "elf", ELFMAG "\2\1\1", 7, 100, &image), -EINVAL);
	assert_error(ctx, "elf: ");
}

/* ---- contexts ----------------------------------------------------------------------- */

static void contexts_work_on_an_image(void **state)
{
	struct fake_root *root = *state;
	struct fake_kernel kernel = plain;
	const struct kallmod_symbols *symbols;
	char path[256];

	fake_kernel_init(&kernel);
	write_file(root, "vmlinux", kernel.data, kernel.size);
	snprintf(path, sizeof(path), "%s/vmlinux", root->path);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_VMLINUX, path), 0);
	assert_false(kallmod_ctx_running(root->ctx));
	assert_string_equal(kallmod_ctx_release(root->ctx), "6.1.0-fake");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "init_once"));
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, "1.2.3"), 0);
	assert_string_equal(kallmod_ctx_release(root->ctx), "1.2.3");
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_VMLINUX, "/nonexistent"), 0);
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -EINVAL);
	assert_error(root->ctx, "/nonexistent: not found");
	fake_kernel_deinit(&kernel);
}

/* The System.map of a release that does not run is a stub: its image has the symbols. */
static void a_release_is_read_from_its_image(void **state)
{
	struct fake_root *root = *state;
	struct fake_kernel kernel = plain;
	const struct kallmod_symbols *symbols;

	fake_kernel_init(&kernel);
	assert_int_equal(kallmod_ctx_set(root->ctx, KALLMOD_OPT_RELEASE, "6.1.0-fake"), 0);
	fake_root_write(root, "boot/System.map-6.1.0-fake",
			"ffffffffffffffff B The real System.map is in the -dbg package\n");
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), -ENOENT);
	assert_error(root->ctx, "6.1.0-fake: not found; name one with");
	write_file(root, "boot/vmlinuz-6.1.0-fake", kernel.data, kernel.size);
	assert_int_equal(kallmod_ctx_symbols(root->ctx, &symbols), 0);
	assert_non_null(kallmod_symbols_by_name(symbols, "init_once"));
	fake_kernel_deinit(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrapped_images_are_unpacked),
		cmocka_unit_test(torn_wrappings_are_refused),
		cmocka_unit_test(what_unpacks_to_too_much_is_refused),
		cmocka_unit_test(raw_images_say_where_they_are_linked),
		cmocka_unit_test(a_base_can_be_in_the_relocations),
		rooted_test(cores_are_read_on_demand),
		cmocka_unit_test(symbols_have_the_sizes_of_the_elf_file),
		cmocka_unit_test(symbols_come_from_the_symbol_table_else),
		cmocka_unit_test(what_is_no_kernel_is_refused),
		rooted_test(contexts_work_on_an_image),
		rooted_test(a_release_is_read_from_its_image),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
