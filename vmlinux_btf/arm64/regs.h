/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sampler reads of the registers of a perf event's context. */
#ifndef KALLMOD_REGS_H
#define KALLMOD_REGS_H

#define KALLMOD_REGS_IP(regs) ((regs)->pc)
/* Exception level 0 in PSTATE, as the kernel's user_mode(). */
#define KALLMOD_REGS_USER(regs) (((regs)->pstate & 0xf) == 0)

#endif
