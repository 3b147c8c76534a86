/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The makefile that reads one Kbuild file and prints what it lists. */
#ifndef KALLMOD_THICK_MAKEFILE_H
#define KALLMOD_THICK_MAKEFILE_H

/*
 * Variables, by command line: obj (the directory), lists (a makefile with the lists of
 * directories in the top Makefile; for obj=. only), arch (that of the architecture), modular
 * (a makefile that makes all tristate symbols m; empty: as configured). Variables that the
 * lines before it set: srctree, SRCARCH, src.
 *
 * It prints, each line behind KALLMOD_THICK_MARK:
 *	dirs DIR/…		directories that are linked in, relative to obj
 *	mod NAME.o		an object that is linked in
 *	multi NAME.o: PART.o…	one that is linked from others
 *	able NAME.o…		with modular: what could be a module
 *	end			all was read
 *	none			the directory has no Kbuild file
 */
#define KALLMOD_THICK_MARK "kallmod-thick: "

extern const char kallmod_thick_makefile[];

#endif
