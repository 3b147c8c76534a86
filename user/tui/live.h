/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KMODTOP_LIVE_H
#define KMODTOP_LIVE_H

#include "session.h"

/*
 * The live view, until q, -n screens, or SIGINT, SIGTERM, SIGHUP. The terminal is given back
 * before it returns.
 */
int kmodtop_live_run(struct kmodtop_session *session);

#endif
