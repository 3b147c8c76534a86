/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Paths from the top of a kernel's source tree. */
#ifndef KALLMOD_TREE_PATH_H
#define KALLMOD_TREE_PATH_H

#include <stdbool.h>

/*
 * Takes "." and ".." out of a path, in place: "arch/x86/kvm/../../../virt/kvm/eventfd.o" is
 * "virt/kvm/eventfd.o". False: it leads out of the tree.
 */
bool kallmod_tree_path_normalise(char *path);

#endif
