// SPDX-License-Identifier: GPL-2.0-only
/* Signature files: what the builder writes is read back, and everything else is refused. */
#include <errno.h>
#include <zlib.h>

#include "cleanup.h"
#include "fake_root.h"
#include "file.h"
#include "sigfile.h"

struct image {
	char *data; /* owned */
	size_t size;
};

static void image_deinit(struct image *image)
{
	free(image->data);
}
#define cleanup_image __attribute__((cleanup(image_deinit)))

/* alpha in two releases, beta-two in one; alpha_shared is a function of both. */
static void write_signatures(struct fake_root *root, const char *path)
{
	struct kallmod_sigbuilder *builder;
	int old, new, alpha, beta, fs;

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	old = kallmod_sigbuilder_release(builder, "6.1.0-old");
	new = kallmod_sigbuilder_release(builder, "6.12.0-new");
	alpha = kallmod_sigbuilder_module(builder, "alpha", "");
	beta = kallmod_sigbuilder_module(builder, "beta-two", "");
	assert_int_equal(kallmod_sigbuilder_release(builder, "6.1.0-old"), old);
	assert_int_equal(kallmod_sigbuilder_add(builder, old, alpha, "alpha_open"), 0);
	assert_int_equal(kallmod_sigbuilder_add(builder, new, alpha, "alpha_open"), 0);
	assert_int_equal(kallmod_sigbuilder_add(builder, new, alpha, "alpha_shared"), 0);
	assert_int_equal(kallmod_sigbuilder_add(builder, new, beta, "alpha_shared"), 0);
	assert_int_equal(kallmod_sigbuilder_add(builder, new, beta, "__pfx_beta_go.cold"), 0);
	kallmod_sigbuilder_exists(builder, old, beta);
	fs = kallmod_sigbuilder_object(builder, "fs/exec.o");
	assert_int_equal(kallmod_sigbuilder_object(builder, "fs/exec.o"), fs);
	assert_int_equal(kallmod_sigbuilder_title(builder, fs, "exec"), 0);
	assert_int_equal(kallmod_sigbuilder_title(builder, fs, "fs_core"), 0);
	assert_int_equal(kallmod_sigbuilder_title(builder, fs, "exec"), 0); /* once is enough */
	assert_int_equal(kallmod_sigbuilder_title(builder, fs, "1"), 0); /* net/unix says so */
	assert_int_equal(kallmod_sigbuilder_title(builder, fs, "no name"), 0);
	assert_int_equal(kallmod_sigbuilder_add(builder, old, fs, "vfs_read"), 0);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
}

static struct image read_image(struct fake_root *root)
{
	struct image image = {};
	char path[128];

	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	write_signatures(root, path);
	assert_int_equal(kallmod_file_read(root->ctx, path, 1 << 20, &image.data, &image.size),
			 0);
	return image;
}

static struct kallmod_sig_header *header_of(const struct image *image)
{
	return (struct kallmod_sig_header *)image->data;
}

/* Makes the checksum right again after a change. */
static void seal(const struct image *image)
{
	header_of(image)->crc32 = crc32(0, (const Bytef *)image->data + sizeof(struct kallmod_sig_header),
					image->size - sizeof(struct kallmod_sig_header));
}

/* A copy of its own size, so that a sanitizer sees every read behind it. */
static int parse(struct fake_root *root, const struct image *image, size_t size)
{
	cleanup_free char *copy = malloc(size ? size : 1);
	struct kallmod_sigfile file;

	assert_non_null(copy);
	memcpy(copy, image->data, size);
	return kallmod_sigfile_parse(root->ctx, "hand/made.sig", copy, size, &file);
}

static void refused(struct fake_root *root, const struct image *image, int err, const char *why)
{
	assert_int_equal(parse(root, image, image->size), err);
	assert_error(root->ctx, "hand/made.sig: ");
	assert_error(root->ctx, why);
	assert_null(strchr(kallmod_ctx_error(root->ctx), '\n'));
}

static size_t find(const struct kallmod_sigfile *file, const char *name, const uint32_t **posts)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold);

	return kallmod_sigfile_find(file, kallmod_sig_hash(start, length), posts);
}

