// SPDX-License-Identifier: GPL-2.0-only
/* syscalls N: nanoseconds per getppid(2), the cheapest way into the kernel, over N of them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t start;

	if (!n)
		return 2;
	start = kallmod_now_ns();
	for (unsigned long i = 0; i < n; i++)
		syscall(SYS_getppid);
	printf("%.1f\n", (double)(kallmod_now_ns() - start) / n);
	return 0;
}
