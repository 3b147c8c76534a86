/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sampler reads of the registers of a perf event's context. */
#ifndef KALLMOD_REGS_H
#define KALLMOD_REGS_H

#define KALLMOD_REGS_IP(regs) ((regs)->ip)
/* The privilege level of the code segment, as the kernel's user_mode(): the vsyscall page is
 * user code at a kernel address. */
#define KALLMOD_REGS_USER(regs) (((regs)->cs & 3) != 0)

#endif