static void a_file_reads_back(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_sigfile file;
	const uint32_t *posts;
	char path[128];

	snprintf(path, sizeof(path), "%s/a.sig", root->path);
	write_signatures(root, path);
	assert_int_equal(kallmod_sigfile_open(root->ctx, path, &file), 0);
	assert_int_equal(file.header->nreleases, 2);
	assert_string_equal(kallmod_sigfile_release(&file, 0), "6.1.0-old");
	assert_string_equal(kallmod_sigfile_release(&file, 1), "6.12.0-new");
	assert_int_equal(file.header->nmodules, 2);
	assert_string_equal(kallmod_sigfile_name(&file, 1), "beta_two");
	assert_int_equal(file.header->nobjects, 1);
	assert_string_equal(kallmod_sigfile_name(&file, 2), "fs/exec.o:exec:fs_core");
	assert_int_equal(file.existing[1], 3);
	assert_int_equal(file.header->nnames, 4);
	assert_int_equal(find(&file, "vfs_read", &posts), 1);
	assert_int_equal(posts[0], 2 | 1 << 16); /* behind the modules */
	assert_int_equal(find(&file, "alpha_open.constprop.0", &posts), 1);
	assert_int_equal(posts[0], 0 | 3 << 16); /* alpha, in both releases */
	assert_int_equal(find(&file, "alpha_shared", &posts), 2);
	assert_int_equal(posts[1], 1 | 2 << 16);
	assert_int_equal(find(&file, "beta_go", &posts), 1);
	assert_int_equal(find(&file, "nobody", &posts), 0);
	kallmod_sigfile_close(&file);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image first = read_image(root);
	cleanup_image struct image second = read_image(root);

	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
}

static void no_functions_are_a_file_too(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_sigbuilder *builder;
	struct kallmod_sigfile file;
	const uint32_t *posts;
	char path[128];

	snprintf(path, sizeof(path), "%s/none.sig", root->path);
	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	assert_int_equal(kallmod_sigbuilder_write(builder, path), 0);
	kallmod_sigbuilder_destroy(builder);
	assert_int_equal(kallmod_sigfile_open(root->ctx, path, &file), 0);
	assert_int_equal(find(&file, "alpha_open", &posts), 0);
	kallmod_sigfile_close(&file);
}

static void suffixes_and_prefixes_fall_off(void **state)
{
	static const struct {
		const char *raw, *name;
		bool cold;
	} cases[] = {
		{"ext4_iget", "ext4_iget", false},
		{"__pfx_ext4_iget", "ext4_iget", false},
		{"ext4_iget.cold", "ext4_iget", true},
		{"ext4_iget.part.0.isra.0", "ext4_iget", false},
		{"ext4_iget.isra.0.cold", "ext4_iget", true},
		{"ext4_iget.llvm.123456", "ext4_iget", false},
		{"ext4_iget.coldness", "ext4_iget.coldness", false},
		{"a.b.constprop.1", "a.b", false},
		{".cold", ".cold", false},
		{"", "", false},
		{"__pfx_", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *start;
		bool cold;
		size_t length = kallmod_sig_normalise(cases[i].raw, &start, &cold);

		assert_int_equal(length, strlen(cases[i].name));
		assert_memory_equal(start, cases[i].name, length);
		assert_int_equal(cold, cases[i].cold);
	}
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);

	/* Every byte of the header and of what is behind the index; samples of the index. */
	for (size_t size = 0; size < image.size; size += size > 100 && size < 262000 ? 997 : 1) {
		assert_int_equal(parse(root, &image, size), -EINVAL);
		assert_error(root->ctx, "hand/made.sig: is ");
	}
}

static void bytes_behind_the_end_are_refused(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);

	image.data = realloc(image.data, image.size + 1);
	image.data[image.size++] = 0;
	refused(root, &image, -EINVAL, "is torn");
}

static void a_changed_byte_is_a_wrong_checksum(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);

	image.data[image.size - 3] ^= 1;
	refused(root, &image, -EBADMSG, "its checksum is wrong; get the file again");
}

static void other_formats_are_refused(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);

	header_of(&image)->version = KALLMOD_SIG_VERSION + 1;
	refused(root, &image, -EPROTONOSUPPORT, "newer kallmod (format 3, known is 2); update");
	header_of(&image)->version = 0;
	refused(root, &image, -EINVAL, "unknown format");
	image.data[0] = 'K';
	refused(root, &image, -EINVAL, "is no signature file");
}

static void huge_counts_are_refused(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);
	const size_t first = offsetof(struct kallmod_sig_header, nreleases);

	for (size_t at = first; at <= offsetof(struct kallmod_sig_header, strings_size); at += 4) {
		uint32_t right;

		memcpy(&right, image.data + at, 4);
		for (uint32_t value = 1; value; value <<= 1) {
			uint32_t wrong = right + value;

			memcpy(image.data + at, &wrong, 4);
			refused(root, &image, -EINVAL, "is torn");
		}
		memcpy(image.data + at, &right, 4);
	}
	assert_int_equal(parse(root, &image, image.size), 0);
}

