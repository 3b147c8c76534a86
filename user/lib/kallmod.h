/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libkallmod: which kernel module does an address belong to, built in or loaded?
 *
 * The way of the data: sources fill a map (ranges -> module sets), the map is frozen, and a
 * frozen map is looked up, printed, or turned into the tables that BPF programs use.
 *
 * Conventions: functions return 0 or a negative errno unless they say otherwise; after a
 * failure kallmod_ctx_error() has one line that names the file and says what to do.
 * Out-parameters come last, are named *ret, and are written only on success. All address
 * intervals are half-open, [start, end). A context and what hangs from it belong to one
 * thread at a time; a frozen map may be read from many.
 */
#ifndef KALLMOD_H
#define KALLMOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KALLMOD_VERSION "0.1.0"

struct kallmod_ctx;
struct kallmod_map;
struct kallmod_symbols;

/* ---- context ------------------------------------------------------------------------ */

enum kallmod_log_level {
	KALLMOD_LOG_WARN, /* something is left out or slower; the result stands */
	KALLMOD_LOG_INFO,
	KALLMOD_LOG_DEBUG,
};

/* What a context works on. Values are strings, copied; NULL takes the setting back. */
enum kallmod_option {
	KALLMOD_OPT_ROOT,	     /* directory before proc, sys, lib/modules, boot, usr/lib/debug */
	KALLMOD_OPT_RELEASE,	     /* kernel release; default: the running kernel's */
	KALLMOD_OPT_SOURCE,	     /* use this source only, by name */
	KALLMOD_OPT_KALLSYMS,	     /* /proc/kallsyms or System.map to use instead */
	KALLMOD_OPT_RANGES,	     /* modules.builtin.ranges to use instead */
	KALLMOD_OPT_VMLINUX,	     /* kernel image to use instead */
	KALLMOD_OPT_OBJTREE,	     /* kernel build tree */
	KALLMOD_OPT_MODULES_BUILTIN, /* modules.builtin to use instead */
	KALLMOD_OPT_EXCLUDE_RELEASE, /* leave out signature releases with this prefix */
	KALLMOD_OPT_SIGNATURES,	     /* directory with *.sig files; default: the installed one */
	KALLMOD_OPT_DEBUGINFOD,	     /* set: ask the servers of DEBUGINFOD_URLS */
	KALLMOD_OPT_MIN_CONFIDENCE,  /* "0.9": leave inferred ranges below it out of the map */
	KALLMOD_OPT_COUNT,
};

/* Creates a context for the running kernel. Owned by the caller. -ENOMEM. */
int kallmod_ctx_create(struct kallmod_ctx **ret);
/* Frees the context and everything it lent out (symbols). NULL is fine. */
void kallmod_ctx_destroy(struct kallmod_ctx *ctx);
/* Sends warnings and below to log(arg, …), one line without newline each; NULL: nowhere. */
void kallmod_ctx_set_log(struct kallmod_ctx *ctx,
			 void (*log)(void *arg, enum kallmod_log_level level, const char *line),
			 void *arg);
/* Changes a setting. -EINVAL for an unknown option, -ENOMEM. */
int kallmod_ctx_set(struct kallmod_ctx *ctx, enum kallmod_option option, const char *value);
/* The setting, or NULL. Owned by the context. */
const char *kallmod_ctx_get(const struct kallmod_ctx *ctx, enum kallmod_option option);
/* One line about the last failure, never NULL; valid until the next call on ctx. */
const char *kallmod_ctx_error(const struct kallmod_ctx *ctx);
/* The release worked on ("6.12.9-amd64"), or "unknown". Owned by the context. */
const char *kallmod_ctx_release(struct kallmod_ctx *ctx);
/* True when the work is on the running kernel: no root, release, kallsyms or image was set. */
bool kallmod_ctx_live(const struct kallmod_ctx *ctx);

/* ---- map ---------------------------------------------------------------------------- */

enum kallmod_trust {
	KALLMOD_TRUST_EXACT,	/* the kernel or its build says so */
	KALLMOD_TRUST_DERIVED,	/* from debug information */
	KALLMOD_TRUST_INFERRED, /* from signatures; has a confidence */
};

