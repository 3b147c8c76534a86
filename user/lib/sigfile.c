// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cleanup.h"
#include "file.h"
#include "hash.h"
#include "sigfile.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "signature files are used in place, and they are little-endian"
#endif

enum { SIG_MAX = 64 << 20 };

static bool is_suffix(const char *text, size_t length)
{
	static const char *const suffixes[] = {".cold",	 ".isra", ".part",    ".constprop",
					       ".llvm", ".lto_priv", ".localalias"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (length >= n && !strncmp(text, suffixes[i], n) &&
		    (length == n || text[n] == '.'))
			return true;
	}
	return false;
}

size_t kallmod_sig_normalise(const char *name, const char **start_ret, bool *cold_ret)
{
	const char *dot;
	size_t length;

	*cold_ret = false;
	if (!strncmp(name, "__pfx_", 6) || !strncmp(name, "__cfi_", 6))
		name += 6;
	*start_ret = name;
	length = strlen(name);
	for (dot = memchr(name + (length > 0), '.', length ? length - 1 : 0); dot;
	     dot = memchr(dot + 1, '.', name + length - dot - 1)) {
		if (!is_suffix(dot, name + length - dot))
			continue;
		*cold_ret = strstr(dot, ".cold") != NULL;
		return dot - name;
	}
	return length;
}

uint32_t kallmod_sig_hash(const char *name, size_t length)
{
	uint64_t hash = kallmod_hash_bytes(KALLMOD_HASH_START, name, length);

	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9ull;
	return hash >> 32;
}

