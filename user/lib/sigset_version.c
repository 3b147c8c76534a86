// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Which version is the kernel like? Functions come and go, at a steady pace between two
 * releases, and the names of those that are in the kernel tell when that was.
 */
#include <errno.h>
#include <math.h>
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
	SAMPLE = 65536 / 3, /* of the upper halves of hashes: every third name is enough */
	POINTS = 32, /* between two releases */
	LASTING = 2, /* names that tell whether an object is in the kernel */
	/* Nats between the least and the most likely version: with less nothing is told. */
	TELLING = 10,
	/*
	 * A kernel that says it is another version than its functions look like, by more, has
	 * much taken back into it, as distributions do. The estimate itself is off by up to 22
	 * where the nearest releases are unknown.
	 */
	TRUSTED = 60,
};

/* The part of its lasting names that the kernel has at least of an object that is in it. */
static const double present = .8;
/* The part of the names which it should not have that a kernel has, for they came back. */
static const double astray = .03;

/* The releases whose core is known, from old to new; those of one version are one. */
struct timeline {
	int versions[KALLMOD_SIG_MAX_RELEASES];
	uint32_t releases[KALLMOD_SIG_MAX_RELEASES];
	int n;
};

/* Names that are there from one release of the timeline to another, not before and after. */
struct lives {
	uint32_t known[KALLMOD_SIG_MAX_RELEASES][KALLMOD_SIG_MAX_RELEASES];
	uint32_t found[KALLMOD_SIG_MAX_RELEASES][KALLMOD_SIG_MAX_RELEASES];
};

/* Of a module's or object's names those that all releases have; of these the kernel's. */
struct lasting {
	uint32_t known, found;
};

/* One file's names, looked at for one kernel. */
struct survey {
	const struct kallmod_sigfile *file;
	struct timeline timeline;
	uint32_t whole; /* all releases of the timeline */
	uint8_t *found; /* by a name's first post: bits; owned */
	struct lasting *lasting; /* by module or object; owned */
	struct lives lives;
	/*
	 * The part of its objects' names that a kernel of the right version has, as it was
	 * configured and compiled: of those that the oldest release has, and of later ones.
	 */
	double early, late;
};

static int version_at(const struct kallmod_sigset_member *member, size_t release)
{
	return kallmod_sig_version(kallmod_sigfile_release(&member->file, release));
}

/* The releases whose core and version are known: these can be compared with a whole kernel. */
static uint32_t whole_releases(const struct kallmod_sigset_member *member)
{
	uint32_t releases = 0;

	for (size_t i = 0; i < member->file.header->nposts; i++)
		if ((member->file.posts[i] & 0xffff) >= member->file.header->nmodules)
			releases |= member->file.posts[i] >> 16;
	for (uint32_t i = releases; i; i &= i - 1)
		if (!version_at(member, __builtin_ctz(i)))
			releases &= ~(i & -i);
	return releases & (member->own & releases ? member->own : member->releases);
}

static void add_release(struct timeline *timeline, int version, uint32_t release)
{
	int at = timeline->n;

	while (at > 0 && timeline->versions[at - 1] >= version)
		at--;
	if (at == timeline->n || timeline->versions[at] != version) {
		for (int i = timeline->n++; i > at; i--) {
			timeline->versions[i] = timeline->versions[i - 1];
			timeline->releases[i] = timeline->releases[i - 1];
		}
		timeline->versions[at] = version;
		timeline->releases[at] = 0;
	}
	timeline->releases[at] |= release;
}

static int survey_init(struct survey *survey, const struct kallmod_sigset_member *member)
{
	const struct kallmod_sig_header *header = member->file.header;

	*survey = (struct survey){.file = &member->file, .whole = whole_releases(member)};
	for (uint32_t i = survey->whole; i; i &= i - 1)
		add_release(&survey->timeline, version_at(member, __builtin_ctz(i)), i & -i);
	survey->found = calloc(header->nposts / 8 + 1, 1);
	survey->lasting = calloc((size_t)header->nmodules + header->nobjects + 1,
				 sizeof(*survey->lasting));
	return survey->found && survey->lasting ? 0 : -ENOMEM;
}

static void survey_deinit(struct survey *survey)
{
	free(survey->found);
	free(survey->lasting);
}

/* Notes which of the file's names the kernel has. */
static void find_names(struct survey *survey, const struct kallmod_symbols *symbols)
{
	for (size_t i = 0; i < kallmod_symbols_count(symbols); i++) {
		const struct kallmod_symbol *symbol = kallmod_symbols_at(symbols, i);
		const uint32_t *posts;
		const char *start;
		size_t length;
		uint32_t hash;
		bool cold;

		/* Room before a function has its name, to be looked up only once. */
		if (symbol->module || !kallmod_symbol_is_text(symbol) ||
		    !strncmp(symbol->name, "__pfx_", 6))
			continue;
		length = kallmod_sig_normalise(symbol->name, &start, &cold);
		hash = kallmod_sig_hash(start, length);
		if (hash >> 16 >= SAMPLE || !kallmod_sigfile_find(survey->file, hash, &posts))
			continue;
		survey->found[(posts - survey->file->posts) / 8] |=
			1 << (posts - survey->file->posts) % 8;
	}
}

