/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs read of the registers of a perf event's or a kprobe's context. */
#ifndef KALLMOD_REGS_H
#define KALLMOD_REGS_H

#define KALLMOD_REGS_IP(regs) ((regs)->ip)
/* The privilege level of the code segment, as the kernel's user_mode(): the vsyscall page is
 * user code at a kernel address. */
#define KALLMOD_REGS_USER(regs) (((regs)->cs & 3) != 0)

/* At a function's entry: stack pointer and arguments; and what it returns. */
#define KALLMOD_REGS_SP(regs) ((regs)->sp)
#define KALLMOD_REGS_ARG0(regs) ((regs)->di)
#define KALLMOD_REGS_ARG1(regs) ((regs)->si)
#define KALLMOD_REGS_ARG2(regs) ((regs)->dx)
#define KALLMOD_REGS_ARG3(regs) ((regs)->cx)
#define KALLMOD_REGS_ARG4(regs) ((regs)->r8)
#define KALLMOD_REGS_ARG5(regs) ((regs)->r9)
#define KALLMOD_REGS_VALUE(regs) ((regs)->ax)

#endif
