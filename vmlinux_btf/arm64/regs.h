/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs read of the registers of a perf event's or a kprobe's context. */
#ifndef KALLMOD_REGS_H
#define KALLMOD_REGS_H

#define KALLMOD_REGS_IP(regs) ((regs)->pc)
/* Exception level 0 in PSTATE, as the kernel's user_mode(). */
#define KALLMOD_REGS_USER(regs) (((regs)->pstate & 0xf) == 0)

/* At a function's entry: stack pointer and arguments; and what it returns. */
#define KALLMOD_REGS_SP(r) ((r)->sp)
#define KALLMOD_REGS_ARG0(r) ((r)->regs[0])
#define KALLMOD_REGS_ARG1(r) ((r)->regs[1])
#define KALLMOD_REGS_ARG2(r) ((r)->regs[2])
#define KALLMOD_REGS_ARG3(r) ((r)->regs[3])
#define KALLMOD_REGS_ARG4(r) ((r)->regs[4])
#define KALLMOD_REGS_ARG5(r) ((r)->regs[5])
#define KALLMOD_REGS_VALUE(r) ((r)->regs[0])

#endif
