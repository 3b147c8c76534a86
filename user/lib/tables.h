/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* kallmod_tables_… of kallmod.h, and what the sampler needs beside them. */
#ifndef KALLMOD_TABLES_LIB_H
#define KALLMOD_TABLES_LIB_H

/*
 * Waits until every BPF program run that had begun before the call is over: programs run
 * inside RCU read sections, and this waits for those on every CPU.
 */
void kallmod_tables_wait(void);

#endif
