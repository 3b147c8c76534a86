// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perf_event.h"

struct event_name {
	const char *name;
	uint32_t type;
	uint64_t config;
};

static const struct event_name event_names[] = {
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
	{"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
	{"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
	{"bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES},
	{"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES},
	{"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
	{"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
	{"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
	{"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
	{"alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS},
	{"emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS},
};

const char *kallmod_perf_event_names(void)
{
	return "cycles instructions cache-references cache-misses branches branch-misses "
	       "bus-cycles ref-cycles cpu-clock task-clock page-faults minor-faults "
	       "major-faults context-switches cpu-migrations alignment-faults "
	       "emulation-faults rHEX";
}

static bool find_name(const char *name, size_t length, struct perf_event_attr *attr)
{
	for (size_t i = 0; i < sizeof(event_names) / sizeof(event_names[0]); i++) {
		const struct event_name *event = &event_names[i];

		if (strlen(event->name) == length && !strncmp(name, event->name, length)) {
			attr->type = event->type;
			attr->config = event->config;
			return true;
		}
	}
	return false;
}

static bool parse_raw(const char *name, size_t length, struct perf_event_attr *attr)
{
	char digits[17] = "";

	if (length < 2 || length > 17 || name[0] != 'r')
		return false;
	memcpy(digits, name + 1, length - 1);
	if (strspn(digits, "0123456789abcdefABCDEF") != length - 1)
		return false;
	attr->type = PERF_TYPE_RAW;
	attr->config = strtoull(digits, NULL, 16);
	return true;
}

int kallmod_perf_event_parse(struct kallmod_ctx *ctx, const char *name,
			     struct perf_event_attr *attr)
{
	size_t length = strcspn(name, ":"), precise = 0;

	if (name[length] == ':')
		precise = strlen(name + length + 1);
	if (name[length] == ':' &&
	    (precise < 1 || precise > 3 || strspn(name + length + 1, "p") != precise))
		return kallmod_fail(ctx, -EINVAL,
				    "event %s: the modifier is one of :p :pp :ppp", name);
	if (!find_name(name, length, attr) && !parse_raw(name, length, attr))
		return kallmod_fail(ctx, -EINVAL, "event %s: not known; use one of: %s", name,
				    kallmod_perf_event_names());
	attr->precise_ip = precise;
	/* Precise samples bring their stack along, or attaching a BPF program fails. */
	if (precise)
		attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	return 0;
}

int kallmod_perf_event_open(struct perf_event_attr *attr, int cpu)
{
	int fd = syscall(__NR_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int kallmod_perf_event_fail(struct kallmod_ctx *ctx, int err, const char *name)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return kallmod_fail(ctx, err,
				    "perf event %s: not permitted; run as root, or with CAP_PERFMON and CAP_BPF",
				    name);
	case ENOSYS:
		return kallmod_fail(ctx, err,
				    "perf event %s: this kernel has no perf events (CONFIG_PERF_EVENTS); sampling is not possible on it",
				    name);
	case ENOENT:
	case EOPNOTSUPP:
	case ENODEV:
		return kallmod_fail(ctx, err,
				    "perf event %s: this machine does not have it; use -e cpu-clock",
				    name);
	default:
		return kallmod_fail(ctx, err, "perf event %s: %s", name, strerror(-err));
	}
}

static bool parse_number(const char **text, unsigned long *ret)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*ret = strtoul(*text, &end, 10);
	*text = end;
	return *ret < CPU_SETSIZE;
}

int kallmod_cpu_list_parse(struct kallmod_ctx *ctx, const char *list, cpu_set_t *ret)
{
	const char *at = list;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	do {
		unsigned long first, last;

		if (!parse_number(&at, &first))
			goto bad;
		last = first;
		if (*at == '-' && (at++, !parse_number(&at, &last)))
			goto bad;
		for (; first <= last; first++)
			CPU_SET(first, &cpus);
	} while (*at == ',' && *++at);
	if ((*at && *at != '\n') || !CPU_COUNT(&cpus))
		goto bad;
	*ret = cpus;
	return 0;
bad:
	return kallmod_fail(ctx, -EINVAL, "CPU list %s: write it like 0,2-5 (CPUs up to %d)",
			    list, CPU_SETSIZE - 1);
}

int kallmod_cpu_online(struct kallmod_ctx *ctx, cpu_set_t *ret)
{
	static const char path[] = "/sys/devices/system/cpu/online";
	FILE *file = fopen(path, "re");
	char line[4096] = "";

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
		return kallmod_cpu_list_parse(ctx, line, ret);
	}
	/* No sysfs, as in a bare container: the CPUs that this process may run on. */
	if (sched_getaffinity(0, sizeof(*ret), ret))
		return kallmod_fail(ctx, -errno, "%s: cannot be read", path);
	return 0;
}
