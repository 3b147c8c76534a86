// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Which modules can be in the kernel at hand: by its modules.builtin, or by what is loaded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "module_names.h"
#include "sigset_priv.h"

/* "net/unix/unix.o" → "unix", with '_' for '-'. malloc'ed. */
static char *name_of(const char *object)
{
	const char *slash = strrchr(object, '/');
	char *name = strdup(slash ? slash + 1 : object);
	size_t length = name ? strlen(name) : 0;

	for (size_t i = 0; i < length; i++)
		name[i] = kallmod_module_letter(name[i]);
	if (length > 2)
		name[length - 2] = '\0';
	return name;
}

int kallmod_sigset_read_builtin(struct kallmod_sigset *set)
{
	struct kallmod_module_names names = KALLMOD_MODULE_NAMES_EMPTY;
	cleanup_free char *path = NULL;
	bool known;
	int err = kallmod_module_names_builtin(set->ctx, &names, &known);

	kallmod_module_names_free(&names);
	if (err || !known)
		return err;
	err = kallmod_module_names_builtin_path(set->ctx, &path);
	if (!err)
		err = kallmod_builtin_paths_read(set->ctx, path, &set->builtin);
	if (err)
		return err;
	set->builtin_names = calloc(set->builtin.n + 1, sizeof(*set->builtin_names));
	for (size_t i = 0; set->builtin_names && i < set->builtin.n; i++, set->nbuiltin++) {
		set->builtin_names[i] = name_of(set->builtin.paths[i].object);
		if (!set->builtin_names[i])
			break;
	}
	return set->builtin_names && set->nbuiltin == set->builtin.n ?
		       0 :
		       kallmod_fail(set->ctx, -ENOMEM, "out of memory");
}

void kallmod_sigset_free_builtin(struct kallmod_sigset *set)
{
	for (size_t i = 0; i < set->nbuiltin; i++)
		free(set->builtin_names[i]);
	free(set->builtin_names);
	kallmod_builtin_paths_deinit(&set->builtin);
}

/* ---- what can be built in -------------------------------------------------------------- */

int kallmod_sigset_apply_builtin(struct kallmod_sigset *set)
{
	int err = 0;

	if (!set->nbuiltin)
		return 0;
	for (size_t i = 0; i < set->nmodules; i++)
		set->modules[i].allowed = false;
	for (size_t i = 0; i < set->nbuiltin; i++) {
		struct kallmod_sigset_module *module =
			kallmod_sigset_find_module(set, set->builtin_names[i]);

		module->allowed = true;
		if (set->builtin.paths[i].line < module->line)
			module->line = set->builtin.paths[i].line;
		module->far = 0;
		module->lacking = UINT16_MAX;
	}
	for (size_t i = 0; !err && i < set->nmembers; i++)
		err = kallmod_sigset_claim_objects(set, &set->members[i]);
	return err ? kallmod_fail(set->ctx, err, "out of memory") : 0;
}

int kallmod_sigset_drop_loaded(struct kallmod_sigset *set)
{
	struct kallmod_module_names loaded = KALLMOD_MODULE_NAMES_EMPTY;
	int err = kallmod_ctx_live(set->ctx) ? kallmod_module_names_loaded(set->ctx, &loaded) : 0;

	for (size_t i = 0; !err && i < set->nmodules; i++)
		if (loaded.count && kallmod_module_names_has(&loaded, set->modules[i].name))
			set->modules[i].allowed = false;
	kallmod_module_names_free(&loaded);
	return err;
}
