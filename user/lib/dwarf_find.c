// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dlfcn.h>
#include <elf.h>
#include <elfutils/debuginfod.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "dwarf_find.h"
#include "file.h"

enum { NOTES_MAX = 1 << 20 };

/* In data of size bytes, 4-byte aligned notes one after the other. */
static struct kallmod_build_id find_note(const char *data, size_t size)
{
	struct kallmod_build_id id = {};
	size_t at = 0;

	while (size - at >= sizeof(Elf32_Nhdr)) {
		Elf32_Nhdr note;
		size_t name, desc, left;

		memcpy(&note, data + at, sizeof(note));
		at += sizeof(note);
		left = size - at;
		name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		desc = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > left || desc > left - name)
			break;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(data + at, "GNU", 4) && note.n_descsz <= sizeof(id.bytes)) {
			memcpy(id.bytes, data + at + name, note.n_descsz);
			id.size = note.n_descsz;
			break;
		}
		at += name + desc;
	}
	return id;
}

struct kallmod_build_id kallmod_kernel_build_id(struct kallmod_ctx *ctx)
{
	cleanup_free char *path = kallmod_path(ctx, "/sys/kernel/notes"), *data = NULL;
	struct kallmod_build_id none = {};
	size_t size;

	if (!path || !kallmod_ctx_running(ctx) ||
	    kallmod_file_read(ctx, path, NOTES_MAX, &data, &size))
		return none;
	return find_note(data, size);
}

/* The first answer that says more than "not here" is the one to give. */
struct search {
	struct kallmod_ctx *ctx;
	int (*fn)(void *arg, const char *path);
	void *arg;
	int err;
	char line[512]; /* of the answer */
	bool ended;
};

static void answer(struct search *search, int err)
{
	search->ended = err != -ENOENT && err != -ENODATA;
	if (!search->ended && (err == -ENOENT || search->err == -ENODATA))
		return;
	search->err = err;
	if (err)
		snprintf(search->line, sizeof(search->line), "%s",
			 kallmod_ctx_error(search->ctx));
}

static void try_path(struct search *search, char *path)
{
	answer(search, path ? search->fn(search->arg, path) : -ENOMEM);
	free(path);
}

const char *const kallmod_dwarf_places[] = {
	"/usr/lib/debug/boot/vmlinux-%s",
	"/usr/lib/debug/lib/modules/%s/vmlinux",
	"/usr/lib/debug/vmlinux-%s",
	"/lib/modules/%s/build/vmlinux",
	"/boot/vmlinux-%s",
	NULL,
};

static void try_release(struct search *search)
{
	for (size_t i = 0; !search->ended && kallmod_dwarf_places[i]; i++)
		try_path(search, kallmod_path(search->ctx, kallmod_dwarf_places[i],
					      kallmod_ctx_release(search->ctx)));
}

static void to_hex(const struct kallmod_build_id *id, char *ret)
{
	for (size_t i = 0; i < id->size; i++)
		sprintf(ret + 2 * i, "%02x", id->bytes[i]);
}

static void try_build_id(struct search *search, const struct kallmod_build_id *id)
{
	char hex[2 * sizeof(id->bytes) + 1];

	if (search->ended || id->size < 2)
		return;
	to_hex(id, hex);
	try_path(search, kallmod_path(search->ctx, "/usr/lib/debug/.build-id/%.2s/%s.debug", hex,
				      hex + 2));
}

/*
 * The library is loaded when it is asked for: with it come a network client and all it needs,
 * which every other start would pay for.
 */
struct debuginfod {
	void *library;
	__typeof__(debuginfod_begin) *begin;
	__typeof__(debuginfod_find_debuginfo) *find;
	__typeof__(debuginfod_end) *end;
};

static bool load_debuginfod(struct debuginfod *ret)
{
	ret->library = dlopen("libdebuginfod.so.1", RTLD_NOW);
	if (!ret->library)
		return false;
	ret->begin = dlsym(ret->library, "debuginfod_begin");
	ret->find = dlsym(ret->library, "debuginfod_find_debuginfo");
	ret->end = dlsym(ret->library, "debuginfod_end");
	return ret->begin && ret->find && ret->end;
}

static int ask_debuginfod(struct kallmod_ctx *ctx, const struct debuginfod *debuginfod,
			  const struct kallmod_build_id *id, char **path_ret)
{
	debuginfod_client *client = debuginfod->begin();
	int fd;

	if (!client)
		return kallmod_fail(ctx, -ENOMEM, "debuginfod: cannot be started");
	fd = debuginfod->find(client, id->bytes, (int)id->size, path_ret);
	debuginfod->end(client);
	if (fd < 0)
		return kallmod_fail(ctx, fd == -ENOENT ? -ENODATA : fd,
				    "debuginfod: has no debug information of this kernel (%s)",
				    strerror(-fd));
	close(fd);
	return 0;
}

static int find_debuginfod(struct kallmod_ctx *ctx, const struct kallmod_build_id *id,
			   char **path_ret)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct debuginfod debuginfod = {};

	if (!urls || !*urls)
		return kallmod_fail(ctx, -EINVAL,
				    "debuginfod: no server is named; set DEBUGINFOD_URLS");
	if (!id->size)
		return kallmod_fail(ctx, -ENODATA,
				    "debuginfod: the kernel's build id is not known; give --vmlinux");
	if (!load_debuginfod(&debuginfod))
		return kallmod_fail(ctx, -ENOTSUP,
				    "debuginfod: its library is not here; install libdebuginfod1");
	return ask_debuginfod(ctx, &debuginfod, id, path_ret);
}

static void try_debuginfod(struct search *search, const struct kallmod_build_id *id)
{
	char *path = NULL;
	int err;

	if (search->ended || !kallmod_ctx_get(search->ctx, KALLMOD_OPT_DEBUGINFOD))
		return;
	err = find_debuginfod(search->ctx, id, &path);
	if (err)
		answer(search, err);
	else
		try_path(search, path);
}

int kallmod_dwarf_find(struct kallmod_ctx *ctx, const struct kallmod_build_id *id,
		       int (*fn)(void *arg, const char *path), void *arg)
{
	const char *given = kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX);
	struct search search = {.ctx = ctx, .fn = fn, .arg = arg, .err = -ENOENT};

	if (given)
		return fn(arg, given);
	try_release(&search);
	try_build_id(&search, id);
	try_debuginfod(&search, id);
	return search.err && *search.line ? kallmod_fail(ctx, search.err, "%s", search.line) :
					    search.err;
}