enum kallmod_kind {
	KALLMOD_KIND_CORE,
	KALLMOD_KIND_BUILTIN,
	KALLMOD_KIND_LOADABLE,
	KALLMOD_KIND_PSEUDO, /* JIT-compiled BPF, trampolines */
};

enum kallmod_section {
	KALLMOD_SECTION_TEXT,
	KALLMOD_SECTION_INIT, /* .init.text, .exit.text and other text that is freed after boot */
	KALLMOD_SECTION_DATA,
};

/* Module set ids are dense, stable for a map and every map made from it. */
#define KALLMOD_SET_CORE 0u

struct kallmod_range {
	uint64_t start, end;  /* run-time addresses, [start, end) */
	uint32_t set;	      /* module set id; KALLMOD_SET_CORE: the kernel proper */
	float confidence;     /* 0..1; 1 unless inferred */
	uint8_t trust;	      /* enum kallmod_trust */
	uint8_t section;      /* enum kallmod_section */
	uint8_t source;	      /* kallmod_source_name() */
};

/*
 * Builds the map for the context: the first source that has it, in order of trust, or the
 * one that was set; on the running kernel loadable modules and BPF are merged in.
 * Frozen. Owned by the caller. -ENODATA: no source has anything; -EPERM: no privilege.
 */
int kallmod_map_build(struct kallmod_ctx *ctx, struct kallmod_map **ret);
void kallmod_map_destroy(struct kallmod_map *map);

/* The range that holds addr, or NULL. O(log n). Owned by the map. */
const struct kallmod_range *kallmod_map_find(const struct kallmod_map *map, uint64_t addr);
/* Ranges in address order, non-overlapping; text is tiled, core ranges included. */
size_t kallmod_map_range_count(const struct kallmod_map *map);
const struct kallmod_range *kallmod_map_range(const struct kallmod_map *map, size_t index);

/* Number of module sets; ids are 0 … count-1. */
size_t kallmod_map_set_count(const struct kallmod_map *map);
/* "ext4", "liquidio,liquidio_vf", "core" for set 0; NULL out of bounds. Owned by the map. */
const char *kallmod_map_set_name(const struct kallmod_map *map, uint32_t set);
/* Kind of the set's modules (a set has one kind). */
enum kallmod_kind kallmod_map_set_kind(const struct kallmod_map *map, uint32_t set);
/* Module names of a set; returns how many (0 for core), fills at most max. */
size_t kallmod_map_set_modules(const struct kallmod_map *map, uint32_t set,
			       const char **names, size_t max);
/* The source of the built-in ranges ("ranges", "signatures", …) and their trust. */
const char *kallmod_map_source(const struct kallmod_map *map);
enum kallmod_trust kallmod_map_trust(const struct kallmod_map *map);

const char *kallmod_source_name(uint8_t source);
const char *kallmod_trust_name(enum kallmod_trust trust);
const char *kallmod_kind_name(enum kallmod_kind kind);

/* ---- symbols ------------------------------------------------------------------------ */

struct kallmod_symbol {
	uint64_t addr;
	uint64_t size;	    /* bytes; 0: not known */
	const char *name;
	const char *module; /* of a loadable module or pseudo-module, as kallsyms has it; or NULL */
	char type;	    /* as nm prints it */
};

/*
 * The symbols of the context's kernel, read on first use and owned by the context.
 * -EPERM: every text symbol is at zero; -ENOENT, -EINVAL.
 */
int kallmod_ctx_symbols(struct kallmod_ctx *ctx, const struct kallmod_symbols **ret);
/* Symbols in address order, of all types. */
size_t kallmod_symbols_count(const struct kallmod_symbols *symbols);
const struct kallmod_symbol *kallmod_symbols_at(const struct kallmod_symbols *symbols,
						size_t index);
/* Index of the last symbol at or below addr, or -1; of several at one address the best name
 * (global before local, none that begins with "__pfx_"). O(log n). */
ptrdiff_t kallmod_symbols_find(const struct kallmod_symbols *symbols, uint64_t addr);
/* First symbol of that name in address order, or NULL. */
const struct kallmod_symbol *kallmod_symbols_by_name(const struct kallmod_symbols *symbols,
						     const char *name);

/* ---- sources ------------------------------------------------------------------------ */