/* Everything that is an offset or a number, one at a time, with a right checksum. */
static void hostile_offsets_are_refused(void **state)
{
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);
	const struct kallmod_sig_header *header = header_of(&image);
	const size_t names = sizeof(*header) + 4 * header->nreleases;
	const size_t owners = header->nmodules + header->nobjects;
	const size_t index = names + 4 * (2 * owners + header->nmodules);
	const size_t posts_at = index + 4 * KALLMOD_SIG_INDEX;
	const size_t posts = posts_at + 4 * (header->nnames + 1);
	const size_t fields[] = {
		sizeof(*header), names, names + 4 * (owners - 1), index, index + 4 * 4711, posts_at - 4,
		posts_at, posts_at + 4, posts - 4, posts, posts + 4,
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t right, wrong = 0xfffffff0;

		memcpy(&right, image.data + fields[i], 4);
		memcpy(image.data + fields[i], &wrong, 4);
		seal(&image);
		refused(root, &image, -EINVAL, "contradicts itself");
		memcpy(image.data + fields[i], &right, 4);
	}
	seal(&image);
	assert_int_equal(parse(root, &image, image.size), 0);
}

/* Names go to maps and to terminals. */
static void hostile_strings_are_refused(void **state)
{
	static const char wrong[] = {'\0', ' ', ',', '\t', '\n', '[', ']', '\033', '\177'};
	struct fake_root *root = *state;
	cleanup_image struct image image = read_image(root);
	char *beta = memmem(image.data, image.size, "beta_two", 8);
	char *release = memmem(image.data, image.size, "6.12.0-new", 10);

	assert_non_null(beta);
	assert_non_null(release);
	for (size_t i = 0; i < sizeof(wrong); i++) {
		beta[0] = wrong[i];
		seal(&image);
		refused(root, &image, -EINVAL, "contradicts itself");
		beta[0] = 'b';
		release[0] = wrong[i];
		seal(&image);
		refused(root, &image, -EINVAL, "contradicts itself");
		release[0] = '6';
	}
	image.data[image.size - 1] = 'x';
	seal(&image);
	refused(root, &image, -EINVAL, "contradicts itself");
}

static int open_path(struct fake_root *root, const char *name)
{
	struct kallmod_sigfile file;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root->path, name);
	return kallmod_sigfile_open(root->ctx, path, &file);
}

static void what_is_no_file_is_refused(void **state)
{
	struct fake_root *root = *state;

	assert_int_equal(open_path(root, "missing.sig"), -ENOENT);
	assert_error(root->ctx, "/missing.sig: ");
	fake_root_write(root, "empty.sig", "");
	assert_int_equal(open_path(root, "empty.sig"), -EINVAL);
	assert_error(root->ctx, "/empty.sig: is no signature file");
	assert_true(open_path(root, "proc") < 0);
	assert_error(root->ctx, "/proc: ");
}

static void limits_of_the_builder(void **state)
{
	struct fake_root *root = *state;
	struct kallmod_sigbuilder *builder;
	char name[32];

	assert_int_equal(kallmod_sigbuilder_create(root->ctx, &builder), 0);
	for (int i = 0; i < KALLMOD_SIG_MAX_RELEASES; i++) {
		snprintf(name, sizeof(name), "6.%d", i);
		assert_int_equal(kallmod_sigbuilder_release(builder, name), i);
	}
	assert_int_equal(kallmod_sigbuilder_release(builder, "7.0"), -E2BIG);
	assert_error(root->ctx, "7.0: ");
	assert_int_equal(kallmod_sigbuilder_write(builder, "/nonexistent/a.sig"), -ENOENT);
	assert_error(root->ctx, "/nonexistent/a.sig: cannot be written");
	kallmod_sigbuilder_destroy(builder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rooted_test(a_file_reads_back),
		rooted_test(the_same_input_gives_the_same_bytes),
		rooted_test(no_functions_are_a_file_too),
		rooted_test(suffixes_and_prefixes_fall_off),
		rooted_test(a_file_cut_anywhere_is_refused),
		rooted_test(bytes_behind_the_end_are_refused),
		rooted_test(a_changed_byte_is_a_wrong_checksum),
		rooted_test(other_formats_are_refused),
		rooted_test(huge_counts_are_refused),
		rooted_test(hostile_offsets_are_refused),
		rooted_test(hostile_strings_are_refused),
		rooted_test(what_is_no_file_is_refused),
		rooted_test(limits_of_the_builder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