/* The releases that have a name, of the timeline; 0: it has moved, or several have it. */
static uint32_t releases_of(const struct survey *survey, size_t name, uint32_t *owner_ret)
{
	const struct kallmod_sigfile *file = survey->file;
	uint32_t releases = 0;

	for (uint32_t i = file->posts_at[name]; i < file->posts_at[name + 1]; i++) {
		uint32_t in = file->posts[i] >> 16 & survey->whole;

		if (in && releases)
			return 0;
		if (in)
			*owner_ret = file->posts[i] & 0xffff;
		releases |= in;
	}
	return releases;
}

/* The first and the last place in the timeline; false: it came back in between. */
static bool find_life(const struct timeline *timeline, uint32_t releases, int *first_ret,
		      int *last_ret)
{
	int first = 0, last = timeline->n - 1;

	while (!(timeline->releases[first] & releases))
		first++;
	while (!(timeline->releases[last] & releases))
		last--;
	for (int i = first; i <= last; i++)
		if (!(timeline->releases[i] & releases))
			return false;
	*first_ret = first;
	*last_ret = last;
	return true;
}

static bool is_present(const struct lasting *object)
{
	return object->known >= LASTING && object->found >= object->known * present;
}

/* Counts a name that lasts for its owner; or, if that is in the kernel, one that does not. */
static void count_name(struct survey *survey, size_t name, bool lasting)
{
	uint32_t at = survey->file->posts_at[name], owner = 0;
	uint32_t releases = releases_of(survey, name, &owner);
	bool found = survey->found[at / 8] >> at % 8 & 1;
	int first, last;

	if (!releases || !find_life(&survey->timeline, releases, &first, &last))
		return;
	if (first == 0 && last == survey->timeline.n - 1) {
		survey->lasting[owner].known += lasting;
		survey->lasting[owner].found += lasting && found;
	} else if (!lasting && is_present(&survey->lasting[owner])) {
		survey->lives.known[first][last]++;
		survey->lives.found[first][last] += found;
	}
}

static void count_pass(struct survey *survey, bool lasting)
{
	for (size_t i = 0; i < survey->file->index[SAMPLE]; i++)
		count_name(survey, i, lasting);
}

/* Functions whose object nobody knows, all of Rust's among them, are of many. */
static void forget_unknown(struct survey *survey)
{
	const struct kallmod_sig_header *header = survey->file->header;
	size_t end = (size_t)header->nmodules + header->nobjects;

	for (size_t i = header->nmodules; i < end; i++)
		if (!strcmp(kallmod_sigfile_name(survey->file, i), "-"))
			survey->lasting[i] = (struct lasting){};
}

static void find_shares(struct survey *survey)
{
	const struct kallmod_sig_header *header = survey->file->header;
	size_t end = (size_t)header->nmodules + header->nobjects;
	double known = 0, found = 0;

	for (size_t i = 0; i < end; i++)
		if (is_present(&survey->lasting[i])) {
			known += survey->lasting[i].known;
			found += survey->lasting[i].found;
		}
	survey->early = known > 0 ? fmin(found / known, .99) : .99;
	/* What is new hangs on options far more often: so it was in all kernels looked at. */
	survey->late = pow(survey->early, 4);
}

/*
 * What a kernel lacks as a whole says nothing where its configuration is small. So only the
 * objects count of which it has what all releases have.
 */
static void count_names(struct survey *survey)
{
	count_pass(survey, true);
	forget_unknown(survey);
	find_shares(survey);
	count_pass(survey, false);
}

/* How much of what is there from one release to another is there at a version. */
static double alive(const struct timeline *timeline, int first, int last, double version)
{
	const int *versions = timeline->versions;

	if (first > 0 && version < versions[first])
		return fmax(0, (version - versions[first - 1]) /
				       (versions[first] - versions[first - 1]));
	if (last < timeline->n - 1 && version > versions[last])
		return fmax(0, (versions[last + 1] - version) /
				       (versions[last + 1] - versions[last]));
	return 1;
}

/* How likely a kernel of that version has the names that it has: a logarithm, in nats. */
static double likelihood(const struct survey *survey, double version)
{
	const struct lives *lives = &survey->lives;
	double sum = 0;

	for (int i = 0; i < survey->timeline.n; i++)
		for (int k = i; k < survey->timeline.n; k++) {
			double share = alive(&survey->timeline, i, k, version);
			double most = i ? survey->late : survey->early;
			double p = astray + (most - astray) * share;

			sum += lives->found[i][k] * log(p) +
			       (lives->known[i][k] - lives->found[i][k]) * log(1 - p);
		}
	return sum;
}

/* The likelihoods of versions from the oldest release to the newest. */
struct scale {
	double versions[KALLMOD_SIG_MAX_RELEASES * POINTS];
	double likelihoods[KALLMOD_SIG_MAX_RELEASES * POINTS];
	double best, worst;
	int n;
};

