// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_log.h"
#include "probe_args.h"

enum { MODULES_MAX = 64, DEPTH = 32 };

/* The type of a function, as far as it is known. */
struct prototype {
	bool asked;
	const struct btf *btf; /* NULL: there is none */
	const struct btf_type *type;
};

struct kallmod_probe_args {
	struct btf *kernel; /* NULL: none */
	struct module_btf {
		char name[64];
		struct btf *btf; /* NULL: none */
	} modules[MODULES_MAX];
	size_t nmodules;
	struct prototype *functions;
	size_t n;
};

int kallmod_probe_args_create(const char *btf_path, struct kallmod_probe_args **ret)
{
	libbpf_print_fn_t print = kallmod_bpf_log_begin();
	struct kallmod_probe_args *args = calloc(1, sizeof(*args));

	if (args)
		args->kernel = btf_path ? btf__parse(btf_path, NULL) : btf__load_vmlinux_btf();
	libbpf_set_print(print);
	if (!args)
		return -ENOMEM;
	*ret = args;
	return 0;
}

void kallmod_probe_args_destroy(struct kallmod_probe_args *args)
{
	if (!args)
		return;
	for (size_t i = 0; i < args->nmodules; i++)
		btf__free(args->modules[i].btf);
	btf__free(args->kernel);
	free(args->functions);
	free(args);
}

/* ---- finding a function's type ------------------------------------------------------------ */

static const struct btf *module_btf(struct kallmod_probe_args *args, const char *name)
{
	struct module_btf *module;
	libbpf_print_fn_t print;

	for (size_t i = 0; i < args->nmodules; i++)
		if (!strcmp(args->modules[i].name, name))
			return args->modules[i].btf;
	if (args->nmodules == MODULES_MAX || strlen(name) >= sizeof(module->name) ||
	    !args->kernel)
		return NULL;
	module = &args->modules[args->nmodules++];
	strcpy(module->name, name);
	print = kallmod_bpf_log_begin();
	module->btf = btf__load_module_btf(name, args->kernel);
	libbpf_set_print(print);
	return module->btf;
}

static bool same_prototype(const struct btf_type *a, const struct btf_type *b)
{
	return a == b || (a->type == b->type && btf_vlen(a) == btf_vlen(b) &&
			  !memcmp(btf_params(a), btf_params(b),
				  btf_vlen(a) * sizeof(struct btf_param)));
}

/*
 * The type of the function of this name, of types from first on. Static functions of several
 * files may have one name: if their types differ, it is not known which is ours.
 */
static const struct btf_type *find_function(const struct btf *btf, uint32_t first,
					    const char *name)
{
	const struct btf_type *found = NULL;

	for (uint32_t id = first; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id), *prototype;

		if (!btf_is_func(type) || strcmp(btf__name_by_offset(btf, type->name_off), name))
			continue;
		prototype = btf__type_by_id(btf, type->type);
		if (!prototype || !btf_is_func_proto(prototype) ||
		    (found && !same_prototype(found, prototype)))
			return NULL;
		found = prototype;
	}
	return found;
}

/* What the compiler appends to a name when it makes a variant with other arguments. */
static bool is_variant(const char *name)
{
	return strstr(name, ".isra.") || strstr(name, ".constprop.") || strstr(name, ".part.");
}

static void ask(struct kallmod_probe_args *args, struct prototype *into, const char *function,
		const char *module)
{
	const struct btf *btf = module ? module_btf(args, module) : args->kernel;

	into->asked = true;
	if (!btf || is_variant(function))
		return;
	into->type = find_function(btf, module && args->kernel ? btf__type_cnt(args->kernel) : 1,
				   function);
	into->btf = into->type ? btf : NULL;
}

