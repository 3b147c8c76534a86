// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fentry and fexit: BPF trampolines, for kernels without kprobes. A program of this type is
 * bound to one function when it is loaded; so the one that libbpf loads is a template, and each
 * function gets a copy of it. The kernel finds the function by its name: a name that occurs
 * twice may be the wrong one, and is left out.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach_priv.h"
#include "cleanup.h"
#include "symbols.h"

/* A loaded program, and what a copy of it needs besides. */
struct template {
	struct bpf_program *program; /* NULL: no such program */
	enum bpf_attach_type type;
	void *func_info; /* owned */
	uint32_t func_info_size, func_info_count;
	int btf_fd; /* owned */
	bool gpl;
};

struct fentry {
	struct kallmod_attachment *attachment;
	struct btf *btf; /* the kernel's; owned */
	struct template entry, on_return;
};

/* ---- between open and load ------------------------------------------------------------ */

/* Any function will do that is in the kernel's BTF. */
static int prepare_program(const struct kallmod_function *functions, size_t n,
			   struct bpf_program *program)
{
	if (!program)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (functions[i].mechanism == KALLMOD_MECHANISM_FENTRY &&
		    !bpf_program__set_attach_target(program, 0, functions[i].name))
			return kallmod_attach_need(program, true);
	return kallmod_attach_need(program, false);
}

int kallmod_attach_fentry_prepare(struct kallmod_ctx *ctx,
				  const struct kallmod_function *functions, size_t n,
				  const struct kallmod_probe_programs *programs)
{
	int err = prepare_program(functions, n, programs->fentry);

	if (!err)
		err = prepare_program(functions, n, programs->fexit);
	if (err)
		return kallmod_fail(ctx, err, "attaching by fentry: %s", strerror(-err));
	return 0;
}

/* ---- copies of a program -------------------------------------------------------------- */

static void template_deinit(struct template *template)
{
	free(template->func_info);
	if (template->btf_fd >= 0)
		close(template->btf_fd);
}

/* A program whose functions are verified by themselves needs its func_info; libbpf keeps it. */
static int template_func_info(struct template *template, int fd, struct bpf_prog_info *info)
{
	struct bpf_prog_info query;
	__u32 size = sizeof(query);

	if (!info->nr_func_info || !info->btf_id)
		return 0;
	template->btf_fd = bpf_btf_get_fd_by_id(info->btf_id);
	template->func_info = calloc(info->nr_func_info, info->func_info_rec_size);
	if (template->btf_fd < 0 || !template->func_info)
		return template->btf_fd < 0 ? template->btf_fd : -ENOMEM;
	memset(&query, 0, sizeof(query));
	query.nr_func_info = template->func_info_count = info->nr_func_info;
	query.func_info_rec_size = template->func_info_size = info->func_info_rec_size;
	query.func_info = (uintptr_t)template->func_info;
	return bpf_obj_get_info_by_fd(fd, &query, &size);
}

static int template_init(struct template *template, struct bpf_program *program,
			 enum bpf_attach_type type)
{
	struct bpf_prog_info info;
	__u32 size = sizeof(info);
	int err, fd = program ? bpf_program__fd(program) : -1;

	if (fd < 0)
		return 0;
	memset(&info, 0, sizeof(info));
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (err)
		return err;
	template->program = program;
	template->type = type;
	template->gpl = info.gpl_compatible;
	return template_func_info(template, fd, &info);
}

static int load_copy_with(const struct template *template, int btf_id, bool func_info)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		.expected_attach_type = template->type,
		.attach_btf_id = btf_id,
		.prog_flags = bpf_program__flags(template->program),
	);

	if (func_info) {
		opts.prog_btf_fd = template->btf_fd;
		opts.func_info = template->func_info;
		opts.func_info_cnt = template->func_info_count;
		opts.func_info_rec_size = template->func_info_size;
	}
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, bpf_program__name(template->program),
			     template->gpl ? "GPL" : "", bpf_program__insns(template->program),
			     bpf_program__insn_cnt(template->program), &opts);
}

/*
 * A copy of the program for the function with that id in the kernel's BTF. The kernel's func_info is
 * of the program as the verifier left it: where it has removed dead code, it does not fit the
 * instructions that we have. Without it the functions are verified with their callers.
 */
static int load_copy(const struct template *template, int btf_id)
{
	int fd = load_copy_with(template, btf_id, template->func_info);

	if (fd == -EINVAL && template->func_info)
		fd = load_copy_with(template, btf_id, false);
	return fd;
}

/* ---- links ---------------------------------------------------------------------------- */

static int link_copy(const struct template *template, int btf_id, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .tracing.cookie = cookie);
	cleanup_fd int program = load_copy(template, btf_id);

	/* The link keeps the program. */
	return program < 0 ? program : bpf_link_create(program, 0, template->type, &opts);
}

