/* SPDX-License-Identifier: Apache-2.0 */
/** Binds a YAML tree to structs as the rows of a map say, and reports everything in it that the rows do not allow. */
#ifndef NBX_TARGET_BINDER_H
#define NBX_TARGET_BINDER_H

#include "target/scalar.h"

/**
 * Binds `node` (NULL: all keys absent, defaults only). `base` is a zeroed struct, or NULL to check only. `nested` leaves out
 * ROOT_ONLY keys. `path` is "" for the file itself. Errors go to binder->faults.
 */
void nbx_bind(nbx_binder *binder, const nbx_map *map, const nbx_yaml *node, bool nested, const char *path, void *base);

/**
 * `over` laid on `base` (either may be NULL, the result then is the other): maps key by key, as far as the rows see one
 * thing in them; lists, single values and alternatives are replaced. Nothing of the arguments is changed. NULL: no memory.
 */
nbx_yaml *nbx_merge(nbx_arena *arena, const nbx_map *map, const nbx_yaml *base, const nbx_yaml *over);

#endif
