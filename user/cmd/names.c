// SPDX-License-Identifier: GPL-2.0-only
#include "clock.h"
#include "ctx.h"
#include "names.h"
#include "symbols_sizes.h"

/* The wait doubles: names that are not in kallsyms must not keep us reading. */
static const uint64_t first_wait_ns = 1000000000, last_wait_ns = 60 * 1000000000ull;

int kallmod_names_init(struct kallmod_names *names, struct kallmod_ctx *ctx)
{
	int err = 0;

	*names = (struct kallmod_names){.read_ns = kallmod_now_ns(), .wait_ns = first_wait_ns,
					.live = kallmod_ctx_live(ctx)};
	/* Debug information takes its time to read: it is for those who name it. */
	if (kallmod_ctx_get(ctx, KALLMOD_OPT_VMLINUX))
		err = kallmod_ctx_symbol_sizes(ctx);
	return err ? err : kallmod_ctx_symbols(ctx, &names->symbols);
}

/* Takes over what the thread has read; on failure the old symbols stay. */
static void collect(struct kallmod_names *names)
{
	pthread_join(names->thread, NULL);
	names->reading = false;
	if (!names->coming_symbols) {
		kallmod_ctx_destroy(names->coming);
		return;
	}
	kallmod_ctx_destroy(names->again);
	names->again = names->coming;
	names->symbols = names->coming_symbols;
}

void kallmod_names_deinit(struct kallmod_names *names)
{
	if (names->reading)
		collect(names);
	kallmod_ctx_destroy(names->again);
	*names = (struct kallmod_names){};
}

const struct kallmod_symbols *kallmod_names_symbols(struct kallmod_names *names)
{
	if (names->reading && __atomic_load_n(&names->done, __ATOMIC_ACQUIRE))
		collect(names);
	return names->symbols;
}

static void *read_symbols(void *arg)
{
	struct kallmod_names *names = arg;

	if (kallmod_ctx_symbols(names->coming, &names->coming_symbols))
		names->coming_symbols = NULL;
	__atomic_store_n(&names->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

void kallmod_names_refresh(struct kallmod_names *names)
{
	uint64_t now = kallmod_now_ns();

	if (names->reading || !names->live || now - names->read_ns < names->wait_ns ||
	    kallmod_ctx_create(&names->coming))
		return;
	names->read_ns = now;
	names->wait_ns = names->wait_ns * 2 < last_wait_ns ? names->wait_ns * 2 : last_wait_ns;
	names->done = 0;
	names->coming_symbols = NULL;
	names->reading = !pthread_create(&names->thread, NULL, read_symbols, names);
	if (!names->reading)
		kallmod_ctx_destroy(names->coming);
}