enum kallmod_source_state {
	KALLMOD_SOURCE_USED,   /* the map comes from it */
	KALLMOD_SOURCE_USABLE, /* has data, a better one is used */
	KALLMOD_SOURCE_ABSENT,
	KALLMOD_SOURCE_BROKEN,
	KALLMOD_SOURCE_DENIED, /* no privilege */
};

struct kallmod_source_report {
	const char *name;
	enum kallmod_source_state state;
	enum kallmod_trust trust;
	size_t ranges;	    /* module ranges found */
	const char *why;    /* what it found, or why not */
	const char *advice; /* what to do about it, or "" */
};

/*
 * Tries every source by itself and reports each to fn, best first. The report and its
 * strings live for the call of fn only.
 */
int kallmod_sources_probe(struct kallmod_ctx *ctx,
			  void (*fn)(void *arg, const struct kallmod_source_report *report),
			  void *arg);

/* ---- functions, to probe them --------------------------------------------------------- */

/* How a function of the running kernel can be probed. */
enum kallmod_mechanism {
	KALLMOD_MECHANISM_BEST,	   /* in a query: the first of the following that works */
	KALLMOD_MECHANISM_MULTI,   /* kprobe.multi: a whole set in one go */
	KALLMOD_MECHANISM_KPROBE,  /* a kprobe of its own: slow to come and go */
	KALLMOD_MECHANISM_FENTRY,  /* a BPF trampoline of its own */
	KALLMOD_MECHANISM_UNKNOWN, /* another kernel than the running one */
	KALLMOD_MECHANISM_NO,	   /* by none: reason says why */
};

struct kallmod_function {
	uint64_t addr;	    /* its symbol's; that of a function that is traced may be behind it */
	uint64_t size;	    /* bytes, at most to the next symbol; 0: not known */
	const char *name;
	const char *reason; /* KALLMOD_MECHANISM_NO: why; else NULL */
	uint32_t set;	    /* module set id of the map that was asked */
	float confidence;   /* 0..1; 1 unless inferred */
	uint8_t trust;	    /* enum kallmod_trust */
	uint8_t kind;	    /* enum kallmod_kind */
	uint8_t mechanism;  /* enum kallmod_mechanism, never BEST */
};

struct kallmod_function_query {
	const char *const *specs; /* "MODULE:FUNCTION", as in kallmod-probe(1); at least one */
	size_t nspecs;
	const char *const *excludes; /* specs of what to leave out */
	size_t nexcludes;
	size_t limit;			  /* more functions are an error; 0: 20,000 */
	enum kallmod_mechanism mechanism; /* BEST, or the only one allowed */
};

struct kallmod_functions;

/*
 * The functions that the specs name, in address order, each address once, with what can probe
 * them. Owned by the caller; names and sets are those of ctx and map, which must outlive it.
 * -EINVAL: a spec is malformed (the line says where); -ENOENT: one matches nothing (the line has
 * the nearest names); -E2BIG: more than the limit.
 */
int kallmod_functions_find(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			   const struct kallmod_function_query *query,
			   struct kallmod_functions **ret);
void kallmod_functions_destroy(struct kallmod_functions *functions);
/* All of them, kallmod_functions_count() in a row. Owned by functions. */
const struct kallmod_function *kallmod_functions_array(const struct kallmod_functions *functions);
size_t kallmod_functions_count(const struct kallmod_functions *functions);

/* "multi", "kprobe", "fentry", "unknown", "no", "best" */
const char *kallmod_mechanism_name(enum kallmod_mechanism mechanism);

/* ---- attaching ------------------------------------------------------------------------ */

struct bpf_program;

/*
 * What a probe runs, by mechanism: programs of one object that the caller has opened. A NULL
 * for a mechanism leaves the functions that need it out (they are skipped and counted).
 * In each of them bpf_get_attach_cookie() is the function's cookie.
 */
struct kallmod_probe_programs {
	struct bpf_program *multi, *multi_return;   /* SEC("kprobe.multi"), SEC("kretprobe.multi") */
	struct bpf_program *kprobe, *kprobe_return; /* SEC("kprobe"), SEC("kretprobe") */
	struct bpf_program *fentry, *fexit;	    /* SEC("fentry"), SEC("fexit") */
};