static void scale_add(struct scale *scale, const struct survey *survey, double version)
{
	double nats = likelihood(survey, version);

	scale->best = scale->n ? fmax(scale->best, nats) : nats;
	scale->worst = scale->n ? fmin(scale->worst, nats) : nats;
	scale->versions[scale->n] = version;
	scale->likelihoods[scale->n++] = nats;
}

/*
 * The version that the names are likeliest of, a whole minor one, and the nats by which it is
 * that. What nothing tells apart is as likely, and the middle of it is taken.
 */
static double estimate(const struct survey *survey, int *ret)
{
	const struct timeline *timeline = &survey->timeline;
	struct scale scale = {};
	double sum = 0, weights = 0;

	for (int i = 0; i < timeline->n; i++) {
		const int *at = &timeline->versions[i];
		bool last = i == timeline->n - 1;
		double step = last ? 0 : (at[1] - at[0]) / (double)POINTS;

		for (int k = 0; k < (last ? 1 : POINTS); k++)
			scale_add(&scale, survey, *at + k * step);
	}
	for (int i = 0; i < scale.n; i++) {
		/* A point stands for what is around it. */
		const double *at = &scale.versions[i];
		double width = at[i + 1 < scale.n] - at[-(i > 0)];
		double weight = exp(scale.likelihoods[i] - scale.best) * width;

		sum += weight * *at;
		weights += weight;
	}
	*ret = 10 * lround(sum / weights / 10);
	return scale.best - scale.worst;
}

/* What the names say: a version between those of the oldest and the newest release known. */
struct verdict {
	int version, oldest, newest; /* version 0: nothing */
};

/* The verdict of the file whose names tell most. */
static struct verdict judge(const struct kallmod_sigset *set,
			    const struct kallmod_symbols *symbols)
{
	struct verdict verdict = {};
	double most = TELLING;

	for (size_t i = 0; i < set->nmembers; i++) {
		struct survey survey;
		const struct timeline *timeline = &survey.timeline;

		/* Without the memory for it there is no estimate. */
		if (!survey_init(&survey, &set->members[i]) && timeline->n > 1) {
			double nats;
			int version;

			find_names(&survey, symbols);
			count_names(&survey);
			nats = estimate(&survey, &version);
			if (nats >= most)
				verdict = (struct verdict){
					version, timeline->versions[0],
					timeline->versions[timeline->n - 1]};
			most = fmax(most, nats);
		}
		survey_deinit(&survey);
	}
	return verdict;
}

/* The version that the kernel says it is; 0: that of another kernel is all there is. */
static int stated_version(struct kallmod_ctx *ctx)
{
	bool known = kallmod_ctx_get(ctx, KALLMOD_OPT_RELEASE) || kallmod_ctx_running(ctx);

	return known ? kallmod_sig_version(kallmod_ctx_release(ctx)) : 0;
}

/* Which one counts. A kernel older or newer than all releases looks like the nearest one. */
static int choose_version(const struct verdict *verdict, int stated)
{
	int looks = stated < verdict->oldest ? verdict->oldest :
		    stated > verdict->newest ? verdict->newest :
					       stated;

	if (!verdict->version || (stated && abs(looks - verdict->version) <= TRUSTED))
		return stated;
	return verdict->version;
}

/*
 * In 6.4 all that cannot be a module lost its MODULE_LICENSE, and so its line in modules.builtin. What
 * is a module on one side of it is the core's on the other: so much further are these.
 */
enum { LICENSES = 6 * 200 + 40, LICENSES_FAR = 100 };

/* Of two as far the older one is nearer: more comes than goes. */
static uint16_t distance(int release, int version)
{
	int far = 2 * abs(release - version) + (release > version);

	if ((release < LICENSES) != (version < LICENSES))
		far += LICENSES_FAR;
	return far < UINT16_MAX ? far : UINT16_MAX - 1;
}

static void log_version(struct kallmod_ctx *ctx, const struct verdict *verdict, int version)
{
	if (verdict->version)
		kallmod_log(ctx, KALLMOD_LOG_DEBUG,
			    "signatures: by its names this is a kernel %d.%d, taken as %d.%d",
			    verdict->version / 200, verdict->version % 200 / 10, version / 200,
			    version % 200 / 10);
	else if (version)
		kallmod_log(ctx, KALLMOD_LOG_DEBUG,
			    "signatures: names do not tell the version, taken as %d.%d",
			    version / 200, version % 200 / 10);
	else
		kallmod_log(ctx, KALLMOD_LOG_DEBUG,
			    "signatures: nothing tells the version, all releases count alike");
}

/* Measures how far the releases are from what the kernel is like. */
void kallmod_sigset_measure(struct kallmod_sigset *set, const struct kallmod_symbols *symbols)
{
	struct verdict verdict = judge(set, symbols);

	set->version = choose_version(&verdict, stated_version(set->ctx));
	log_version(set->ctx, &verdict, set->version);
	for (size_t i = 0; set->version && i < set->nmembers; i++)
		for (size_t k = 0; k < set->members[i].file.header->nreleases; k++)
			set->members[i].far[k] =
				distance(version_at(&set->members[i], k), set->version);
}
