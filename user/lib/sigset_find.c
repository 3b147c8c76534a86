// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What defines a function of a name, all files and releases together. */
#include <string.h>

#include "sigset_priv.h"

/* Adds a hit; a module that two files know, or two objects of the core, are one. */
static size_t add_hit(struct kallmod_sigset_hit *hits, size_t n,
		      const struct kallmod_sigset_hit *hit)
{
	for (size_t i = 0; i < n && i < KALLMOD_SIGSET_MAX_HITS; i++) {
		bool weak = hits[i].weak && hit->weak;

		if (hits[i].module != hit->module)
			continue;
		if (hit->far < hits[i].far)
			hits[i] = *hit;
		hits[i].weak = weak;
		return n;
	}
	if (n < KALLMOD_SIGSET_MAX_HITS)
		hits[n] = *hit;
	return n + 1;
}

/* The hits in one file, of the releases that the masks leave. */
struct search {
	const struct kallmod_sigset *set;
	const struct kallmod_sigset_member *member;
	struct kallmod_sigset_hit *hits;
	size_t n;
};

static void add_owner(struct search *search, uint32_t owner, uint16_t module, uint32_t in,
		      bool weak)
{
	struct kallmod_sigset_hit hit = {.module = module, .weak = weak};

	if (!in || (module != KALLMOD_SIGSET_CORE && !search->set->modules[module].allowed))
		return;
	hit.far = kallmod_sigset_nearest(search->member, in);
	hit.place = kallmod_sigfile_place(&search->member->file, owner);
	search->n = add_hit(search->hits, search->n, &hit);
}

/* An object of the kernel proper, and the module that it may be of in the kernel at hand. */
static void add_object(struct search *search, uint32_t owner, uint32_t in)
{
	const struct kallmod_sigset_member *member = search->member;
	struct kallmod_sigset_claim claim = {.module = KALLMOD_SIGSET_CORE};

	if (member->claims)
		claim = member->claims[owner - member->file.header->nmodules];
	if (claim.module == KALLMOD_SIGSET_CORE) {
		add_owner(search, owner, KALLMOD_SIGSET_CORE, in, false);
		return;
	}
	add_owner(search, owner, claim.module, in & claim.releases, !claim.sure);
	add_owner(search, owner, KALLMOD_SIGSET_CORE, in & ~claim.releases, false);
	if (!claim.sure)
		add_owner(search, owner, KALLMOD_SIGSET_CORE, in & claim.releases, true);
}

static void find_in(struct search *search, uint32_t releases, const uint32_t *posts, size_t n)
{
	const struct kallmod_sigset_member *member = search->member;

	for (size_t i = 0; i < n; i++) {
		uint32_t owner = posts[i] & 0xffff, in = posts[i] >> 16 & releases;

		if (owner < member->file.header->nmodules)
			add_owner(search, owner, member->modules[owner], in, false);
		else
			add_object(search, owner, in);
	}
}

static struct kallmod_sigset_hit *core_hit(struct kallmod_sigset_hit *hits, size_t n)
{
	for (size_t i = 0; i < n && i < KALLMOD_SIGSET_MAX_HITS; i++)
		if (hits[i].module == KALLMOD_SIGSET_CORE)
			return &hits[i];
	return NULL;
}

/*
 * Code that is a module's in one release and the core's in another: the module counts where a
 * release nearer than the core's has it as a module, were it without its functions, and does
 * not where a nearer one has no such module.
 */
static void settle_core(const struct kallmod_sigset *set, struct kallmod_sigset_hit *hits, size_t n)
{
	struct kallmod_sigset_hit *core = core_hit(hits, n);

	for (size_t i = 0; core && i < n && i < KALLMOD_SIGSET_MAX_HITS; i++) {
		const struct kallmod_sigset_module *module;

		if (&hits[i] == core)
			continue;
		module = &set->modules[hits[i].module];
		if (kallmod_sigset_doubtful(set, hits[i].module)) {
			if (hits[i].far <= core->far)
				hits[i].far = core->far + 1;
		} else if (module->far < core->far && hits[i].far >= core->far) {
			core->far = hits[i].far + 1;
		}
	}
}

/* A guess that a module has it is none where a release as near has it in the core without doubt. */
static size_t settle_weak(struct kallmod_sigset_hit *hits, size_t n)
{
	const struct kallmod_sigset_hit *core = core_hit(hits, n);
	uint16_t far = core ? core->far : 0;
	size_t kept = 0;

	if (!core || core->weak || n > KALLMOD_SIGSET_MAX_HITS)
		return n;
	for (size_t i = 0; i < n; i++)
		if (!hits[i].weak || hits[i].far < far)
			hits[kept++] = hits[i];
	return kept;
}

size_t kallmod_sigset_find(const struct kallmod_sigset *set, const char *name,
			   struct kallmod_sigset_hit *hits, uint32_t *hash_ret)
{
	const char *start;
	bool cold;
	size_t length = kallmod_sig_normalise(name, &start, &cold);
	uint32_t hash = kallmod_sig_hash(start, length);
	struct search search = {.set = set, .hits = hits};

	*hash_ret = hash ^ cold; /* a part that was moved away is no second copy */
	for (int own = 1; !search.n && own >= 0; own--) {
		for (size_t i = 0; i < set->nmembers; i++) {
			const uint32_t *posts;
			size_t n = kallmod_sigfile_find(&set->members[i].file, hash, &posts);

			search.member = &set->members[i];
			find_in(&search, own ? search.member->own : search.member->releases,
				posts, n);
		}
	}
	search.n = settle_weak(hits, search.n);
	settle_core(set, hits, search.n);
	return kallmod_sigset_apply_told(set, hash, hits, search.n);
}
