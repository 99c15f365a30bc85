/* SPDX-License-Identifier: Apache-2.0 */
/** A look at a library file before the dynamic loader maps it. */
#ifndef NBX_LOADER_ELF_CHECK_H
#define NBX_LOADER_ELF_CHECK_H

#include "loader/trust.h"

/**
 * Whether the open file is a whole shared library of this machine: the dynamic loader dies on one that was cut, and
 * its words for another machine's are hard to read. False with the refusal.
 */
bool nbx_elf_check(nbx_arena *arena, int file, const char *path, nbx_refusal *refusal);

#endif
