/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Perf events by name, and lists of CPUs, as profilers' users write them. */
#ifndef KALLMOD_PERF_EVENT_H
#define KALLMOD_PERF_EVENT_H

#include <linux/perf_event.h>
#include <sched.h>

#include "ctx.h"

/*
 * Fills type, config and precise_ip of attr from a name: a hardware or software event,
 * rHEX (raw), each with :p, :pp or :ppp. -EINVAL, with a line that lists the names.
 */
int kallmod_perf_event_parse(struct kallmod_ctx *ctx, const char *name,
			     struct perf_event_attr *attr);
/* The list of all event names for --help, blank-separated. */
const char *kallmod_perf_event_names(void);
/* perf_event_open(2) for one CPU, any process; the fd, or a negative errno. */
int kallmod_perf_event_open(struct perf_event_attr *attr, int cpu);
/* One line for the errno of a failed open: what is missing and what to do. */
int kallmod_perf_event_fail(struct kallmod_ctx *ctx, int err, const char *name);

/*
 * CPUs of a list like "0,2-5", as the kernel writes them. -EINVAL names the list.
 * Numbers past CPU_SETSIZE - 1 are refused.
 */
int kallmod_cpu_list_parse(struct kallmod_ctx *ctx, const char *list, cpu_set_t *ret);
/* CPUs that are online now, from /sys/devices/system/cpu/online. */
int kallmod_cpu_online(struct kallmod_ctx *ctx, cpu_set_t *ret);

#endif
