// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Which version is the kernel like? Functions come and go, and the names of those that are
 * in the kernel tell between which releases it lies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sigset_priv.h"

int kallmod_sig_version(const char *release)
{
	int major, minor;

	return sscanf(release, "%3d.%3d", &major, &minor) == 2 ? major * 200 + minor * 10 : 0;
}

enum {
	SAMPLE = 4, /* every fourth symbol is enough */
	/*
	 * A kernel that says it is another version than its functions look like, by so much, has
	 * much taken back into it, as distributions do; the estimate itself may be off by half of
	 * that.
	 */
	TRUSTED = 80,
};

/* How many names release i has and release j has not. */
struct likeness {
	uint32_t lacks[KALLMOD_SIG_MAX_RELEASES][KALLMOD_SIG_MAX_RELEASES];
};

/* The releases whose core is known: only these can be compared with a whole kernel. */
static uint32_t whole_releases(const struct kallmod_sigset_member *member)
{
	uint32_t releases = 0;

	for (size_t i = 0; i < member->file.header->nposts; i++)
		if ((member->file.posts[i] & 0xffff) >= member->file.header->nmodules)
			releases |= member->file.posts[i] >> 16;
	return releases & (member->own & releases ? member->own : member->releases);
}

static int version_at(const struct kallmod_sigset_member *member, size_t release)
{
	return kallmod_sig_version(kallmod_sigfile_release(&member->file, release));
}

/* Counts a name that the whole releases of the mask have. */
static void count_name(uint32_t has, uint32_t whole, struct likeness *likeness)
{
	if (has == whole)
		return;
	for (uint32_t i = has; i; i &= i - 1)
		for (uint32_t j = whole & ~has; j; j &= j - 1)
			likeness->lacks[__builtin_ctz(i)][__builtin_ctz(j)]++;
}

static uint32_t releases_of(const uint32_t *posts, size_t n)
{
	uint32_t releases = 0;

	for (size_t i = 0; i < n; i++)
		releases |= posts[i] >> 16;
	return releases;
}

/* Of the kernel's names, and of all names that are known. */
static void count_names(const struct kallmod_sigset_member *member, uint32_t whole,
			const struct kallmod_symbols *symbols, struct likeness *kernel,
			struct likeness *all)
{
	const struct kallmod_sigfile *file = &member->file;

	for (size_t i = 0; i < kallmod_symbols_count(symbols); i += SAMPLE) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		const uint32_t *posts;
		const char *start;
		size_t length, n;
		bool cold;

		if (symbol->module || !kallmod_symbol_is_text(symbol))
			continue;
		length = kallmod_sig_normalise(symbol->name, &start, &cold);
		n = kallmod_sigfile_find(file, kallmod_sig_hash(start, length), &posts);
		count_name(releases_of(posts, n) & whole, whole, kernel);
	}
	for (size_t i = 0; i < file->header->nnames; i += SAMPLE)
		count_name(releases_of(file->posts + file->posts_at[i],
				       file->posts_at[i + 1] - file->posts_at[i]) & whole,
			   whole, all);
}

/*
 * Along the releases from old to new: between two neighbours the kernel is as far from the old
 * one as its share of what came is over its share of what went.
 */
static int estimate(const struct kallmod_sigset_member *member, uint32_t whole,
		    const struct likeness *kernel, const struct likeness *all)
{
	int old = -1, version = 0;

	while (whole) {
		int new = __builtin_ctz(whole);
		double a, b, part;

		for (uint32_t i = whole; i; i &= i - 1)
			if (version_at(member, __builtin_ctz(i)) < version_at(member, new))
				new = __builtin_ctz(i);
		whole &= ~(1u << new);
		if (old < 0) {
			version = version_at(member, new);
		} else {
			a = kernel->lacks[old][new] / (all->lacks[old][new] + 1.);
			b = kernel->lacks[new][old] / (all->lacks[new][old] + 1.);
			/* Names come back and go astray: the ends of the scale are never seen. */
			part = a + b > 0 ? (b / (a + b) - .1) / .8 : .5;
			part = part < 0 ? 0 : part > 1 ? 1 : part;
			version += part * (version_at(member, new) - version_at(member, old));
		}
		old = new;
	}
	return version;
}

/* The version that the kernel says it is; 0: that of another kernel is all there is. */
static int stated_version(struct kallmod_ctx *ctx)
{
	bool known = kallmod_ctx_get(ctx, KALLMOD_OPT_RELEASE) || kallmod_ctx_running(ctx);

	return known ? kallmod_sig_version(kallmod_ctx_release(ctx)) : 0;
}

/* Older or newer than all releases, where the estimate cannot go. */
static bool is_beyond(const struct kallmod_sigset *set, int version)
{
	bool older = true, newer = true;

	for (size_t i = 0; i < set->nmembers; i++) {
		const struct kallmod_sigset_member *member = &set->members[i];

		for (uint32_t k = member->releases; k; k &= k - 1) {
			int at = version_at(member, __builtin_ctz(k));

			older &= version < at;
			newer &= version > at;
		}
	}
	return older || newer;
}

/* Of two as far the older one is nearer: more comes than goes. */
static uint16_t distance(int release, int version)
{
	return 2 * abs(release - version) + (release > version);
}

/* Measures how far the releases are from what the kernel is like. */
void kallmod_sigset_measure(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	int stated;

	for (size_t i = 0; i < set->nmembers; i++) {
		struct kallmod_sigset_member *member = &set->members[i];
		uint32_t whole = whole_releases(member);
		struct likeness kernel = {}, all = {};

		if (!whole || set->version)
			continue;
		count_names(member, whole, symbols, &kernel, &all);
		if (memcmp(&kernel, &(struct likeness){}, sizeof(kernel)))
			set->version = estimate(member, whole, &kernel, &all);
	}
	stated = stated_version(set->ctx);
	if (!set->version || (stated && (abs(stated - set->version) <= TRUSTED ||
					 is_beyond(set, stated))))
		set->version = stated;
	kallmod_log(set->ctx, KALLMOD_LOG_DEBUG, "signatures: by its names this is a kernel %d.%d",
		    set->version / 200, set->version % 200 / 10);
	for (size_t i = 0; set->version && i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nreleases; k++)
			set->members[i].far[k] =
				distance(version_at(&set->members[i], k), set->version);
}