static int link_function(struct fentry *fentry, int btf_id, size_t index)
{
	struct kallmod_attach_link link = {-1, -1, KALLMOD_MECHANISM_FENTRY};
	uint64_t cookie = kallmod_attach_cookie(fentry->attachment, index);
	int err = 0;

	if (fentry->entry.program) {
		link.fd = link_copy(&fentry->entry, btf_id, cookie);
		err = link.fd < 0 ? link.fd : 0;
	}
	if (!err && fentry->on_return.program) {
		link.return_fd = link_copy(&fentry->on_return, btf_id, cookie);
		err = link.return_fd < 0 ? link.return_fd : 0;
	}
	if (!err)
		return kallmod_attach_keep(fentry->attachment, link);
	kallmod_attach_link_close(&link);
	return err;
}

/* Why the kernel would not, or not surely, find this very function. */
static const char *why_not(const struct kallmod_function *function, size_t namesakes, int btf_id)
{
	if (function->kind == KALLMOD_KIND_LOADABLE)
		return "fentry would keep its module from being unloaded";
	if (namesakes > 1)
		return "its name occurs twice, and fentry goes by name";
	return btf_id < 0 ? "the kernel's BTF does not have it, and fentry needs that" : NULL;
}

static int attach_one(struct fentry *fentry, size_t index, size_t namesakes)
{
	const struct kallmod_function *function = &fentry->attachment->functions[index];
	int btf_id = btf__find_by_name_kind(fentry->btf, function->name, BTF_KIND_FUNC);
	const char *why = why_not(function, namesakes, btf_id);
	int err;

	if (why)
		return kallmod_attach_skip(fentry->attachment, index, 0, why);
	err = link_function(fentry, btf_id, index);
	if (!err)
		return 0;
	/* To the verifier, a program that asks for more arguments than there are is EACCES. */
	if (err == -ENOMEM || (err != -EACCES && kallmod_attach_fatal(err)))
		return kallmod_attach_fail(fentry->attachment, err);
	return kallmod_attach_skip(fentry->attachment, index, err,
				   "the kernel refuses fentry on it");
}

/* ---- names ---------------------------------------------------------------------------- */

struct name {
	const char *name;
	size_t index; /* of the function */
	size_t count; /* of text symbols that are called so */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->name, ((const struct name *)b)->name);
}

static size_t list_names(const struct kallmod_attachment *attachment, struct name *names)
{
	size_t n = 0;

	for (size_t i = 0; i < attachment->n; i++)
		if (attachment->functions[i].mechanism == KALLMOD_MECHANISM_FENTRY &&
		    !attachment->skipped[i])
			names[n++] = (struct name){attachment->functions[i].name, i, 0};
	qsort(names, n, sizeof(*names), compare_names);
	return n;
}

static void count_name(struct name *names, size_t n, const char *name)
{
	struct name key = {.name = name};
	struct name *found = bsearch(&key, names, n, sizeof(*names), compare_names);

	if (!found)
		return;
	while (found > names && !compare_names(found - 1, &key))
		found--;
	for (; found < names + n && !compare_names(found, &key); found++)
		found->count++;
}

static int count_names(struct kallmod_ctx *ctx, struct name *names, size_t n)
{
	const struct kallmod_symbols *symbols;
	int err = kallmod_ctx_symbols(ctx, &symbols);

	for (size_t i = 0; !err && i < kallmod_symbols_count(symbols); i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);

		if (kallmod_symbol_is_text(symbol))
			count_name(names, n, symbol->name);
	}
	return err;
}

/* ---- all of them ---------------------------------------------------------------------- */

static void fentry_deinit(struct fentry *fentry)
{
	btf__free(fentry->btf);
	template_deinit(&fentry->entry);
	template_deinit(&fentry->on_return);
}

static int fentry_init(struct fentry *fentry)
{
	const struct kallmod_probe_programs *programs = &fentry->attachment->options.programs;
	int err = template_init(&fentry->entry, programs->fentry, BPF_TRACE_FENTRY);

	if (!err)
		err = template_init(&fentry->on_return, programs->fexit, BPF_TRACE_FEXIT);
	if (err)
		return kallmod_attach_fail(fentry->attachment, err);
	fentry->btf = btf__load_vmlinux_btf();
	if (fentry->btf)
		return 0;
	return kallmod_fail(fentry->attachment->ctx, -EOPNOTSUPP,
			    "/sys/kernel/btf/vmlinux: %s; fentry needs a kernel with CONFIG_DEBUG_INFO_BTF",
			    strerror(errno));
}

int kallmod_attach_fentries(struct kallmod_attachment *attachment)
{
	struct fentry fentry __attribute__((cleanup(fentry_deinit))) = {
		.attachment = attachment,
		.entry.btf_fd = -1,
		.on_return.btf_fd = -1,
	};
	cleanup_free struct name *names = calloc(attachment->n + 1, sizeof(*names));
	size_t n = names ? list_names(attachment, names) : 0;
	int err;

	if (!names)
		return kallmod_fail(attachment->ctx, -ENOMEM, "no memory");
	if (!n)
		return 0;
	err = count_names(attachment->ctx, names, n);
	if (!err)
		err = fentry_init(&fentry);
	for (size_t i = 0; !err && i < n; i++) {
		err = attach_one(&fentry, names[i].index, names[i].count);
		if (!err)
			kallmod_attach_progress(attachment);
	}
	return err;
}