static const struct prototype *prototype_of(struct kallmod_probe_args *args, size_t index,
					    const char *function, const char *module)
{
	static const struct prototype none;
	size_t wanted = index + 256;
	struct prototype *larger;

	if (index >= args->n) {
		larger = reallocarray(args->functions, wanted, sizeof(*larger));
		if (!larger)
			return &none;
		memset(larger + args->n, 0, (wanted - args->n) * sizeof(*larger));
		args->functions = larger;
		args->n = wanted;
	}
	if (!args->functions[index].asked)
		ask(args, &args->functions[index], function, module);
	return &args->functions[index];
}

/* ---- types -------------------------------------------------------------------------------- */

static const char *name_of(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	return name && *name ? name : "(anonymous)";
}

/* Without typedef, const and the like; NULL: void, or a ring. */
static const struct btf_type *plain(const struct btf *btf, uint32_t id)
{
	for (int i = 0; id && i < DEPTH; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!type)
			return NULL;
		if (!btf_is_mod(type) && !btf_is_typedef(type) && !btf_is_type_tag(type))
			return type;
		id = type->type;
	}
	return NULL;
}

/* "struct inode *", "const char *", "u32". */
static void type_name(const struct btf *btf, uint32_t id, char *text, size_t size)
{
	const char *prefix = "", *suffix = "";
	const struct btf_type *type = id ? btf__type_by_id(btf, id) : NULL;
	int stars = 0;

	for (int i = 0; type && i < DEPTH && (btf_is_ptr(type) || btf_is_mod(type) || btf_is_type_tag(type));
	     i++) {
		stars += btf_is_ptr(type);
		if (btf_is_const(type) && (!type->type || !btf_is_ptr(btf__type_by_id(btf, type->type))))
			prefix = "const ";
		type = type->type ? btf__type_by_id(btf, type->type) : NULL;
	}
	suffix = &"****"[stars < 4 ? 4 - stars : 0];
	if (!type)
		snprintf(text, size, "%svoid%s%s", prefix, stars ? " " : "", suffix);
	else if (btf_is_func_proto(type))
		snprintf(text, size, "function %s", suffix);
	else
		snprintf(text, size, "%s%s%s%s%s", prefix,
			 btf_is_struct(type) || (btf_is_fwd(type) && !btf_kflag(type)) ? "struct " :
			 btf_is_union(type) || btf_is_fwd(type)			       ? "union " :
			 btf_is_any_enum(type)					       ? "enum " :
											 "",
			 name_of(btf, type), stars ? " " : "", suffix);
}

/* Registers that an argument takes; 0: it is in memory, and we do not have it. */
static int registers_of(const struct btf_type *type)
{
	if (!type || btf_is_ptr(type))
		return 1;
	if (type->size > 16)
		return 0;
	return type->size > 8 ? 2 : 1;
}

/* ---- values ------------------------------------------------------------------------------- */

/* The lowest bytes of value, extended. */
static int64_t extend(uint64_t value, uint32_t bytes, bool sign)
{
	int shift = bytes && bytes < 8 ? 64 - 8 * bytes : 0;

	return sign ? (int64_t)(value << shift) >> shift : (int64_t)(value << shift >> shift);
}

static const char *enum_name(const struct btf *btf, const struct btf_type *type, int64_t value)
{
	const struct btf_enum64 *wide = btf_enum64(type);
	const struct btf_enum *narrow = btf_enum(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		bool is_wide = btf_kind(type) == BTF_KIND_ENUM64;

		if (is_wide && (int64_t)btf_enum64_value(&wide[i]) == value)
			return btf__name_by_offset(btf, wide[i].name_off);
		if (!is_wide && narrow[i].val == (int32_t)value)
			return btf__name_by_offset(btf, narrow[i].name_off);
	}
	return NULL;
}

