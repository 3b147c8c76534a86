// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches to functions through libkallmod, and says how it went: for tests/vm/attach.vm.
 *
 *	attach [OPTION…] SPEC…
 *	-m MECHANISM	this one only: multi, kprobe, fentry
 *	-r		returns too
 *	-n N		the first N functions only that can be probed
 *	-b N		and N addresses among them that are no function's
 *	-c COMMAND	is run while attached
 *	-p		prints a line for each function that was called
 *	-v		prints a line for each that was skipped
 *	-k N		limit of single probes
 *	-e		one module after the other, those that are built in
 *	-f		tries those, too, that cannot be probed, with kprobe.multi
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

#include "attach.skel.h"
#include "cleanup.h"
#include "clock.h"
#include "kallmod.h"

struct options {
	struct kallmod_function_query query;
	const char *command;
	size_t first, bad, limit;
	bool returns, print, skipped, each, force;
};

struct run {
	struct kallmod_ctx *ctx;
	const struct kallmod_map *map;
	const struct options *options;
	struct kallmod_function *functions; /* a copy; with the bad ones behind */
	uint64_t *cookies;
	size_t n;
	struct kallmod_attach_options attach;
	size_t at, count; /* those that are attached */
	struct attach_bpf *skel;
	struct kallmod_attachment *attachment;
	double attach_ms;
};

static double since_ms(uint64_t start)
{
	return (kallmod_now_ns() - start) / 1e6;
}

static int complain(struct kallmod_ctx *ctx, const char *what, int err)
{
	fprintf(stderr, "attach: %s: %s (%d)\n", what, kallmod_ctx_error(ctx), err);
	return err;
}

/* ---- functions ------------------------------------------------------------------------ */

/* In the middle of functions, so that each half of the set has its share. */
static void add_bad(struct run *run)
{
	size_t bad = run->options->bad, n = run->n;

	for (size_t i = 0; i < bad; i++) {
		struct kallmod_function *function = &run->functions[(i + 1) * n / (bad + 1)];

		run->functions[run->n++] = *function;
		/* Behind the call of __fentry__, all 5 bytes of which the kernel takes for its address. */
		function->addr += 10;
		function->name = "bad";
	}
}

static bool wanted(const struct run *run, const struct kallmod_function *function)
{
	if (!run->options->first)
		return true;
	return run->n < run->options->first && function->mechanism != KALLMOD_MECHANISM_NO;
}

static int copy_functions(struct run *run, const struct kallmod_functions *found)
{
	size_t n = kallmod_functions_count(found), room = n + run->options->bad + 1;

	run->functions = calloc(room, sizeof(*run->functions));
	run->cookies = calloc(room, sizeof(*run->cookies));
	if (!run->functions || !run->cookies)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (wanted(run, &kallmod_functions_array(found)[i]))
			run->functions[run->n++] = kallmod_functions_array(found)[i];
	for (size_t i = 0; run->options->force && i < run->n; i++)
		run->functions[i].mechanism = KALLMOD_MECHANISM_MULTI;
	add_bad(run);
	/* Not from 0, which is what the kernel says when it does not know. */
	for (size_t i = 0; i < run->n; i++)
		run->cookies[i] = i + 1;
	return 0;
}

/* ---- attaching ------------------------------------------------------------------------ */

static void fill_options(struct run *run)
{
	bool returns = run->options->returns;

	run->attach = (struct kallmod_attach_options){
		.programs = {
			.multi = run->skel->progs.on_multi,
			.kprobe = run->skel->progs.on_kprobe,
			.fentry = run->skel->progs.on_fentry,
			.multi_return = returns ? run->skel->progs.on_multi_return : NULL,
			.kprobe_return = returns ? run->skel->progs.on_kprobe_return : NULL,
			.fexit = returns ? run->skel->progs.on_fexit : NULL,
		},
		.kprobe_limit = run->options->limit,
	};
}

static int load(struct run *run)
{
	struct bpf_program *program;
	int err;

	run->skel = attach_bpf__open();
	if (!run->skel)
		return -errno;
	bpf_object__for_each_program(program, run->skel->obj)
		bpf_program__set_autoload(program, false);
	fill_options(run);
	err = kallmod_attach_prepare(run->ctx, run->functions, run->n, &run->attach);
	if (err)
		return complain(run->ctx, "prepare", err);
	err = bpf_map__set_max_entries(run->skel->maps.counts, run->n);
	return err ? err : attach_bpf__load(run->skel);
}

static int attach(struct run *run)
{
	uint64_t start = kallmod_now_ns();
	int err;

	run->attach.cookies = run->cookies + run->at;
	err = kallmod_attach(run->ctx, run->functions + run->at, run->count, &run->attach,
			     &run->attachment);
	run->attach_ms = since_ms(start);
	return err;
}

/* ---- what came of it ------------------------------------------------------------------ */

static size_t count_skipped(const struct run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++)
		count += kallmod_attachment_skipped(run->attachment, i) != NULL;
	return count;
}

static void print_counts(const struct run *run)
{
	int fd = bpf_map__fd(run->skel->maps.counts);

	for (__u32 i = 0; i < run->n; i++) {
		struct {
			__u64 entries, returns;
		} count = {0};

		if (!bpf_map_lookup_elem(fd, &i, &count) && (count.entries || count.returns))
			printf("call %s %s %llu %llu\n", run->functions[i].name,
			       kallmod_map_set_name(run->map, run->functions[i].set),
			       (unsigned long long)count.entries, (unsigned long long)count.returns);
	}
	printf("strays %llu\n", (unsigned long long)run->skel->bss->strays);
}

