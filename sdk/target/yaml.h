/* SPDX-License-Identifier: Apache-2.0 */
/**
 * YAML as a tree of maps, lists and scalars that remember their place. Only the plain part of YAML: what has no place in
 * the tree (aliases, anchors, tags, second documents) is an error. Nodes are never changed once they are shared: edits copy.
 */
#ifndef NBX_TARGET_YAML_H
#define NBX_TARGET_YAML_H

#include "target/faults.h"

enum { NBX_YAML_MAX_BYTES = 1 << 20, NBX_YAML_MAX_DEPTH = 32, NBX_YAML_MAX_EVENTS = 100000, NBX_YAML_MAX_KEYS = 1000 };

/** NBX_YAML_BROKEN stands where an error was already reported. */
typedef enum nbx_yaml_kind { NBX_YAML_SCALAR, NBX_YAML_LIST, NBX_YAML_MAP, NBX_YAML_BROKEN } nbx_yaml_kind;

typedef struct nbx_yaml {
    nbx_yaml_kind kind;
    bool quoted;      /* scalars: written in quotes or as a block, so it is a text and nothing else */
    const char *text; /* scalars */
    nbx_place place;
    const char *key; /* in a map */
    nbx_place key_place;
    struct nbx_yaml *first, *last, *next; /* children in order; next sibling */
    uint32_t count;                       /* of children */
} nbx_yaml;

/**
 * Reads one document. `name` is the file in places; with `flat` places carry the name only (a value of the command line).
 * NULL if nothing could be read or the input is empty; errors are in `faults`. A tree may come back together with errors.
 */
nbx_yaml *nbx_yaml_read(nbx_faults *faults, const char *name, bool flat, const void *bytes, size_t count);

/** Child by key, or NULL. */
nbx_yaml *nbx_yaml_find(const nbx_yaml *map, const char *key);
/** Child by position, or NULL. */
nbx_yaml *nbx_yaml_at(const nbx_yaml *list, uint32_t index);
/** New nodes; NULL if out of memory. `place` may be NULL. */
nbx_yaml *nbx_yaml_new(nbx_arena *arena, nbx_yaml_kind kind, const nbx_place *place);
nbx_yaml *nbx_yaml_scalar(nbx_arena *arena, const char *text, const nbx_place *place);
/** A copy of the node; the grandchildren are shared. The copy has no sibling. */
nbx_yaml *nbx_yaml_copy(nbx_arena *arena, const nbx_yaml *node);
/** Appends to a node that nobody else holds yet. `child` must be a fresh node or copy. */
void nbx_yaml_append(nbx_yaml *parent, nbx_yaml *child);
/** Puts `child` under `key` of a map that nobody else holds, in the place of an older one if there is one. NULL: no memory. */
nbx_yaml *nbx_yaml_put(nbx_arena *arena, nbx_yaml *map, const char *key, const nbx_yaml *child);

#endif
