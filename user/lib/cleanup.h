/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Scope cleanup: a variable declared with one of these is released when it goes out of
 * scope, so it must be initialised where it is declared. cleanup_take() gives it away.
 */
#ifndef KALLMOD_CLEANUP_H
#define KALLMOD_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void kallmod_cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void kallmod_cleanup_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void kallmod_cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void kallmod_cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define cleanup_free __attribute__((cleanup(kallmod_cleanup_free)))
#define cleanup_fd __attribute__((cleanup(kallmod_cleanup_fd)))
#define cleanup_file __attribute__((cleanup(kallmod_cleanup_file)))
#define cleanup_dir __attribute__((cleanup(kallmod_cleanup_dir)))

#define cleanup_take(pointer)                       \
	({                                          \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                   \
		taken_;                             \
	})

#endif
