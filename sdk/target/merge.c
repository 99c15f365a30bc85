/* SPDX-License-Identifier: Apache-2.0 */
/* Lays one tree on another as the rows allow; which trees there are is job.c's affair. */
#include "target/binder.h"

#include <string.h>

/* True if both sides hold one thing whose keys can be laid on each other. */
static bool mergeable(const nbx_field *field, const nbx_yaml *base, const nbx_yaml *over)
{
    if (!field || field->flags & NBX_FIELD_LIST || base->kind != NBX_YAML_MAP || over->kind != NBX_YAML_MAP) return false;
    return field->kind == NBX_FIELD_FREE_MAP || (field->kind == NBX_FIELD_MAP && !(field->of->flags & NBX_MAP_EXACTLY_ONE));
}

nbx_yaml *nbx_merge(nbx_arena *arena, const nbx_map *map, const nbx_yaml *base, const nbx_yaml *over)
{
    if (!base || !over) return nbx_yaml_copy(arena, base ? base : over);
    nbx_yaml *merged = nbx_yaml_copy(arena, base);
    if (!merged) return NULL;
    merged->place = over->place;
    for (const nbx_yaml *child = over->first; child; child = child->next) {
        const nbx_field *field = map ? nbx_field_find(map, child->key, false) : NULL;
        const nbx_yaml *old = nbx_yaml_find(merged, child->key), *put = child;
        if (old && mergeable(field, old, child)) put = nbx_merge(arena, field->of, old, child);
        if (!put || !nbx_yaml_put(arena, merged, child->key, put)) return NULL;
    }
    return merged;
}