static bool is_made_of(const char *name, const char *others)
{
	size_t length = strlen(name);

	for (const char *at = name; *at; at++)
		if (!strchr(others, *at) && !(*at >= '0' && *at <= '9') &&
		    !((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z'))
			return false;
	return length && length <= KALLMOD_SIG_MAX_NAME;
}

bool kallmod_sig_module_valid(const char *name)
{
	return is_made_of(name, "_.-");
}

bool kallmod_sig_release_valid(const char *release)
{
	return is_made_of(release, "_.-+~:");
}

static int bad(struct kallmod_ctx *ctx, const char *name, const char *what)
{
	return kallmod_fail(ctx, -EINVAL,
			    "%s: %s; get the file again, or make one with 'kallmod signatures build'",
			    name, what);
}

/* Points the arrays into the data; false where they do not fit it exactly. */
static bool lay_out(struct kallmod_sigfile *file)
{
	const struct kallmod_sig_header *header = file->header;
	uint64_t owners = (uint64_t)header->nmodules + header->nobjects;
	uint64_t sizes[] = {
		sizeof(*header), 4ull * header->nreleases, 4ull * owners, 4ull * owners,
		4ull * header->nmodules, 4ull * KALLMOD_SIG_INDEX, 4ull * header->nnames + 4, 4ull * header->nposts,
		2ull * header->nnames, header->strings_size,
	};
	const char *at[sizeof(sizes) / sizeof(sizes[0])];
	uint64_t offset = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		at[i] = (const char *)file->data + offset;
		offset += sizes[i];
		if (offset > file->size)
			return false;
	}
	file->releases = (const void *)at[1];
	file->names = (const void *)at[2];
	file->places = (const void *)at[3];
	file->existing = (const void *)at[4];
	file->index = (const void *)at[5];
	file->posts_at = (const void *)at[6];
	file->posts = (const void *)at[7];
	file->hashes = (const void *)at[8];
	file->strings = at[9];
	return offset == file->size;
}

static bool ascending(const uint32_t *values, size_t n, uint32_t end)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (values[i] > values[i + 1])
			return false;
	return values[0] == 0 && values[n - 1] == end;
}

/*
 * A string that can go into a map and onto a terminal: not empty, not endless, and with
 * nothing in it that separates.
 */
static bool is_name(const struct kallmod_sigfile *file, uint32_t offset)
{
	const char *at = offset < file->header->strings_size ? file->strings + offset : "";
	const char *start = at;

	for (; *at; at++)
		if (at - start == KALLMOD_SIG_MAX_NAME || (unsigned char)*at <= ' ' || *at == 0x7f ||
		    strchr(",[]", *at))
			return false;
	return at > start;
}

/* Every offset and number that is followed later is checked here, once. */
static bool contents_valid(const struct kallmod_sigfile *file)
{
	const struct kallmod_sig_header *header = file->header;
	size_t owners = (size_t)header->nmodules + header->nobjects;

	if (!header->strings_size || file->strings[header->strings_size - 1])
		return false;
	for (size_t i = 0; i < header->nreleases; i++)
		if (!is_name(file, file->releases[i]))
			return false;
	for (size_t i = 0; i < owners; i++)
		if (!is_name(file, file->names[i]) ||
		    kallmod_sigfile_place(file, i).low > kallmod_sigfile_place(file, i).high)
			return false;
	for (size_t i = 0; i < header->nposts; i++)
		if ((file->posts[i] & 0xffff) >= owners)
			return false;
	return ascending(file->index, KALLMOD_SIG_INDEX, header->nnames) &&
	       ascending(file->posts_at, (size_t)header->nnames + 1, header->nposts);
}

int kallmod_sigfile_parse(struct kallmod_ctx *ctx, const char *name, const void *data,
			  size_t size, struct kallmod_sigfile *ret)
{
	struct kallmod_sigfile file = {.data = data, .size = size, .header = data};
	const size_t head = sizeof(*file.header);

	if (size < head || memcmp(file.header->magic, KALLMOD_SIG_MAGIC, 8))
		return bad(ctx, name, "is no signature file");
	if (file.header->version > KALLMOD_SIG_VERSION)
		return kallmod_fail(ctx, -EPROTONOSUPPORT,
				    "%s: was made by a newer kallmod (format %u, known is %u); update kallmod",
				    name, file.header->version, KALLMOD_SIG_VERSION);
	if (file.header->version != KALLMOD_SIG_VERSION)
		return bad(ctx, name, "has an unknown format");
	if (file.header->nreleases > KALLMOD_SIG_MAX_RELEASES ||
	    file.header->nmodules > KALLMOD_SIG_MAX_MODULES ||
	    file.header->nobjects > KALLMOD_SIG_MAX_MODULES - file.header->nmodules ||
	    !lay_out(&file))
		return bad(ctx, name, "is torn: its size is not what its header says");
	if (crc32(0, (const Bytef *)data + head, size - head) != file.header->crc32)
		return kallmod_fail(ctx, -EBADMSG,
				    "%s: its checksum is wrong; get the file again, or make one with 'kallmod signatures build'",
				    name);
	if (!contents_valid(&file))
		return bad(ctx, name, "contradicts itself");
	*ret = file;
	return 0;
}

int kallmod_sigfile_open(struct kallmod_ctx *ctx, const char *path,
			 struct kallmod_sigfile *ret)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;
	int err;

	if (fd < 0)
		return kallmod_file_fail(ctx, path, -errno);
	if (fstat(fd, &st))
		return kallmod_file_fail(ctx, path, -errno);
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > SIG_MAX)
		return bad(ctx, path, "is no signature file");
	/* Private and filled at once: a file that shrinks later cannot hurt what was checked
	 * as far as the pages are in. */
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return kallmod_file_fail(ctx, path, -errno);
	err = kallmod_sigfile_parse(ctx, path, data, st.st_size, ret);
	if (err) {
		munmap(data, st.st_size);
		return err;
	}
	ret->mapped = true;
	ret->path = strdup(path);
	return 0;
}

void kallmod_sigfile_close(struct kallmod_sigfile *file)
{
	if (file->mapped)
		munmap((void *)file->data, file->size);
	free(file->path);
	*file = (struct kallmod_sigfile){};
}

size_t kallmod_sigfile_find(const struct kallmod_sigfile *file, uint32_t hash,
			    const uint32_t **ret)
{
	uint32_t low = file->index[hash >> 16], high = file->index[(hash >> 16) + 1];

	for (; low < high; low++) {
		if (file->hashes[low] != (hash & 0xffff))
			continue;
		*ret = &file->posts[file->posts_at[low]];
		return file->posts_at[low + 1] - file->posts_at[low];
	}
	return 0;
}

const char *kallmod_sigfile_release(const struct kallmod_sigfile *file, size_t i)
{
	return file->strings + file->releases[i];
}

const char *kallmod_sigfile_name(const struct kallmod_sigfile *file, size_t i)
{
	return file->strings + file->names[i];
}

struct kallmod_sigplace kallmod_sigfile_place(const struct kallmod_sigfile *file, size_t i)
{
	return (struct kallmod_sigplace){file->places[i], file->places[i] >> 16};
}
