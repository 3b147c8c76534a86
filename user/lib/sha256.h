/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* SHA-256, as sha256sum prints it. */
#ifndef KALLMOD_SHA256_H
#define KALLMOD_SHA256_H

#include <stddef.h>

#define KALLMOD_SHA256_HEX 65 /* 64 digits and a NUL */

/* -ENOMEM; -ENOTSUP: our liblzma was built without it. */
int kallmod_sha256(const void *data, size_t size, char ret[KALLMOD_SHA256_HEX]);

#endif