static void format_int(const struct btf_type *type, uint64_t raw, bool returned, char *text)
{
	bool sign = btf_int_encoding(type) & BTF_INT_SIGNED;
	int64_t value = extend(raw, type->size, sign);
	const char *error = returned && value < 0 && value >= -4095 ? strerrorname_np(-value) : NULL;

	if (btf_int_encoding(type) & BTF_INT_BOOL)
		snprintf(text, KALLMOD_PROBE_VALUE, "%s", value & 0xff ? "true" : "false");
	else if (error)
		snprintf(text, KALLMOD_PROBE_VALUE, "%" PRId64 " (%s)", value, error);
	else if (sign)
		snprintf(text, KALLMOD_PROBE_VALUE, "%" PRId64, value);
	else
		snprintf(text, KALLMOD_PROBE_VALUE, "%" PRIu64, (uint64_t)value);
}

static void format_value(const struct btf *btf, uint32_t id, uint64_t raw, bool returned,
			 struct kallmod_probe_value *into)
{
	const struct btf_type *type = plain(btf, id);
	const char *name = NULL;

	type_name(btf, id, into->type, sizeof(into->type));
	into->pointer = type && btf_is_ptr(type);
	if (type && btf_is_int(type)) {
		format_int(type, raw, returned, into->text);
		return;
	}
	if (type && btf_is_any_enum(type))
		name = enum_name(btf, type, extend(raw, type->size, btf_kflag(type)));
	else if (returned && into->pointer && raw >= (uint64_t)-4095)
		name = strerrorname_np(-(int64_t)raw);
	if (name && into->pointer)
		snprintf(into->text, sizeof(into->text), "ERR_PTR(-%s)", name);
	else if (name)
		snprintf(into->text, sizeof(into->text), "%s", name);
	else if (type && btf_is_any_enum(type))
		snprintf(into->text, sizeof(into->text), "%" PRId64,
			 extend(raw, type->size, btf_kflag(type)));
	else
		snprintf(into->text, sizeof(into->text), "0x%" PRIx64, raw);
}

/* Without a type: all registers, as they are. */
static void format_raw(const struct kallmod_call_record *record,
		       struct kallmod_probe_values *into)
{
	into->nargs = KALLMOD_PROBE_ARGS;
	for (size_t i = 0; i < KALLMOD_PROBE_ARGS; i++)
		snprintf(into->args[i].text, KALLMOD_PROBE_VALUE, "0x%" PRIx64,
			 (uint64_t)record->args[i]);
	into->has_value = true;
	snprintf(into->value.text, KALLMOD_PROBE_VALUE, "0x%" PRIx64, (uint64_t)record->value);
}

void kallmod_probe_args_format(struct kallmod_probe_args *args, size_t index,
			       const char *function, const char *module,
			       const struct kallmod_call_record *record,
			       struct kallmod_probe_values *ret)
{
	const struct prototype *prototype = prototype_of(args, index, function, module);
	const struct btf *btf = prototype->btf;
	const struct btf_param *params;
	size_t reg = 0;

	memset(ret, 0, sizeof(*ret));
	if (!btf) {
		format_raw(record, ret);
		return;
	}
	params = btf_params(prototype->type);
	for (int i = 0; i < btf_vlen(prototype->type) && ret->nargs < KALLMOD_PROBE_ARGS; i++) {
		struct kallmod_probe_value *into = &ret->args[ret->nargs];
		int registers = registers_of(plain(btf, params[i].type));
		const char *name = btf__name_by_offset(btf, params[i].name_off);

		/* Type 0 is the "…" of variadic functions. */
		if (!params[i].type || reg + registers > KALLMOD_PROBE_ARGS)
			break;
		snprintf(into->name, sizeof(into->name), "%s", name ? name : "");
		format_value(btf, params[i].type, record->args[reg], false, into);
		if (!registers)
			snprintf(into->text, sizeof(into->text), "?");
		reg += registers;
		ret->nargs++;
	}
	ret->has_value = plain(btf, prototype->type->type) != NULL;
	if (ret->has_value)
		format_value(btf, prototype->type->type, record->value, true, &ret->value);
}
