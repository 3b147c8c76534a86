// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command on a kernel that seems to lack a system call:
 *
 *	deny bpf|perf_event_open COMMAND [ARGUMENT]…
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number_of(const char *name)
{
	if (!strcmp(name, "bpf"))
		return __NR_bpf;
	return strcmp(name, "perf_event_open") ? -1 : __NR_perf_event_open;
}

int main(int argc, char **argv)
{
	int number = argc > 2 ? number_of(argv[1]) : -1;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (number < 0) {
		fprintf(stderr, "usage: deny bpf|perf_event_open COMMAND [ARGUMENT]...\n");
		return 2;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("deny: seccomp");
		return 2;
	}
	execvp(argv[2], &argv[2]);
	perror(argv[2]);
	return 127;
}