struct kallmod_attach_options {
	struct kallmod_probe_programs programs;
	const uint64_t *cookies; /* one for each function; NULL: its index */
	/*
	 * More probes of their own (kprobe, fentry) are an error; 0: 500. For those that are
	 * needed the soft RLIMIT_NOFILE is raised as far as it may be.
	 */
	size_t kprobe_limit;
	/* Called now and then while single probes come and go; NULL: not. */
	void (*progress)(void *arg, size_t done, size_t total);
	void *progress_arg;
};

struct kallmod_attachment;

/*
 * Between open and load: has those programs loaded that functions (n of them) need and the
 * kernel has, and no others.
 */
int kallmod_attach_prepare(struct kallmod_ctx *ctx, const struct kallmod_function *functions,
			   size_t n, const struct kallmod_attach_options *options);
/*
 * Attaches to n functions. One that the kernel refuses never fails the others: it is skipped,
 * counted, and kallmod_attachment_skipped() says why. Owned by the caller; functions' strings
 * must outlive it. The kernel detaches by itself what a killed process leaves.
 * -ENOENT: none could be attached; -E2BIG: over kprobe_limit (the line has the time that it
 * would take); -EPERM; -EOPNOTSUPP.
 */
int kallmod_attach(struct kallmod_ctx *ctx, const struct kallmod_function *functions, size_t n,
		   const struct kallmod_attach_options *options, struct kallmod_attachment **ret);
/* Detaches, which takes 50 to 100 ms for each single probe. NULL is fine. */
void kallmod_attachment_destroy(struct kallmod_attachment *attachment);
/* Functions attached by this mechanism. */
size_t kallmod_attachment_count(const struct kallmod_attachment *attachment,
				enum kallmod_mechanism mechanism);
/* Why function index was not attached; NULL: it was. */
const char *kallmod_attachment_skipped(const struct kallmod_attachment *attachment,
				       size_t index);
/*
 * Hits that the kernel did not pass on (recursion, no free return probe); 0 where it does not say.
 * What a program missed is counted for each attachment that it serves at the time.
 */
uint64_t kallmod_attachment_missed(const struct kallmod_attachment *attachment);

/* ---- BPF tables --------------------------------------------------------------------- */

struct bpf_object;
struct kallmod_tables;

/*
 * The lookup tables for BPF programs that include kallmod.bpf.h. Use, with libbpf:
 *
 *	kallmod_tables_create(ctx, map, &tables);
 *	object = …__open();   kallmod_tables_prepare(tables, object);
 *	…__load(object);      kallmod_tables_fill(tables, object);
 *
 * and, when the object also includes gate.bpf.h and kallmod_tables_stale() says so, build the
 * next generation of the map and hand it to kallmod_tables_update().
 *
 * ctx and map must outlive the call only; object must outlive the tables' use of it. With a
 * live context the tables cover loadable modules and JIT-compiled BPF too.
 * -EINVAL: the map has no text; -E2BIG: it does not fit 15-bit numbers; -ENOMEM.
 */
int kallmod_tables_create(struct kallmod_ctx *ctx, const struct kallmod_map *map,
			  struct kallmod_tables **ret);
void kallmod_tables_destroy(struct kallmod_tables *tables);
/* Sizes the object's maps; call between open and load. -ENOENT: it has no kallmod.bpf.h. */
int kallmod_tables_prepare(struct kallmod_tables *tables, struct bpf_object *object);
/* Writes the tables into the loaded object's maps and opens the gate. */
int kallmod_tables_fill(struct kallmod_tables *tables, struct bpf_object *object);
/* True when modules were loaded or unloaded since the last fill or update. */
bool kallmod_tables_stale(const struct kallmod_tables *tables);
/*
 * Rewrites the module area in the kernel from a later generation of the map, behind the
 * closed gate; while it does, addresses there are unresolved. since is kallmod_tables_gate()
 * as it was before the new map was built: changes after that leave the gate closed.
 * -E2BIG: too many new module sets since the tables were made.
 */
int kallmod_tables_update(struct kallmod_tables *tables, const struct kallmod_map *map,
			  uint32_t since);
uint32_t kallmod_tables_gate(const struct kallmod_tables *tables);
/* Bytes of kernel memory that serve kernel text, and those that serve the module area. */
void kallmod_tables_bytes(const struct kallmod_tables *tables, size_t *text_ret,
			  size_t *modules_ret);

#ifdef __cplusplus
}
#endif
#endif
