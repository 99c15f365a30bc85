/* SPDX-License-Identifier: Apache-2.0 */
/** A map from names to numbers, made for names that an attacker may choose. */
#ifndef NBX_STAGES_IMPORT_NAMES_H
#define NBX_STAGES_IMPORT_NAMES_H

#include "core/arena.h"

typedef struct nbx_names nbx_names;

/** Lives in the arena. NULL if out of memory. */
nbx_names *nbx_names_create(nbx_arena *arena);
/** Adds a name that is not in the map; it is borrowed. False if out of memory. */
bool nbx_names_add(nbx_names *names, const char *name, uint32_t number);
/** False if the name is not in the map; `out` may be NULL. */
bool nbx_names_find(const nbx_names *names, const char *name, uint32_t *out);

#endif
