/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* FNV-1a, 64 bits. Signature files, sidecars and caches have such values: it stays as it is. */
#ifndef KALLMOD_HASH_H
#define KALLMOD_HASH_H

#include <stddef.h>
#include <stdint.h>

#define KALLMOD_HASH_START 0xcbf29ce484222325ull

/* One step, of a byte or of a wider word. */
static inline uint64_t kallmod_hash_word(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * 0x100000001b3ull;
}

static inline uint64_t kallmod_hash_bytes(uint64_t hash, const char *bytes, size_t size)
{
	for (; size; bytes++, size--)
		hash = kallmod_hash_word(hash, (unsigned char)*bytes);
	return hash;
}

/* Without the NUL at its end. */
static inline uint64_t kallmod_hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = kallmod_hash_word(hash, (unsigned char)*text);
	return hash;
}

#endif