static void print_skipped(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct kallmod_function *function = &run->functions[run->at + i];
		const char *why = kallmod_attachment_skipped(run->attachment, i);

		if (why)
			printf("skip %s %s %s\n", function->name,
			       kallmod_map_set_name(run->map, function->set), why);
	}
}

/* What only an attachment knows goes before it is destroyed. */
static void finish(struct run *run, const char *name)
{
	const struct kallmod_attachment *attachment = run->attachment;
	size_t multi = kallmod_attachment_count(attachment, KALLMOD_MECHANISM_MULTI);
	size_t kprobe = kallmod_attachment_count(attachment, KALLMOD_MECHANISM_KPROBE);
	size_t fentry = kallmod_attachment_count(attachment, KALLMOD_MECHANISM_FENTRY);
	unsigned long long missed = kallmod_attachment_missed(attachment);
	size_t skipped = count_skipped(run);
	uint64_t start = kallmod_now_ns();

	kallmod_attachment_destroy(cleanup_take(run->attachment));
	printf("attached %s functions=%zu multi=%zu kprobe=%zu fentry=%zu skipped=%zu attach_ms=%.1f detach_ms=%.1f missed=%llu\n",
	       name, run->count, multi, kprobe, fentry, skipped, run->attach_ms, since_ms(start),
	       missed);
	fflush(stdout);
}

static int attach_some(struct run *run, size_t at, size_t count, const char *name)
{
	int err;

	run->at = at;
	run->count = count;
	err = attach(run);
	if (err)
		return complain(run->ctx, name, err);
	if (run->options->command && system(run->options->command))
		return -EIO;
	if (run->options->skipped)
		print_skipped(run);
	if (run->options->print)
		print_counts(run);
	finish(run, name);
	return 0;
}

/* ---- one module after the other ------------------------------------------------------- */

static int compare_sets(const void *a, const void *b)
{
	const struct kallmod_function *x = a, *y = b;

	return x->set < y->set ? -1 : x->set > y->set;
}

static bool any_probeable(const struct kallmod_function *functions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (functions[i].mechanism != KALLMOD_MECHANISM_NO)
			return true;
	return false;
}

static int attach_each(struct run *run)
{
	size_t modules = 0, empty = 0;
	int err = 0;

	qsort(run->functions, run->n, sizeof(*run->functions), compare_sets);
	for (size_t i = 0, n; !err && i < run->n; i += n) {
		const struct kallmod_function *first = &run->functions[i];

		for (n = 1; i + n < run->n && first[n].set == first->set; n++)
			;
		if (first->kind != KALLMOD_KIND_BUILTIN)
			continue;
		modules++;
		if (any_probeable(first, n))
			err = attach_some(run, i, n, kallmod_map_set_name(run->map, first->set));
		else
			empty++;
	}
	printf("modules %zu without functions to probe %zu\n", modules, empty);
	return err;
}

static void run_deinit(struct run *run)
{
	kallmod_attachment_destroy(run->attachment);
	attach_bpf__destroy(run->skel);
	free(run->functions);
	free(run->cookies);
}

static int attach_query(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			const struct options *options)
{
	struct run run = {.ctx = ctx, .map = map, .options = options};
	const char *name = options->query.specs[0];
	struct kallmod_functions *found;
	int err = kallmod_functions_find(ctx, map, &options->query, &found);

	if (err)
		return complain(ctx, name, err);
	err = copy_functions(&run, found);
	if (!err)
		err = load(&run);
	if (!err)
		err = options->each ? attach_each(&run) : attach_some(&run, 0, run.n, name);
	run_deinit(&run);
	kallmod_functions_destroy(found);
	return err;
}

/* ---- the command line ----------------------------------------------------------------- */

static enum kallmod_mechanism mechanism_named(const char *name)
{
	for (int i = 0; i <= KALLMOD_MECHANISM_NO; i++)
		if (!strcmp(kallmod_mechanism_name(i), name))
			return i;
	return KALLMOD_MECHANISM_BEST;
}

static int parse(int argc, char **argv, struct options *ret)
{
	int option;

	while ((option = getopt(argc, argv, "m:rn:b:c:pvk:ef")) != -1) {
		if (option == 'm')
			ret->query.mechanism = mechanism_named(optarg);
		else if (option == 'r')
			ret->returns = true;
		else if (option == 'n')
			ret->first = atoi(optarg);
		else if (option == 'b')
			ret->bad = atoi(optarg);
		else if (option == 'c')
			ret->command = optarg;
		else if (option == 'p')
			ret->print = true;
		else if (option == 'v')
			ret->skipped = true;
		else if (option == 'k')
			ret->limit = atoi(optarg);
		else if (option == 'e')
			ret->each = true;
		else if (option == 'f')
			ret->force = true;
		else
			return -EINVAL;
	}
	ret->query.specs = (const char *const *)argv + optind;
	ret->query.nspecs = argc - optind;
	ret->query.limit = 100000;
	return ret->query.nspecs ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct kallmod_ctx *ctx;
	struct kallmod_map *map;
	int err = parse(argc, argv, &options);

	if (err || kallmod_ctx_create(&ctx))
		return 2;
	kallmod_ctx_set(ctx, KALLMOD_OPT_SIGNATURES, "/kallmod/signatures");
	err = kallmod_map_build(ctx, &map);
	if (err) {
		complain(ctx, "map", err);
	} else {
		err = attach_query(ctx, map, &options);
		kallmod_map_destroy(map);
	}
	kallmod_ctx_destroy(ctx);
	return err ? 1 : 0;
}
